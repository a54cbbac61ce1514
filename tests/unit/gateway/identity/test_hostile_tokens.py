"""Every hostile token of the security standard (Tokens 1-4 and 6), each with a real signature where one can be had."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from functools import partial

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.hashes import SHA256

from core.vocabulary import Json
from gateway.identity.caller import Caller
from gateway.identity.compact import take_apart
from gateway.identity.errors import MissingTokenError, TokenError
from gateway.identity.http import refuse_tokens_elsewhere
from gateway.identity.issuers import trust
from tests.unit.gateway.identity.forge import (
    ABSENT,
    AUDIENCE,
    EC_KEY,
    ISSUER_URL,
    RSA_KEY,
    Forge,
    b64,
    ec_key,
    issuer,
    jwks,
    public_jwk,
    raw_token,
    sign,
)


async def refused(forge: Forge, headers: list[str]) -> TokenError:
    with pytest.raises(TokenError) as caught:
        await forge.verifier.verify(headers)
    return caught.value


async def test_a_good_token_names_its_caller() -> None:
    forge = Forge()
    assert await forge.verifier.verify(forge.bearer()) == Caller(
        issuer=ISSUER_URL,
        organisation="harbour-charity",
        client="harbour-app",
        practitioner="farid.adviser@harbour.test",
        role="adviser",
        scopes=frozenset({"views", "trace"}),
        token_id="4c1a",
        acr="P2",
        expires_at=forge.now + 300,
    )


async def test_an_application_alone_is_a_caller_without_a_practitioner() -> None:
    forge = Forge()
    claims = forge.claims(sub="harbour-app", role=ABSENT, acr=ABSENT, scope="pointers")
    caller = await forge.verifier.verify(forge.bearer(claims=claims))
    assert (caller.practitioner, caller.role, caller.acr) == (None, None, None)


async def test_an_rs256_issuer_is_believed_where_the_register_says_so() -> None:
    forge = Forge(key=RSA_KEY, algorithm="RS256")
    assert (await forge.verifier.verify(forge.bearer())).client == "harbour-app"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": [AUDIENCE, ISSUER_URL]},
        {"iat": 10},
        {"nbf": 10},
        {"nbf": -100, "iat": -100},
        {"scope": ABSENT},
        {"scope": ""},
    ],
)
async def test_a_small_clock_difference_and_what_is_optional_are_borne(claims: dict[str, Json]) -> None:
    forge = Forge()
    moved = {
        name: forge.now + value if name in {"iat", "nbf"} and isinstance(value, int) else value
        for name, value in claims.items()
    }
    caller = await forge.verifier.verify(forge.bearer(claims=forge.claims(**moved)))
    assert caller.client == "harbour-app"


@pytest.mark.parametrize("typ", ["application/at+jwt", "AT+JWT"])
async def test_the_type_may_be_written_as_a_media_type(typ: str) -> None:
    forge = Forge()
    caller = await forge.verifier.verify(forge.bearer(header=forge.header(typ=typ)))
    assert caller.client == "harbour-app"


async def test_a_request_without_a_token_is_told_to_send_one() -> None:
    error = await refused(Forge(), [])
    assert isinstance(error, MissingTokenError)
    assert (error.status, error.challenge()) == (401, "Bearer")
    assert error.challenge("https://g.test/m") == 'Bearer resource_metadata="https://g.test/m"'


@pytest.mark.parametrize(
    "headers",
    [
        ["Bearer {token}", "Bearer {token}"],
        ["Bearer {token}", "Basic eDp5"],
        ["Bearer {token}, Bearer {token}"],
        ["Basic {token}"],
        ["DPoP {token}"],
        ["Bearer  {token}"],
        ["Bearer {token} "],
        [" Bearer {token}"],
        ["Bearer\t{token}"],
        ["{token}"],
        ["Bearer"],
        ["Bearer "],
        [""],
        ["Bearer {token}\n"],
        ["Bearer {token}\u00e9"],
        ["Bearer \ud800"],
    ],
)
async def test_anything_but_one_plain_bearer_header_is_an_invalid_request(headers: list[str]) -> None:
    forge = Forge()
    token = forge.token()
    error = await refused(forge, [header.format(token=token) for header in headers])
    assert (error.code, error.status) == ("invalid_request", 400)


@pytest.mark.parametrize("length", [8193, 8300, 100_000_000])
async def test_an_oversized_header_is_refused_before_anything_is_decoded(length: int) -> None:
    forge = Forge()
    assert (await refused(forge, [f"Bearer {'a' * length}"])).code == "invalid_request"
    assert forge.provider.asked == 0


@pytest.mark.parametrize(
    "query", [b"access_token=x", b"a=1&ACCESS_TOKEN=", b"%61ccess_token=x", b"id_token=x", b"access%5Ftoken"]
)
def test_a_token_in_the_address_is_refused_even_beside_a_good_header(query: bytes) -> None:
    with pytest.raises(TokenError) as caught:
        refuse_tokens_elsewhere(query, "application/json")
    assert caught.value.code == "invalid_request"


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded; charset=utf-8", " Multipart/Form-Data"]
)
def test_a_form_is_refused_since_it_could_hold_a_token(content_type: str) -> None:
    with pytest.raises(TokenError):
        refuse_tokens_elsewhere(b"", content_type)


def test_a_plain_query_and_json_are_left_alone() -> None:
    refuse_tokens_elsewhere(b"page=2&token_page=3", "application/json")
    refuse_tokens_elsewhere(b"", "")


# -- the header --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        *(
            {"alg": alg}
            for alg in ("none", "None", "NONE", "nOnE", "", "HS256", "ES384", "RS256", "PS256", "EdDSA")
        ),
        {"alg": "es256"},
        {"alg": ABSENT},
        {"alg": None},
        {"alg": ["ES256"]},
        {"alg": 5},
        {"typ": "JWT"},
        {"typ": "jwt"},
        {"typ": ABSENT},
        {"typ": None},
        {"typ": "at+jwt "},
        {"typ": "dpop+jwt"},
        {"typ": "logout+jwt"},
        {"typ": "application/jwt"},
        {"kid": ABSENT},
        {"kid": None},
        {"kid": 1},
        {"kid": ""},
        {"kid": "x" * 129},
        {"kid": "../../../../dev/null"},
        {"kid": "key-1' OR '1'='1"},
        {"kid": "key-1\nforged log line"},
        {"kid": "key-1\x00"},
        {"kid": "\ud800"},
        {"kid": "KEY-1"},
        {"jku": "https://evil.test/jwks.json"},
        {"x5u": "https://evil.test/chain.pem"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"enc": "A256GCM"},
        {"cty": "JWT"},
        {"epk": {}},
    ],
    ids=str,
)
async def test_a_strange_header_is_refused_although_the_signature_fits(changes: dict[str, Json]) -> None:
    forge = Forge()
    error = await refused(forge, forge.bearer(header=forge.header(**changes)))
    assert (error.code, error.status) == ("invalid_token", 401)


async def test_a_key_that_came_with_the_token_is_not_used() -> None:
    forge, stranger = Forge(), ec_key()
    for kid in ("key-1", "stranger"):
        header = forge.header(kid=kid, jwk=public_jwk(stranger, kid))
        assert (await refused(forge, forge.bearer(header=header, key=stranger))).code == "invalid_token"


async def test_an_hmac_keyed_with_the_public_key_is_refused() -> None:
    for key in (EC_KEY, RSA_KEY):
        forge = Forge(key=key, algorithm="ES256" if key is EC_KEY else "RS256")
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for secret in (pem, forge.provider.body, b""):
            header, payload = json.dumps(forge.header(alg="HS256")), json.dumps(forge.claims())
            token = raw_token(
                header.encode(), payload.encode(), partial(hmac.digest, secret, digest="sha256")
            )
            assert (await refused(forge, [f"Bearer {token}"])).code == "invalid_token"


async def test_a_token_of_one_algorithm_is_not_proven_by_a_key_of_another() -> None:
    forge = Forge(algorithm="ES256")
    forge.provider.body = jwks(public_jwk(RSA_KEY, "key-1", alg="RS256"))
    assert (await refused(forge, forge.bearer(key=RSA_KEY))).code == "invalid_token"


async def test_an_issuer_with_both_algorithms_still_binds_each_key_to_its_own() -> None:
    forge = Forge(register=trust([issuer(algorithms=frozenset({"ES256", "RS256"}))]))
    forge.provider.body = jwks(public_jwk(RSA_KEY, "key-1"), public_jwk(EC_KEY, "key-2"))
    await forge.verifier.verify(forge.bearer(header=forge.header(alg="RS256"), key=RSA_KEY))
    await forge.verifier.verify(forge.bearer(header=forge.header(kid="key-2"), key=EC_KEY))
    error = await refused(forge, forge.bearer(header=forge.header(alg="ES256"), key=RSA_KEY))
    assert "algorithm" in error.detail


# -- the signature -----------------------------------------------------------------------------------------------------


def _der(text: bytes) -> bytes:
    return EC_KEY.sign(text, ec.ECDSA(SHA256()))


def _pss(text: bytes) -> bytes:
    return RSA_KEY.sign(text, padding.PSS(padding.MGF1(SHA256()), 32), SHA256())


def _flipped(text: bytes) -> bytes:
    signature = bytearray(sign(EC_KEY, text))
    signature[40] ^= 1
    return bytes(signature)


ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.mark.parametrize(
    "signer",
    [
        _der,
        _pss,
        _flipped,
        lambda text: b"\x00" * 64,
        lambda text: b"\x00" * 32 + sign(EC_KEY, text)[32:],
        lambda text: ORDER.to_bytes(32, "big") * 2,
        lambda text: sign(EC_KEY, text) + b"\x00",
        lambda text: sign(EC_KEY, text)[:-1],
        lambda text: sign(EC_KEY, text)[::-1],
        lambda text: sign(EC_KEY, text + b" "),
        lambda text: sign(ec_key(), text),
        lambda text: b"x",
    ],
)
async def test_a_signature_that_does_not_fit_is_refused(signer: Callable[[bytes], bytes]) -> None:
    forge = Forge()
    token = raw_token(json.dumps(forge.header()).encode(), json.dumps(forge.claims()).encode(), signer)
    assert (await refused(forge, [f"Bearer {token}"])).code == "invalid_token"


@pytest.mark.parametrize(
    "alter",
    [
        lambda h, p, s: f"{h}.{p}.",
        lambda h, p, s: f"{h}.{p}",
        lambda h, p, s: f"{h}..{s}",
        lambda h, p, s: f".{p}.{s}",
        lambda h, p, s: f"{h}.{p}.{s}.",
        lambda h, p, s: f"{h}.{p}.{s}.{s}.{s}",
        lambda h, p, s: f"{h}=.{p}.{s}",
        lambda h, p, s: f"{h}.{p}.{s}==",
        lambda h, p, s: f"{h}.{p}.{s}A",
        lambda h, p, s: f"{h}.{p}.{s[:-1]}{'BRh'['AQg'.index(s[-1])]}",
        lambda h, p, s: f"{h}.{p}.{s[:-1]}+",
        lambda h, p, s: f"{h}.{p}.{s[:10]}~{s[10:]}",
        lambda h, p, s: f"{h}.{b64(b'{}')}.{s}",
        lambda h, p, s: f"{b64(b'[]')}.{p}.{s}",
        lambda h, p, s: f"{b64(b'null')}.{p}.{s}",
        lambda h, p, s: "..",
        lambda h, p, s: "...",
        lambda h, p, s: s,
    ],
)
async def test_a_token_cut_or_altered_is_refused(alter: Callable[[str, str, str], str]) -> None:
    forge = Forge()
    token = forge.token()
    while token[-1] not in "AQg":  # an ending whose unused bits can be set without changing the signature
        token = forge.token()
    assert (await refused(forge, [f"Bearer {alter(*token.split('.'))}"])).code == "invalid_token"


async def test_an_encrypted_token_is_refused_without_being_opened() -> None:
    bomb = ".".join(
        b64(part) for part in (b'{"alg":"dir","enc":"A256GCM","zip":"DEF"}', b"k", b"i", b"c", b"t")
    )
    assert (await refused(Forge(), [f"Bearer {bomb}"])).code == "invalid_token"


async def test_an_id_token_is_not_an_access_token() -> None:
    forge = Forge()
    claims = forge.claims(aud="harbour-app", vot="P9.Cp.Cd", nonce="n")
    error = await refused(forge, forge.bearer(header=forge.header(typ="JWT"), claims=claims))
    assert "ID token" in error.detail


def test_a_token_taken_apart_does_not_show_in_a_traceback() -> None:
    assert repr(take_apart(Forge().token())) == "Compact()"
