"""The pipeline's own small decisions: what the policy is told of caller and person, and when an answer goes out."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.ledger import Standing
from consent.permissions import Given, Permission
from core.keys import SubjectKey
from core.vocabulary import Kind, Label
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.policy.live import AgreementCalendar
from gateway.policy.port import STRANGER
from gateway.policy.port import Permission as PolicyPermission
from gateway.policy.registers import Registers
from gateway.views.pipeline import Timing, asker_of, subject_of
from gateway.views.values import ALLOWED_NOTHING, Allowed

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ONE = frozenset({"*"})
NO_AGREEMENTS = AgreementCalendar(Registers({}, {}, {}, {}, {}))


def permission(id_: str, from_: datetime, until: datetime | None) -> Permission:
    return Permission(
        id_, Kind.OBJECTION, ONE, {"contact": ONE}, ONE, ONE, from_, until, Given("portal", "p_1")
    )


def person(label: Label = Label.UNRESTRICTED, at: datetime | None = NOW) -> Person:
    return Person("p_1", {"council": "T-1"}, label, at, SubjectKey("p_1", bytes(32), bytes(16)))


@pytest.mark.parametrize(("deadline", "release"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (2.0, 1.0)])
def test_an_empty_view_may_not_be_released_before_the_fetch_deadline(deadline: float, release: float) -> None:
    with pytest.raises(ValueError, match="after the fetch deadline"):
        Timing(deadline, release)


def test_the_usual_timing_is_sound() -> None:
    assert Timing().fetch_deadline < Timing().empty_release


def test_the_policy_is_told_the_role_and_not_who_it_is() -> None:
    caller = Caller(
        "https://i.test", "org", "app", "a.practitioner", "triager", frozenset({"views"}), "t", "2", 9
    )
    asker = asker_of(caller, NOW)
    assert (asker.organisation, asker.client, asker.role) == ("org", "app", "triager")
    assert "practitioner" not in str(asker)


def test_nobody_is_a_stranger_to_the_policy() -> None:
    assert subject_of(None, ALLOWED_NOTHING, NO_AGREEMENTS, NOW) is STRANGER


def test_the_policy_is_told_what_is_in_force_now_and_no_identifier() -> None:
    hour = timedelta(hours=1)
    standing = Standing(
        3,
        (
            permission("c_over", NOW - 2 * hour, NOW - hour),
            permission("c_now", NOW - hour, NOW + hour),
            permission("c_later", NOW + hour, None),
        ),
    )
    subject = subject_of(person(), Allowed(standing, NOW + hour), NO_AGREEMENTS, NOW)
    assert subject.permissions == (PolicyPermission("c_now", "objection", ONE, {"contact": ONE}, ONE, ONE),)
    assert subject.pointers == {"council"}
    assert "T-1" not in str(subject)
    assert "p_1" not in str(subject)


def test_the_policy_decides_by_the_label_that_still_stands() -> None:
    old = person(at=NOW - timedelta(days=31))
    assert subject_of(old, ALLOWED_NOTHING, NO_AGREEMENTS, NOW).label is Label.UNKNOWN
    assert subject_of(person(), ALLOWED_NOTHING, NO_AGREEMENTS, NOW).label is Label.UNRESTRICTED
