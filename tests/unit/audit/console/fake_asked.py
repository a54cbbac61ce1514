"""Fake services of questions, reveals and files: the officer's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from audit.console import packs, questions, revealing
from audit.console.packs_ports import NotPacked, RowsAs
from audit.console.ports import Filters, Item, NotDecided, Officer
from audit.console.questions_ports import Answer, Questioned, Reply, ResidentsQuestion, WaitingQuestion
from audit.console.revealing_ports import Because, Revealed, Revealing
from audit.console.router import AddPages
from tests.unit.audit.console.fakes import EMERGENCY, HELD, NOW, ROWS, FakeConsole

QUESTION, OWN, OTHERS = 41700, 41701, 41999
WORDS = "Why did they look?\nDlaczego ktoś patrzył na Konstantynopolitańczykowianeczkówna?"
ASKED = ResidentsQuestion(
    index=QUESTION,
    about=ROWS[0].index,
    asked_at=NOW - timedelta(days=20),
    know=("who", "why", "kept", "should-not"),
    words=WORDS,
    last_day=date(2026, 10, 30),
    left=248,
    replies=(),
    findings=("right", "mistake", "later"),
    later_day=date(2026, 12, 30),
    barred="",
    version="1793318400000",
)
REPLY = Reply("right", "Our adviser looked to help with the rent.\nNobody else saw it.", NOW, 41800)
LATER = replace(REPLY, finding="later", words="We wait for a colleague.", index=41750)
STATES = {
    "one": ASKED,
    "many": ASKED,
    "own": replace(
        ASKED, barred="You looked yourself, so somebody else of your organisation has to answer this."
    ),
    "late": replace(ASKED, left=-50, findings=("right", "mistake", "not-known"), know=(), words=""),
    "again": replace(ASKED, replies=(LATER,), findings=("right", "mistake", "not-known")),
    "decided": replace(ASKED, replies=(LATER, REPLY), findings=()),
    "altered": replace(
        ASKED,
        know=(),
        words="",
        findings=(),
        altered=True,
        barred="Nobody can see any more who looked, so nobody can answer this here. Tell the log's keeper.",
    ),
    "slow": ASKED,
    "hostile": replace(ASKED, words="</blockquote><script>alert(7)</script>", know=("<b>x</b>",)),
}
QUEUE = (
    WaitingQuestion(41690, replace(ROWS[1], index=40100), NOW - timedelta(days=33), date(2026, 10, 17), -63),
    WaitingQuestion(QUESTION, ROWS[0], NOW - timedelta(days=20), date(2026, 10, 30), 248),
    WaitingQuestion(41710, EMERGENCY, NOW - timedelta(days=1), date(2026, 11, 19), 728),
)


class AskedConsole(FakeConsole):
    """The console of an officer of an organisation with a short name, in every state of these fakes."""

    async def item(self, officer: Officer, index: int) -> Item | None:
        found = await super().item(officer, index)
        return found if found is None or officer.id != "nobody" else None


@dataclass
class FakeAsked:
    """`OfficerQuestionServices`, `RevealServices` and `PackServices` without a gateway."""

    answered: list[tuple[int, Answer]] = field(default_factory=list)
    revealed: list[tuple[int, str, str]] = field(default_factory=list)
    packed: list[tuple[Filters, int | None]] = field(default_factory=list)
    taken: list[tuple[Filters, str]] = field(default_factory=list)

    async def waiting(self, officer: Officer) -> Questioned:
        return {
            "many": Questioned(QUEUE, 140, 1),
            "one": Questioned(QUEUE[1:2], 1, 0),
        }.get(officer.id, Questioned((), 0, 0))

    async def question(self, officer: Officer, index: int) -> ResidentsQuestion | None:
        return STATES.get(officer.id) if index == QUESTION else None

    async def answer(self, officer: Officer, index: int, answer: Answer) -> None:
        if officer.id in {"slow", "decided"}:
            raise NotDecided(
                "Somebody else has answered this in the meantime, or it is gone. Look at it again."
            )
        self.answered.append((index, answer))

    async def revealing(self, officer: Officer, index: int) -> Revealing | None:
        if index not in {ROWS[0].index, HELD.index, EMERGENCY.index}:
            return None
        barred = (
            "You looked yourself, so somebody else of your organisation has to find out whose record it was."
        )
        return Revealing(index, "XK7-2MQ4-9T", barred if officer.id == "own" else "")

    async def reveal(self, officer: Officer, index: int, because: Because, words: str) -> Revealed:
        if officer.id in {"own", "slow"}:
            raise NotDecided("There is nothing here that your organisation could be shown.")
        self.revealed.append((index, because, words))
        reference = None if officer.id == "none" else "HH-2026-000417/B"
        return Revealed(reference, NOW, 41900, held=index == HELD.index)

    async def pack(self, officer: Officer, filters: Filters, index: int | None) -> bytes:
        if officer.id == "lots":
            raise NotPacked(
                "That would be more than 2,000 entries. Choose fewer days or more filters, or ask the log's keeper."
            )
        if index == OTHERS:
            raise NotPacked("Your organisation has no entry of that number.", "entry")
        self.packed.append((filters, index))
        return b"PK\x03\x04\xff\x00"

    async def rows(self, officer: Officer, filters: Filters, form: RowsAs) -> str:
        if officer.id == "lots":
            raise NotPacked("That would be more than 5,000 lines. Choose fewer days or more filters.")
        self.taken.append((filters, form))
        return "# oncetold search-export/v1\r\n"


def pages(services: FakeAsked) -> tuple[AddPages, ...]:
    """The groups of pages."""
    return (
        partial(packs.add_pages, packs=services),
        partial(questions.add_pages, questions=services),
        partial(revealing.add_pages, reveals=services),
    )
