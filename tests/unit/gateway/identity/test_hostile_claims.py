"""Claims out of place (security standard, Tokens 3 and 4), each under a signature that fits."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from core.errors import ClosedError
from core.vocabulary import Json
from gateway.identity.caller import require_scope
from gateway.identity.errors import TokenError
from tests.unit.gateway.identity.forge import ABSENT, AUDIENCE, EC_KEY, ISSUER_URL, Forge, raw_token, sign


async def refused(forge: Forge, headers: list[str]) -> TokenError:
    with pytest.raises(TokenError) as caught:
        await forge.verifier.verify(headers)
    return caught.value


@dataclass(frozen=True)
class At:
    """A time, in seconds from now."""

    offset: float


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ABSENT},
        {"iss": ISSUER_URL + "/"},
        {"iss": "https://evil.test"},
        {"iss": [ISSUER_URL]},
        {"iss": None},
        {"aud": ABSENT},
        {"aud": "https://other.test/api"},
        {"aud": AUDIENCE + "/"},
        {"aud": []},
        {"aud": [AUDIENCE, 5]},
        {"aud": [[AUDIENCE]]},
        {"aud": {AUDIENCE: True}},
        {"aud": [AUDIENCE] * 17},
        {"aud": None},
        {"sub": ABSENT},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\nb"},
        {"sub": "\ud800"},
        {"client_id": ABSENT},
        {"client_id": "harbour"},
        {"client_id": "norwich-app"},
        {"client_id": ["harbour-app"]},
        {"client_id": None},
        {"jti": ABSENT},
        {"jti": ""},
        {"jti": 5},
        {"jti": "x" * 256},
        {"acr": 2},
        {"acr": None},
        {"scope": ["views"]},
        {"scope": 5},
        {"scope": None},
        {"scope": " views"},
        {"scope": "views  trace"},
        {"scope": 'views"'},
        {"scope": "views\ttrace"},
        {"organisation": ABSENT},
        {"organisation": "norwich-city-council"},
        {"organisation": ["harbour-charity"]},
        {"organisation": "norfolk-county-council"},
        {"role": ABSENT},
        {"role": ""},
        {"role": "Adviser"},
        {"role": ["adviser"]},
        {"role": "adviser officer"},
        {"sub": "harbour-app"},
        {"cnf": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}},
        {"cnf": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}},
        {"cnf": None},
        {"exp": ABSENT},
        {"exp": At(0)},
        {"exp": At(-1)},
        {"exp": At(0.5 - 1e-9)},
        {"exp": At(300.0)},
        {"exp": At(3700)},
        {"exp": 2**63},
        {"exp": 10**300},
        {"exp": "2000000000"},
        {"exp": True},
        {"exp": None},
        {"exp": [2000000000]},
        {"exp": -5},
        {"iat": ABSENT},
        {"iat": At(11)},
        {"iat": At(61)},
        {"iat": At(1.0)},
        {"iat": At(-3301)},
        {"iat": 0},
        {"iat": "0"},
        {"iat": True},
        {"iat": -1},
        {"iat": 10**300},
        {"nbf": At(11)},
        {"nbf": At(61)},
        {"nbf": "0"},
        {"nbf": False},
        {"nbf": None},
        {"nbf": 1e3},
    ],
    ids=str,
)
async def test_a_claim_out_of_place_is_refused_although_the_signature_fits(
    changes: dict[str, Json | At],
) -> None:
    forge = Forge()
    wrong: dict[str, Json] = {
        name: type(value.offset)(forge.now + value.offset) if isinstance(value, At) else value
        for name, value in changes.items()
    }
    error = await refused(forge, forge.bearer(claims=forge.claims(**wrong)))
    assert (error.code, error.status) == ("invalid_token", 401)


@pytest.mark.parametrize(
    "payload",
    [
        b'{"exp": 1, "exp": 99999999999}',
        b'{"iss": {"a": 1, "a": 2}}',
        b'{"exp": NaN}',
        b'{"exp": Infinity}',
        b'{"exp": ' + b"9" * 5000 + b"}",
        b"[" * 5000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"{",
        b"{} {}",
    ],
    ids=lambda payload: repr(payload[:24]),
)
async def test_claims_that_two_readers_could_read_differently_are_refused(payload: bytes) -> None:
    forge = Forge()
    token = raw_token(json.dumps(forge.header()).encode(), payload, lambda text: sign(EC_KEY, text))
    assert (await refused(forge, [f"Bearer {token}"])).code == "invalid_token"


async def test_a_header_member_that_stands_twice_is_refused() -> None:
    forge = Forge()
    header = b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"key-1"}'
    token = raw_token(header, json.dumps(forge.claims()).encode(), lambda text: sign(EC_KEY, text))
    assert (await refused(forge, [f"Bearer {token}"])).code == "invalid_token"


async def test_no_refusal_repeats_what_the_token_said() -> None:
    forge = Forge()
    marker = "zzsecretzz"
    for claims in (
        {"iss": marker},
        {"aud": marker},
        {"sub": marker + "\n"},
        {"client_id": marker},
        {"organisation": marker},
        {"role": marker + "!"},
        {"scope": marker + "  "},
    ):
        error = await refused(forge, forge.bearer(claims=forge.claims(**claims)))
        assert marker not in f"{error} {error.challenge()} {error!r}"
    for header in ({"alg": marker}, {"typ": marker}, {"kid": marker}):
        error = await refused(forge, forge.bearer(header=forge.header(**header)))
        assert marker not in f"{error} {error.challenge()} {error!r}"


async def test_a_clock_in_doubt_closes_the_gate_even_for_a_remembered_token() -> None:
    forge = Forge()
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    forge.clock.sound = False
    with pytest.raises(ClosedError):
        await forge.verifier.verify(bearer)


async def test_a_missing_scope_is_told_by_name() -> None:
    forge = Forge()
    caller = await forge.verifier.verify(forge.bearer())
    require_scope(caller, "views")
    with pytest.raises(TokenError) as caught:
        require_scope(caller, "audit")
    assert caught.value.status == 403
    assert caught.value.challenge().startswith('Bearer error="insufficient_scope", error_description="')
    assert caught.value.challenge().endswith(', scope="audit"')
