"""Step-up sign-in (RFC 9470): what counts as one, for how long, and in which words it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.vocabulary import Json
from gateway.identity.caller import Caller
from gateway.identity.errors import StepUp, StepUpError, TokenError
from gateway.identity.issuers import trust
from tests.unit.gateway.identity.forge import ABSENT, Forge, issuer

MFA = "https://refeds.org/profile/mfa"
STEP_UP = StepUp(frozenset({MFA, "gold"}), 300)


def forge(step_up: StepUp | None = STEP_UP) -> Forge:
    return Forge(register=trust([replace(issuer(), step_up=step_up)]))


async def caller(one: Forge, **claims: Json) -> Caller:
    return await one.verifier.verify(one.bearer(claims=one.claims(**{"acr": MFA, **claims})))


async def test_a_second_factor_counts_from_its_moment_until_its_age_is_reached() -> None:
    one = forge()
    found = await caller(one, auth_time=one.now - 10)
    assert (found.strong_until, found.step_up) == (one.now + 290, STEP_UP)
    assert found.strong(one.now)
    assert found.strong(one.now + 289.9)
    assert not found.strong(one.now + 290)


async def test_a_token_that_is_remembered_grows_stale_all_the_same() -> None:
    one = forge()
    bearer = one.bearer(claims=one.claims(acr="gold", auth_time=one.now - 200))
    assert (await one.verifier.verify(bearer)).strong(one.clock.now().timestamp())
    one.clock.move(101)
    assert not (await one.verifier.verify(bearer)).strong(one.clock.now().timestamp())


@pytest.mark.parametrize(
    ("step_up", "claims"),
    [
        (STEP_UP, {"acr": "staff-password", "auth_time": 1}),
        (STEP_UP, {"acr": ABSENT, "auth_time": 1}),
        (STEP_UP, {"acr": "goldfish"}),
        (STEP_UP, {"acr": MFA.upper()}),
        (STEP_UP, {"auth_time": ABSENT}),
        (None, {"auth_time": 1}),
        (None, {"acr": ABSENT}),
    ],
)
async def test_anything_else_is_no_step_up(step_up: StepUp | None, claims: dict[str, Json]) -> None:
    one = forge(step_up)
    given = {"auth_time": one.now, **claims}
    if claims.get("auth_time") == 1:
        given["auth_time"] = one.now
    found = await caller(one, **given)
    assert found.strong_until is None
    assert not found.strong(one.now)
    assert found.step_up == step_up


async def test_an_application_alone_never_signed_in_by_a_second_factor() -> None:
    one = forge()
    found = await caller(one, sub="harbour-app", role=ABSENT, auth_time=one.now)
    assert found.strong_until is None


@pytest.mark.parametrize("wrong", [11, 3600])
async def test_a_sign_in_that_lies_in_the_future_is_refused(wrong: int) -> None:
    one = forge()
    with pytest.raises(TokenError, match="auth_time"):
        await caller(one, auth_time=one.now + wrong)


@pytest.mark.parametrize("wrong", ["1764000000", 1.5, True, -1, None])
async def test_a_sign_in_at_no_whole_second_is_refused(wrong: Json) -> None:
    with pytest.raises(TokenError, match="auth_time"):
        await caller(forge(), auth_time=wrong)


def test_the_challenge_says_which_sign_in_to_ask_for_and_how_fresh() -> None:
    assert StepUpError("Sign in again.", STEP_UP).challenge("/metadata") == (
        'Bearer error="insufficient_user_authentication", error_description="Sign in again.", '
        f'acr_values="gold {MFA}", max_age="300", resource_metadata="/metadata"'
    )
    assert StepUpError("Sign in again.").challenge() == (
        'Bearer error="insufficient_user_authentication", error_description="Sign in again."'
    )
