"""Fake services of a resident's questions: the person's id is the state that a test or the preview wants to see."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from consent.portal import questions
from consent.portal.ports import About, Look, NotPossible, Proof
from consent.portal.questions_ports import Answered, Askable, Beside, Know, LookAsked, Question
from consent.portal.router import AddPages
from core.errors import ClosedError
from tests.unit.consent.portal.fakes import LONG_NAME, LOOKS, NOW, FakePortal, look

TRIED, EMERGENCY, OPEN, LATE, DONE = 39000, 38000, 41100, 40900, 40500
ANSWER_BY = date(2026, 11, 20)
LOOK = LookAsked(
    41017, NOW - timedelta(hours=2), "Harbour Help", "An adviser", "Help with money and debts", True
)
LONG_LOOK = LookAsked(
    TRIED, NOW - timedelta(days=1), LONG_NAME, "An adviser", "Help with money and debts", False
)
WORDS = "I never spoke with them.\nDlaczego ktoś patrzył na Konstantynopolitańczykowianeczkówna?"
WAITING = Question(
    reference=f"OT-{OPEN}",
    index=OPEN,
    look=LOOK,
    asked_at=NOW,
    know=("who", "should-not"),
    words=WORDS,
    state="waiting",
    answer_by=ANSWER_BY,
    overdue=False,
    answers=(),
)
OVERDUE = replace(
    WAITING,
    reference=f"OT-{LATE}",
    index=LATE,
    look=LONG_LOOK,
    asked_at=NOW - timedelta(days=120),
    know=("why",),
    words="",
    state="later",
    answer_by=date(2026, 9, 22),
    overdue=True,
    answers=(Answered("later", NOW - timedelta(days=95), "We wait for a colleague.", 40901),),
)
ANSWERED = replace(
    WAITING,
    reference=f"OT-{DONE}",
    index=DONE,
    look=replace(LONG_LOOK, shown=True),
    know=(),
    state="mistake",
    answers=(
        *OVERDUE.answers,
        Answered(
            "mistake",
            NOW - timedelta(days=2),
            "Our adviser chose the wrong person.\nWe are sorry. We have deleted what was written down.",
            40990,
        ),
    ),
)
HOSTILE = replace(
    ANSWERED,
    look=replace(LONG_LOOK, organisation_name="<script>alert(5)</script>"),
    state="right",
    words="</blockquote><script>alert(6)</script>",
    answers=(Answered("right", NOW, "<b>bold</b>", 40990),),
)


@dataclass
class FakeQuestions:
    """`QuestionServices` without a gateway."""

    asked: list[tuple[int, tuple[Know, ...], str]] = field(default_factory=list)

    async def askable(self, person: str, index: int) -> Askable | Question | None:
        if person == "closed":
            raise ClosedError("audit log", "cannot be read")
        if index == LOOKS[-1].index:
            return WAITING
        found = {one.index: one for one in (LOOK, LONG_LOOK)}.get(index)
        return None if found is None else Askable(found, ANSWER_BY)

    async def ask(self, person: str, index: int, know: tuple[Know, ...], words: str) -> Question:
        if person == "impossible":
            raise NotPossible(
                "Too many of your questions wait for an answer. Ask again when one has been answered."
            )
        self.asked.append((index, know, words))
        return WAITING

    async def questions(self, person: str) -> tuple[Question, ...]:
        return {
            "many": (WAITING, OVERDUE, ANSWERED),
            "one": (WAITING,),
            "done": (ANSWERED,),
            "hostile": (HOSTILE,),
        }.get(person, ())

    async def question(self, person: str, reference: str) -> Question | None:
        known = {one.reference: one for one in (WAITING, OVERDUE, ANSWERED)}
        return HOSTILE if person == "hostile" else known.get(reference)


class AskingPortal(FakePortal):
    """The portal whose history tells of questions."""

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        if person != "many" or before is not None:
            return await super().history(person, before)
        checked = replace(look(41200, "checked", NOW), about=About(41017, LOOK.at, "revealed"))
        return (
            replace(checked, because="To find out if somebody looked who should not have"),
            replace(checked, index=41150, about=About(39000, LONG_LOOK.at, "answered-mistake")),
            replace(checked, index=OPEN, about=About(41017, LOOK.at, "asked")),
            replace(LOOKS[0], question=Beside(f"OT-{OPEN}", "waiting", ANSWER_BY, "")),
            replace(
                LOOKS[4],
                can_ask=True,
                question=Beside(f"OT-{DONE}", "mistake", ANSWER_BY, ANSWERED.answers[-1].words),
            ),
            replace(LOOKS[5], can_ask=True),
        )

    async def proof(self, person: str, index: int) -> Proof | None:
        found = await super().proof(person, index)
        return None if found is None else replace(found, can_ask=True)


def pages(services: FakeQuestions) -> tuple[AddPages, ...]:
    """The group of pages."""
    return (partial(questions.add_pages, questions=services),)
