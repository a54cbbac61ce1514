"""Fake services of the pages of alerts and of today: the officer's id is the state that a test wants to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from audit.alerts.facts import Rule
from audit.console import ConsoleSettings, alerts, build_router, today
from audit.console.alerts_ports import AlertAnswer, AlertCase, AlertQueue, AlertTask, Answered, Measured
from audit.console.ports import NotDecided, Officer, Row, Waiting
from audit.console.questions_ports import Questioned, WaitingQuestion
from tests.unit.audit.console.fakes import EMERGENCY, HELD, LONG_NAME, NOW, ROWS, FakeConsole, enquiry, item

LOOK = ROWS[0]
NUMBERS = {
    Rule.VOLUME: {"people": 41, "usual": 5, "most": 9},
    Rule.OUT_OF_HOURS: {"unsocial": 2, "looks": 180},
    Rule.NO_RELATIONSHIP: {"looks": 4},
}


def task(rule: Rule, hours: int, row: Row = LOOK, numbers: dict[str, int] | None = None) -> AlertTask:
    due = NOW + timedelta(hours=hours)
    return AlertTask(rule, row, NUMBERS.get(rule, {}) if numbers is None else numbers, due, hours)


TASKS = (
    task(Rule.COLLEAGUE, -60, replace(LOOK, index=40001, recipient_name=LONG_NAME)),
    task(Rule.OWN_RECORD, -3, replace(LOOK, index=40002)),
    task(Rule.SAME_SURNAME, 5, replace(LOOK, index=40003)),
    task(Rule.DECEASED, 90, replace(LOOK, index=40004)),
    task(Rule.CASE_CLOSED, 100, replace(LOOK, index=40005)),
    task(Rule.NO_RELATIONSHIP, 110, replace(LOOK, index=40006)),
    task(Rule.NO_RELATIONSHIP, 112, replace(LOOK, index=40007), {"people": 12, "unshown": 11}),
    task(Rule.OUT_OF_HOURS, 120, replace(LOOK, index=40008)),
    task(Rule.OUT_OF_HOURS, 121, replace(LOOK, index=40009), {"unsocial": 0, "looks": 0}),
    task(Rule.VOLUME, 200, replace(LOOK, index=40010)),
    task(Rule.VOLUME, 201, replace(LOOK, index=40011), {}),
    task(Rule.SAME_SURNAME, 300, HELD),
)
MEASURED = (
    Measured(Rule.COLLEAGUE, 2, 6, 33, 1),
    Measured(Rule.OUT_OF_HOURS, 1, 0, 1, 0),
    Measured(Rule.VOLUME, 3, 0, 0, 0),
)
QUESTION = WaitingQuestion(41990, LOOK, NOW - timedelta(days=2), NOW.date() + timedelta(days=28), 28 * 24)


@dataclass
class FakeAlerts:
    """`AlertServices` without a gateway."""

    answered: list[tuple[Rule, int, AlertAnswer, str]] = field(default_factory=list)

    async def waiting(self, officer: Officer) -> Waiting:
        many = {"many": Waiting(len(TASKS), 2), "one": Waiting(1, 0), "lots": Waiting(140, 2)}
        return many.get(officer.id, Waiting(0, 0))

    async def tasks(self, officer: Officer) -> Sequence[AlertTask]:
        return {"many": TASKS, "lots": TASKS * 5, "one": TASKS[2:3]}.get(officer.id, ())

    async def queue(self, officer: Officer) -> AlertQueue:
        measured = MEASURED if officer.id in {"many", "lots"} else ()
        gone = None if officer.id == "none" else NOW.date() - timedelta(days=1)
        return AlertQueue(tuple(await self.tasks(officer)), measured, gone)

    async def case(self, officer: Officer, rule: Rule, index: int) -> AlertCase | None:
        found = next((one for one in TASKS if (one.rule, one.row.index) == (rule, index)), None)
        if found is None:
            return None
        seen = enquiry() if found.row is HELD else replace(item(LOOK), row=found.row)
        done = Answered("misuse" if officer.id == "misuse" else "explained", NOW, 41_700)
        return AlertCase(
            rule,
            found.numbers,
            seen,
            None if officer.id in {"done", "misuse"} else found,
            done if officer.id in {"done", "misuse"} else None,
            "You looked yourself, so somebody else of your organisation has to answer this."
            if officer.id == "own"
            else "",
            "" if found.row is HELD else "j.bloggs-0f3a",
        )

    async def answer(self, officer: Officer, rule: Rule, index: int, answer: AlertAnswer, words: str) -> None:
        if officer.id in {"done", "slow"}:
            raise NotDecided("Somebody else has answered this in the meantime. Look at what they found.")
        self.answered.append((rule, index, answer, words))


class FakeAsked:
    """Residents' questions, as far as the page of today wants them."""

    async def waiting(self, officer: Officer) -> Questioned:
        return Questioned((QUESTION,), 1, 0) if officer.id in {"many", "lots"} else Questioned((), 0, 0)


def console_app(services: FakeAlerts) -> FastAPI:
    """The console with these pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    groups = (
        partial(alerts.add_pages, alerts=services),
        partial(today.add_pages, alerts=services, asked=FakeAsked()),
    )
    app.include_router(build_router(FakeConsole(), groups, ConsoleSettings(("https://idp.example",))))
    return app


__all__ = ["EMERGENCY", "FakeAlerts", "console_app"]
