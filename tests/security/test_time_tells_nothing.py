"""What a stop-watch could tell: of a 403, of a late answer, of a store that is down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from consent.ledger import Ledger
from core.errors import BrokenRowError, ClosedError
from core.times import until_release
from gateway.people.locator import Locator, Person
from gateway.policy.port import STRANGER, Decision, PolicyEngine, Question
from gateway.views.pipeline import Timing
from gateway.views.values import RefusedError
from tests.support.faults import lose
from tests.support.walk import STRANGER_NUMBER, Walk


class Unasked(Locator):
    """Fails the test when anybody is looked up."""

    def find(self, mac: bytes) -> Person | None:
        raise AssertionError("the person was looked at")


@dataclass
class Listening:
    """Remembers what was asked of the engine behind."""

    behind: PolicyEngine
    asked: list[Question]

    @property
    def revision(self) -> str:
        return self.behind.revision

    async def decide(self, question: Question) -> Decision:
        self.asked.append(question)
        return await self.behind.decide(question)


@pytest.mark.parametrize(
    ("who", "purpose", "sections"),
    [
        ("triager", "no-such-purpose", None),
        ("adviser", "early-help-triage", None),
        ("triager", "early-help-triage", frozenset({"safeguarding-alerts"})),
    ],
)
async def test_a_403_is_decided_before_the_person_is_looked_at(
    way: Walk, who: str, purpose: str, sections: frozenset[str] | None
) -> None:
    home = way.home
    await way.allow()
    listening = Listening(way.engine, [])
    locator = Unasked(home.database, home.keys, home.handles)
    parts = replace(way.deciding(listening), locator=locator)
    for number in (None, STRANGER_NUMBER):
        asked: dict[str, str] = {} if number is None else {"nhs_number": number}
        with pytest.raises(RefusedError):
            await way.ask(who, purpose, sections=sections, parts=parts, **asked)
    assert {question.subject for question in listening.asked} == {STRANGER}


@pytest.mark.parametrize(
    ("elapsed", "wait"), [(0.0, 2.0), (1.5, 0.5), (2.0, 0.0), (2.1, 1.9), (3.9, 0.1), (4.0, 0.0), (17.0, 1.0)]
)
def test_an_answer_that_is_late_is_late_by_whole_steps(elapsed: float, wait: float) -> None:
    assert Timing(1.5, 2.0).until_release(elapsed) == pytest.approx(wait)
    assert until_release(elapsed, 2.0) == pytest.approx(wait)


async def test_a_consent_store_that_is_down_is_down_for_a_stranger_too(way: Walk) -> None:
    way.home.organisation_key()
    lose(way.home.database, "person_state")
    for number in ({}, {"nhs_number": STRANGER_NUMBER}):
        with pytest.raises(ClosedError):
            await way.ask(**number)  # type: ignore[arg-type] # the handle's number only


async def test_a_row_that_does_not_open_is_told_to_the_operator_and_not_to_the_caller(
    way: Walk, capsys: pytest.CaptureFixture[str]
) -> None:
    await way.allow()

    class Spoilt(Ledger):
        def standing(self, key: object) -> object:  # type: ignore[override] # it never answers
            raise BrokenRowError("consent store", "made to fail by a test")

    view = await way.ask(parts=way.without(ledger=Spoilt(way.home.database)))
    assert (view.sections, view.unavailable) == ((), ())
    said = capsys.readouterr().out
    assert "person.unreadable" in said
    assert all(word not in said for word in secrets_of(way))
    assert all(source.asked == [] for source in way.sources.values())


def secrets_of(way: Walk) -> Sequence[str]:
    return (way.person.id, way.handle(), "999000")
