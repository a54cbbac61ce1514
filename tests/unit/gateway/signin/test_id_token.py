"""Which ID tokens are believed (OpenID Connect Core section 3.1.3.7, RFC 8725)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable

import pytest
from joserfc.jwk import RSAKey

from gateway.signin.errors import IdTokenError
from gateway.signin.id_token import Expected, verify
from gateway.signin.oidc import Provider
from tests.unit.gateway.signin.fake_provider import (
    CLIENT,
    EC,
    EC_2,
    ISSUER,
    RSA,
    FakeClock,
    FakeProvider,
    b64,
    signs_in,
)

NOW = 1_795_262_400


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"iss": ISSUER + "/"}, {"iss": None}, {"iss": [ISSUER]},
        {"aud": "another-client"}, {"aud": None}, {"aud": []}, {"aud": [CLIENT, "another-client"]}, {"aud": [[CLIENT]]},
        {"azp": "another-client"},
        {"nonce": "another"}, {"nonce": None}, {"nonce": ""}, {"nonce": ["x"]},
        {"exp": NOW - 11}, {"exp": None}, {"exp": str(NOW + 300)}, {"exp": NOW + 300.5}, {"exp": True}, {"exp": 10**15 * -1},
        {"iat": None}, {"iat": str(NOW)}, {"iat": NOW + 3600}, {"iat": NOW - 301}, {"nbf": NOW + 3600},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, {"sub": None}, {"sub": ""}, {"auth_time": "yesterday"}, {"amr": "pwd"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_that_says_something_else_is_not_believed(
    provider: Provider, idp: FakeProvider, clock: FakeClock, claims: dict[str, object]
) -> None:
    assert clock.now().timestamp() == NOW
    idp.claims = claims
    with pytest.raises(IdTokenError):
        await signs_in(provider, idp)


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT]}, {"azp": CLIENT}, {"iat": NOW + 9}, {"auth_time": NOW, "amr": ["pwd"]}],
    ids=str,
)
async def test_a_token_that_says_it_in_another_allowed_way_is(
    provider: Provider, idp: FakeProvider, claims: dict[str, object]
) -> None:
    idp.claims = claims
    await signs_in(provider, idp)


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"jwk": EC_2.as_dict(private=False)}, {"cty": "JWT"},
        {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example/x"}, {"kid": "../../etc/passwd"},
        {"kid": "ec-1' OR 1=1"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_token_with_a_hostile_header_is_not_believed(
    provider: Provider, idp: FakeProvider, header: dict[str, object]
) -> None:
    idp.header = header
    with pytest.raises(IdTokenError):
        await signs_in(provider, idp)


def expected(**changes: object) -> Expected:
    return Expected(ISSUER, CLIENT, "n", None, NOW)


def token_of(idp: FakeProvider) -> str:
    return idp.id_token({"nonce": "n", "person": json.dumps({"sub": "s"})})


PUBLISHED = {"ec-1": EC}
FORGERIES: list[Callable[[str], str]] = [
    lambda token: ".".join([b64(b'{"alg":"none","kid":"ec-1"}'), token.split(".")[1], ""]),
    lambda token: ".".join([b64(b'{"alg":"NoNe","kid":"ec-1"}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":"HS256","kid":"ec-1"}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":"ES256","alg":"none","kid":"ec-1"}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'["ES256"]'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":["ES256"],"kid":"ec-1"}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":"ES256","kid":"ec-1","typ":7}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":"ES256","kid":7}'), *token.split(".")[1:]]),
    lambda token: ".".join([b64(b'{"alg":"RS256","kid":"ec-1"}'), *token.split(".")[1:]]),
    lambda token: ".".join(
        [b64(b'{"alg":"ES256","kid":"ec-1","crit":["b64"],"b64":false}'), *token.split(".")[1:]]
    ),
    lambda token: ".".join([token.split(".")[0], b64(b'{"sub":"evil"}'), token.split(".")[2]]),
    lambda token: token[:-4] + "AAAA",
    lambda token: token.rpartition(".")[0] + ".",
    lambda token: token + ".",
    lambda token: token.replace(".", "..", 1),
    lambda token: token.replace(".", "!.", 1),
    lambda token: token.replace(".", "!!!!.", 1),
    lambda token: "=" + token,
    lambda token: "A" + token,
    lambda token: token + "A" * 20_000,
    lambda token: token + "ł",
    lambda _: "",
    lambda _: "..",
    lambda _: "a.b.c.d.e",
]


@pytest.mark.parametrize("number", range(len(FORGERIES)))
def test_a_forged_or_broken_token_is_not_believed(idp: FakeProvider, number: int) -> None:
    token = token_of(idp)
    assert verify(token, PUBLISHED, expected())["sub"] == "s"
    with pytest.raises(IdTokenError):
        verify(FORGERIES[number](token), PUBLISHED, expected())


def test_a_token_keyed_with_our_provider_s_public_key_is_not_believed(idp: FakeProvider) -> None:
    head = b64(b'{"alg":"HS256","kid":"ec-1"}') + "." + token_of(idp).split(".")[1]
    for public in (EC.as_pem(private=False), json.dumps(EC.as_dict(private=False)).encode()):
        forged = f"{head}.{b64(hmac.digest(public, head.encode(), 'sha256'))}"
        with pytest.raises(IdTokenError, match="algorithm"):
            verify(forged, PUBLISHED, expected())


def test_a_payload_that_is_no_unambiguous_object_is_not_believed() -> None:
    from joserfc import jws

    for payload in (b'{"sub":"a","sub":"b"}', b"[]", b"\xff"):
        token = jws.serialize_compact({"alg": "ES256", "kid": "ec-1"}, payload, EC, algorithms=["ES256"])
        with pytest.raises(IdTokenError, match="part"):
            verify(token, PUBLISHED, expected())


def test_a_key_id_may_be_missing_where_there_is_one_key_only(idp: FakeProvider) -> None:
    idp.header = {"kid": None}
    assert verify(token_of(idp), PUBLISHED, expected())["sub"] == "s"
    with pytest.raises(IdTokenError, match="names no key"):
        verify(token_of(idp), {"ec-1": EC, "ec-2": EC_2}, expected())


def test_a_key_that_is_published_for_another_algorithm_proves_nothing(idp: FakeProvider) -> None:
    only_ps = RSAKey.import_key(RSA.as_dict(private=True) | {"alg": "PS256"})
    idp.key, idp.algorithm = RSA, "RS256"
    with pytest.raises(IdTokenError, match="another algorithm"):
        verify(token_of(idp), {"rsa-1": only_ps}, expected())
