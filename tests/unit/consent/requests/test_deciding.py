"""May it be passed on, can it be answered, what is the asker told: from values alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.permissions import Given, Permission
from consent.requests.deciding import assert_waiting, is_waiting, may_ask, state_at
from consent.requests.values import Answer, AnsweredError, Cap, ConsentRequest, ExpiredError, State
from core.vocabulary import Kind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CAP = Cap()
REQUEST = ConsentRequest(
    id="00" * 16,
    organisation="county",
    purpose="help",
    sections={"tenancy": frozenset({"status"})},
    sources=frozenset({"council"}),
    days=60,
    reason="We would like to help.",
    role="triager",
    asked=NOW,
    expires=NOW + CAP.open_for,
)
YES = Permission(
    id="c_1",
    kind=Kind.CONFIDENTIALITY_CONSENT,
    purposes=frozenset({"help"}),
    sections={"tenancy": frozenset({"status"})},
    sources=frozenset({"council"}),
    recipients=frozenset({"county"}),
    from_=NOW + DAY,
    until=NOW + 61 * DAY,
    given=Given("portal", "p"),
)


def asked(
    days_ago: int, answer: Answer | None = None, organisation: str = "county", purpose: str = "help"
) -> ConsentRequest:
    at = NOW - days_ago * DAY
    made = replace(REQUEST, organisation=organisation, purpose=purpose)
    return replace(made, asked=at, expires=at + CAP.open_for, answer=answer)


def asks_again(*before: ConsentRequest, now: datetime = NOW) -> bool:
    return may_ask(before, "county", "help", now, CAP)


def test_whoever_was_never_asked_may_be_asked() -> None:
    assert asks_again()


def test_one_that_waits_keeps_the_next_from_being_passed_on() -> None:
    assert not asks_again(asked(27))
    assert asks_again(asked(28))


def test_a_no_counts_until_the_requests_own_end() -> None:
    said_no = asked(20, Answer("not-allowed", NOW - 19 * DAY))
    assert not asks_again(said_no)
    assert asks_again(said_no, now=said_no.expires)


def test_after_a_yes_more_may_be_asked_at_once() -> None:
    assert asks_again(asked(1, Answer("allowed", NOW)))


def test_no_more_than_the_cap_in_its_time() -> None:
    three = [asked(days, Answer("allowed", NOW - days * DAY)) for days in (89, 60, 30)]
    assert not asks_again(*three)
    assert asks_again(*three[1:])
    assert asks_again(*three, now=NOW + DAY)


def test_other_organisations_and_purposes_are_counted_apart() -> None:
    assert asks_again(asked(1, organisation="other"), asked(1, purpose="another"))


def test_a_request_can_be_answered_once_and_in_its_time() -> None:
    assert_waiting(REQUEST, NOW)
    assert is_waiting(REQUEST, REQUEST.expires - timedelta(milliseconds=1))
    with pytest.raises(ExpiredError):
        assert_waiting(REQUEST, REQUEST.expires)
    answered = replace(REQUEST, answer=Answer("not-allowed", NOW))
    assert not is_waiting(answered, NOW)
    with pytest.raises(AnsweredError):
        assert_waiting(answered, REQUEST.expires)


def test_only_a_yes_that_stands_is_told() -> None:
    at = NOW + 2 * DAY
    assert state_at(REQUEST, REQUEST.expires, [YES], at) is State.ALLOWED
    assert state_at(REQUEST, REQUEST.expires, [YES], REQUEST.expires) is State.ALLOWED
    assert state_at(REQUEST, REQUEST.expires, [], at) is State.WAITING
    assert state_at(REQUEST, REQUEST.expires, [YES], NOW + 61 * DAY) is State.EXPIRED


@pytest.mark.parametrize(
    "other",
    [
        replace(YES, from_=NOW - DAY),
        replace(YES, recipients=frozenset({"other"})),
        replace(YES, purposes=frozenset({"another"})),
        replace(YES, sections={"debts": frozenset({"arrears_band"})}),
        replace(YES, kind=Kind.DISSENT),
        replace(YES, kind=Kind.OBJECTION),
    ],
)
def test_a_yes_to_something_else_or_from_before_is_not_told(other: Permission) -> None:
    assert state_at(REQUEST, REQUEST.expires, [other], NOW + 2 * DAY) is State.WAITING


@given(st.sampled_from([None, "not-allowed"]), st.integers(0, 60), st.booleans())
def test_no_silence_and_nobody_are_told_alike_at_every_moment(
    said: str | None, days: int, rests: bool
) -> None:
    answer = None if said is None else Answer("not-allowed", NOW)
    request = replace(REQUEST, answer=answer) if rests else None
    at = NOW + days * DAY
    assert state_at(request, REQUEST.expires, (), at) is state_at(None, REQUEST.expires, (), at)


def test_what_is_sealed_opens_to_the_same_request() -> None:
    for one in (REQUEST, replace(REQUEST, answer=Answer("allowed", NOW), role=None)):
        assert ConsentRequest.from_json(one.to_json()) == one
