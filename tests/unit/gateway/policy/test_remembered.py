"""What is remembered never outlives what it stands for, and never mixes two people up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import ClosedError
from core.vocabulary import Label
from gateway.policy.port import Decision, Permission, Question, SourcePermit
from gateway.policy.remembered import Remembered
from tests.unit.gateway.policy.world import situations

QUESTION = situations()[0].question


class Counting:
    """An engine that counts its decisions and names in each the permissions it was asked about."""

    def __init__(self) -> None:
        self.revision = "r1"
        self.asked: list[Question] = []
        self.fails = False
        self.renewed_meanwhile = False

    async def decide(self, question: Question) -> Decision:
        self.asked.append(question)
        if self.fails:
            raise ClosedError("policy engine", "no decision")
        if self.renewed_meanwhile:
            self.revision = "r2"
        ids = frozenset(permission.id for permission in question.subject.permissions)
        permits = (
            SourcePermit("council", {"contact": frozenset({"email"})}, {}, ids),
            SourcePermit("surgery", {"contact": frozenset({"email"})}, {}),
        )
        reasons = tuple(
            {"gate": "permission", "code": "objection", "permission": each} for each in sorted(ids)
        )
        return Decision(
            self.revision, None, permits, reasons=(*reasons, {"gate": "label", "code": "withheld"})
        )


def said(*ids: str, kind: str = "confidentiality_consent") -> tuple[Permission, ...]:
    return tuple(
        Permission(each, kind, frozenset({"p"}), {"contact": frozenset("*")}, frozenset("*"), frozenset("*"))
        for each in ids
    )


def about(*permissions: Permission) -> Question:
    return replace(QUESTION, subject=replace(QUESTION.subject, permissions=permissions))


async def test_the_same_question_is_decided_once() -> None:
    engine = Counting()
    remembered = Remembered(engine)
    first = await remembered.decide(about(*said("g1")))
    assert await remembered.decide(about(*said("g1"))) == first
    assert len(engine.asked) == 1
    assert (remembered.hits, remembered.misses) == (1, 1)
    assert remembered.revision == "r1"


async def test_two_people_with_the_same_wishes_share_a_decision_and_keep_their_own_permissions() -> None:
    engine = Counting()
    remembered = Remembered(engine)
    one = await remembered.decide(about(*said("anna-1", "anna-2")))
    other = await remembered.decide(about(*said("ben-7", "ben-8")))
    assert len(engine.asked) == 1
    assert one.permits[0].permissions == {"anna-1", "anna-2"}
    assert other.permits[0].permissions == {"ben-7", "ben-8"}
    assert sorted(str(reason["permission"]) for reason in other.reasons if "permission" in reason) == [
        "ben-7",
        "ben-8",
    ]
    assert "anna" not in repr(engine.asked) + repr(remembered._decisions)


CHANGES = {
    "another organisation": replace(QUESTION, asker=replace(QUESTION.asker, organisation="x")),
    "another client": replace(QUESTION, asker=replace(QUESTION.asker, client="x")),
    "another role": replace(QUESTION, asker=replace(QUESTION.asker, role=None)),
    "another scope": replace(QUESTION, asker=replace(QUESTION.asker, scopes=frozenset())),
    "another purpose": replace(QUESTION, purpose="x"),
    "other sections": replace(QUESTION, sections=frozenset({"contact"})),
    "no sections": replace(QUESTION, sections=frozenset()),
    "an agreement that ended": replace(QUESTION, agreements=frozenset()),
    "another label": replace(QUESTION, subject=replace(QUESTION.subject, label=Label.RESTRICTED)),
    "a pointer fewer": replace(QUESTION, subject=replace(QUESTION.subject, pointers=frozenset())),
    "a withdrawal": about(),
    "an objection": about(*said("g1", kind="objection")),
    "another purpose allowed": about(replace(said("g1")[0], purposes=frozenset({"q"}))),
    "another section allowed": about(replace(said("g1")[0], sections={"debts": frozenset("*")})),
    "fewer fields allowed": about(replace(said("g1")[0], sections={"contact": frozenset({"email"})})),
    "another source allowed": about(replace(said("g1")[0], sources=frozenset({"council"}))),
    "another recipient allowed": about(replace(said("g1")[0], recipients=frozenset({"council"}))),
}


@pytest.mark.parametrize("what", CHANGES)
async def test_whatever_changes_is_decided_anew(what: str) -> None:
    engine = Counting()
    remembered = Remembered(engine)
    before = (
        about(*said("g1")) if CHANGES[what].subject.permissions != QUESTION.subject.permissions else QUESTION
    )
    await remembered.decide(before)
    await remembered.decide(CHANGES[what])
    assert len(engine.asked) == 2


async def test_a_new_revision_is_asked_anew() -> None:
    engine = Counting()
    remembered = Remembered(engine)
    await remembered.decide(QUESTION)
    engine.revision = "r2"
    assert (await remembered.decide(QUESTION)).revision == "r2"


async def test_a_decision_of_another_revision_than_asked_is_not_remembered() -> None:
    engine = Counting()
    remembered = Remembered(engine)
    engine.renewed_meanwhile = True
    await remembered.decide(QUESTION)
    engine.revision = "r1"
    engine.renewed_meanwhile = False
    assert (await remembered.decide(QUESTION)).revision == "r1"


async def test_a_failure_is_not_remembered() -> None:
    engine = Counting()
    remembered = Remembered(engine)
    engine.fails = True
    with pytest.raises(ClosedError):
        await remembered.decide(QUESTION)
    engine.fails = False
    assert (await remembered.decide(QUESTION)).refusal is None


async def test_the_least_recently_used_is_forgotten_first() -> None:
    engine = Counting()
    remembered = Remembered(engine, maximum=2)
    one, two, three = (replace(QUESTION, purpose=purpose) for purpose in ("1", "2", "3"))
    for question in (one, two, one, three):
        await remembered.decide(question)
    engine.asked.clear()
    await remembered.decide(one)
    assert engine.asked == []
    await remembered.decide(two)
    assert len(engine.asked) == 1
