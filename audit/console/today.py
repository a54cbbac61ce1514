"""Today: what needs an officer, of every kind together, the earliest due first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol

from fastapi import APIRouter, Request, Response

from audit.console.alerts_ports import AlertServices, AlertTask
from audit.console.context import Console
from audit.console.ports import Officer, Task, Waiting
from audit.console.questions_ports import Questioned, WaitingQuestion
from core.pages.words import LONDON

SHOWN = 50
"""As many things stand on the page; the others come up as these are done."""


class Asked(Protocol):
    """Where residents' questions come from: `audit.console.questions_ports.OfficerQuestionServices`."""

    async def waiting(self, officer: Officer) -> Questioned:
        """The questions to the officer's organisation. Written into the log itself."""
        ...


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do: exactly one of review, question and alert. left: hours, below zero once it is overdue."""

    due: datetime
    left: int
    href: str
    review: Task | None = None
    question: WaitingQuestion | None = None
    alert: AlertTask | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """All that waits: the things due first, how many there are, how many are overdue."""

    todos: tuple[Todo, ...]
    open: int
    overdue: int


def add_pages(router: APIRouter, console: Console, alerts: AlertServices, asked: Asked) -> None:
    """Add `/today` to the router."""
    services = console.services

    @router.get("/today", response_class=Response)
    async def today(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        questions = await asked.waiting(officer)
        counts = (
            await services.waiting(officer),
            await alerts.waiting(officer),
            Waiting(questions.open, questions.overdue),
        )
        todos = (
            *map(of_review, await services.tasks(officer)),
            *map(of_alert, await alerts.tasks(officer)),
            *map(of_question, questions.waiting),
        )
        return console.pages.page(
            request,
            "console/today.html",
            viewer=viewer,
            officer=officer,
            together=together(todos, counts),
            reviews=counts[0],
            alerts=counts[1],
            questions=counts[2],
        )


def together(todos: Iterable[Todo], counts: Iterable[Waiting]) -> Together:
    """In the order in which it is due."""
    counted = list(counts)
    ordered = sorted(todos, key=lambda one: (one.due, one.href))
    return Together(
        tuple(ordered[:SHOWN]), sum(one.open for one in counted), sum(one.overdue for one in counted)
    )


def of_review(task: Task) -> Todo:
    """A review: an emergency, something held back, a spot check."""
    return Todo(task.due, task.left, f"/console/reviews/{task.kind}/{task.row.index}", review=task)


def of_alert(task: AlertTask) -> Todo:
    """An alert."""
    return Todo(task.due, task.left, f"/console/alerts/{task.rule.value}/{task.row.index}", alert=task)


def of_question(one: WaitingQuestion) -> Todo:
    """A resident's question, due until its last day in London is over."""
    due = datetime.combine(one.last_day + timedelta(days=1), time(), LONDON)
    return Todo(due, one.left, f"/console/questions/{one.index}", question=one)
