"""What a referral says, as values: there and back, and what is none. And the states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import get_args

import pytest

from core.vocabulary import Json
from gateway.api.referrals_models import CODES
from gateway.referrals.records import KEPT_AFTER_END, KEPT_OPEN, Behind, Held, Referral
from gateway.referrals.states import FROM, MisfitError, Outcome, Place, Reason, Status, Step, is_again
from gateway.referrals.values import (
    About,
    Agreed,
    Content,
    How,
    NotContentError,
    Theme,
    Urgency,
    document,
    from_document,
)
from gateway.services.referrals import OUTCOMES, REASONS

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
WHOLE = Content(
    About(
        name="Somebody Made-up",
        birth_date=date(1960, 2, 29),
        nhs_number="9990000018",
        telephone="01632 960001",
        email="somebody@mail.test",
        address="1 Made-up Row",
        safe_contact="Text first",
        preferred_language="pl",
        needs="Large print",
    ),
    why="The flat is damp.",
    what_matters="The grandchildren.",
    themes=frozenset({Theme.DAMP, Theme.FAMILY}),
    urgency=Urgency.SOON,
)
LEAST = Content(About("Somebody"), why="They asked.")
REFERRAL = Referral(
    id="ref_" + "a" * 24,
    sender="harbour-charity",
    receiver="norfolk-advice",
    status=Status.SENT,
    purpose="agreed-referral",
    service=None,
    urgency=Urgency.ROUTINE,
    themes=frozenset(),
    sent_at=NOW,
    changed_at=NOW,
    held_until=NOW + timedelta(days=28),
    commitment="00" * 32,
)


@pytest.mark.parametrize("content", [WHOLE, LEAST])
def test_content_goes_there_and_back(content: Content) -> None:
    assert from_document(document(content)) == content
    held = Held(bytes(32), content)
    assert Held.from_json(held.to_json()).content == content


def test_nothing_of_a_person_stands_in_what_a_value_prints() -> None:
    printed = repr(WHOLE) + repr(WHOLE.about) + repr(Held(bytes(32), WHOLE))
    assert "Made-up" not in printed
    assert "damp" not in printed


def test_without_contact_there_is_no_way_to_find_or_reach_them() -> None:
    assert document(replace(WHOLE, about=WHOLE.about.without_contact()))["about"] == {
        "name": "Somebody Made-up",
        "birth_date": "1960-02-29",
        "nhs_number": "9990000018",
        "preferred_language": "pl",
        "needs": "Large print",
    }
    assert WHOLE.about.without_address().telephone == "01632 960001"


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"about": None}, "about"),
        ({"about": {}}, "about.name"),
        ({"about": {"name": ""}}, "about.name"),
        ({"about": {"name": "A", "telephone": 7}}, "about.telephone"),
        ({"about": {"name": "A", "birth_date": "1960-02-30"}}, "about.birth_date"),
        ({"why": None}, "why"),
        ({"what_matters": 1}, "what_matters"),
        ({"themes": ["weather"]}, "themes"),
        ({"themes": 1}, "themes"),
        ({"urgency": "now"}, "urgency"),
    ],
)
def test_what_is_no_content_is_told_by_its_member(changes: dict[str, Json], member: str) -> None:
    with pytest.raises(NotContentError) as fault:
        from_document({**document(WHOLE), **changes})
    assert fault.value.member == member


def test_how_somebody_agreed_goes_there_and_back() -> None:
    behind = Behind(bytes(32), None, Agreed(How.WRITTEN, NOW, "v1", contact_details=False), "adviser")
    assert Behind.from_json(behind.to_json()) == behind


def test_a_referral_counts_as_its_time_and_its_person_say() -> None:
    assert REFERRAL.at(NOW).status is Status.SENT
    assert REFERRAL.at(REFERRAL.held_until).status is Status.EXPIRED
    assert replace(REFERRAL, has_person=False).at(REFERRAL.held_until).status is Status.WITHDRAWN
    closed = replace(REFERRAL, status=Status.CLOSED, has_person=False)
    assert closed.at(REFERRAL.held_until) == closed
    assert closed.gone_at == NOW + KEPT_AFTER_END
    assert REFERRAL.gone_at == NOW + KEPT_OPEN


@pytest.mark.parametrize("to", FROM)
@pytest.mark.parametrize("status", Status)
def test_each_step_is_taken_from_where_the_contract_says_and_from_nowhere_else(
    status: Status, to: Status
) -> None:
    at, step = Place(status), Step(to)
    if status is to:
        assert is_again(at, step)
    elif status in FROM[to]:
        assert not is_again(at, step)
    else:
        with pytest.raises(MisfitError) as misfit:
            is_again(at, step)
        assert misfit.value.status is status


def test_the_same_step_with_another_reason_is_another() -> None:
    at = Place(Status.REFUSED, Reason.FULL)
    assert is_again(at, Step(Status.REFUSED, Reason.FULL))
    with pytest.raises(MisfitError):
        is_again(at, Step(Status.REFUSED, Reason.UNSAFE))
    closed = Place(Status.CLOSED, outcomes=frozenset({Outcome.MOVED}))
    with pytest.raises(MisfitError):
        is_again(closed, Step(Status.CLOSED, outcomes=frozenset({Outcome.ADAPTED})))


def test_nothing_follows_an_end() -> None:
    for status in Status:
        follows = any(status in before for before in FROM.values())
        assert follows is not status.has_ended


def test_the_contract_has_the_values_codes_and_every_code_its_words() -> None:
    for literal, values in CODES:
        assert set(get_args(literal)) == {one.value for one in values}
    assert REASONS.keys() == set(Reason)
    assert OUTCOMES.keys() == set(Outcome)
