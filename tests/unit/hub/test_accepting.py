"""Who takes referrals, as far as anybody knows; where nobody knows, everything is offered and the gateway decides."""

from __future__ import annotations

from pathlib import Path

from hub.accepting import NOBODY_KNOWS, Accepting, accepting
from hub.gateway import TokenNotGoodError
from hub.gateway_answers import OrganisationListed
from hub.tokens import Token
from tests.unit.hub.fakes import NOW, FakeGateway

BOTH = ("agreed-referral", "duty-to-refer")


def known(takes: tuple[str, ...] | None, *, authority: bool = False) -> Accepting:
    return Accepting({"a": OrganisationListed("a", "A", "council", authority, takes)})


def test_only_what_is_taken_is_on_offer() -> None:
    assert known(("duty-to-refer", "more")).purposes("a", BOTH) == ("duty-to-refer",)
    assert known(()).purposes("a", BOTH) == ()
    assert known(BOTH).purposes("b", BOTH) == ()
    assert known(BOTH).takes("a", "duty-to-refer")
    assert not known(BOTH).takes("a", "other")


def test_where_nobody_knows_all_is_on_offer() -> None:
    for one in (NOBODY_KNOWS, known(None)):
        assert one.purposes("a", BOTH) == BOTH
    assert NOBODY_KNOWS.is_specified_authority("a")


def test_who_has_the_duty_to_refer_is_the_registers_word() -> None:
    assert known((), authority=True).is_specified_authority("a")
    assert not known(()).is_specified_authority("a")
    assert not known((), authority=True).is_specified_authority("b")


async def test_a_gateway_that_does_not_say_it_leaves_it_unknown(tmp_path: Path) -> None:
    gateway, token = FakeGateway(), Token("t", NOW)
    gateway.answers["GET /v1/organisations"] = [
        {"organisation": "a", "title": "A", "kind": "council", "takes_referrals_for": ["agreed-referral"]}
    ]
    assert (await accepting(gateway, token)).purposes("a", BOTH) == ("agreed-referral",)
    gateway.answers["GET /v1/organisations"] = TokenNotGoodError("over")
    assert await accepting(gateway, token) is NOBODY_KNOWS
    gateway.away = True
    assert await accepting(gateway, token) is NOBODY_KNOWS
