"""The sandbox's step-up: one code for one request, a few tries, a few minutes."""

from __future__ import annotations

import pytest

from adapters.sandbox.identity_provider import signing_in
from adapters.sandbox.identity_provider.accounts import STAFF, residents
from adapters.sandbox.identity_provider.signing_in import (
    STRONG,
    TICKET_SECONDS,
    TICKETS_MAXIMUM,
    SecondFactors,
    SignedIn,
    Ticket,
    asked_strength,
)

ADA, ASKED = STAFF[0], "client_id=a&state=s"


class Watch:
    """The time, as the test turns it."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def factors(watch: Watch) -> SecondFactors:
    return SecondFactors(watch)


def test_the_right_code_signs_in_strongly_at_its_moment(factors: SecondFactors, watch: Watch) -> None:
    name, ticket = factors.begin(ADA, ASKED)
    watch.now += 60
    who = factors.try_code(name, ASKED, f" {ticket.code[:3]} {ticket.code[3:]} ")
    assert isinstance(who, SignedIn)
    assert (who.account, who.at, who.acr, who.amr) == (ADA, 1_060.0, STRONG, ["mfa", "otp", "pwd"])
    # Once.
    assert factors.try_code(name, ASKED, ticket.code) is None


def test_a_wrong_code_may_be_mended_twice(factors: SecondFactors) -> None:
    name, ticket = factors.begin(ADA, ASKED)
    for wrong in ("", "x" * 6):
        assert isinstance(factors.try_code(name, ASKED, wrong), Ticket)
    assert factors.try_code(name, ASKED, "12") is None
    assert factors.try_code(name, ASKED, ticket.code) is None


def test_a_code_is_for_its_own_request_and_a_few_minutes(factors: SecondFactors, watch: Watch) -> None:
    name, ticket = factors.begin(ADA, ASKED)
    assert factors.try_code(name, ASKED + "&scope=more", ticket.code) is None
    name, ticket = factors.begin(ADA, ASKED)
    watch.now += TICKET_SECONDS
    assert factors.try_code(name, ASKED, ticket.code) is None
    assert factors.try_code("guessed", ASKED, ticket.code) is None


def test_what_waits_is_bounded(factors: SecondFactors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "TICKETS_MAXIMUM", 3)
    names = [factors.begin(ADA, ASKED) for _ in range(4)]
    assert TICKETS_MAXIMUM > 3
    assert factors.try_code(names[0][0], ASKED, names[0][1].code) is None
    assert isinstance(factors.try_code(names[1][0], ASKED, names[1][1].code), SignedIn)


def test_by_password_staff_and_residents_each_have_their_own_level() -> None:
    assert (SignedIn(ADA, 1.0).acr, SignedIn(ADA, 1.0).amr) == ("staff-password", ["pwd"])
    assert SignedIn(residents()[0], 1.0).acr == "P9.Cp.Cd"


@pytest.mark.parametrize(
    ("acr_values", "strong"),
    [
        ("", False),
        (STRONG, True),
        (f"gold {STRONG}", True),
        (f"{STRONG} staff-password", True),
        (f"staff-password {STRONG}", False),
        ("P9.Cp.Cd", False),
        ("gold", None),
    ],
)
def test_the_first_known_level_is_the_one_that_is_asked_for(acr_values: str, strong: bool | None) -> None:
    assert asked_strength(acr_values) is strong
