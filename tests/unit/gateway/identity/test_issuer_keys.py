"""An issuer's keys over time: rotation, removal, outage, floods; and which published keys count at all."""

from __future__ import annotations

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from core.errors import ClosedError
from core.vocabulary import Json
from gateway.identity.errors import TokenError
from gateway.identity.issuers import Algorithm
from gateway.identity.jwks import IssuerKeys, KeyTimes, UnknownKeyError
from gateway.identity.keys import KeySetError, parse_key_set
from tests.unit.gateway.identity.forge import (
    EC_KEY,
    ISSUER_URL,
    RSA_KEY,
    FakeProvider,
    Forge,
    HandClock,
    Members,
    b64,
    ec_key,
    issuer,
    jwks,
    number,
    public_jwk,
    rsa_key,
)

BOTH: frozenset[Algorithm] = frozenset({"ES256", "RS256"})
NEW_KEY = ec_key()


# -- which keys count --------------------------------------------------------------------------------------------------


def test_equal_keys_are_equal_values_and_carry_the_published_thumbprint() -> None:
    # The key and thumbprint of RFC 7638 section 3.1.
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n"
        "91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key: Members = {"kty": "RSA", "n": modulus, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    found = parse_key_set(jwks(key), BOTH).keys["2011-04-29"]
    assert b64(bytes.fromhex(found.thumbprint)) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert found == parse_key_set(jwks(key), BOTH).keys["2011-04-29"]


PRIVATE = b64(EC_KEY.private_numbers().private_value.to_bytes(32, "big"))
OTHER_CURVE = ec.generate_private_key(ec.SECP384R1())
SMALL_RSA = rsa.generate_private_key(65537, 1024)  # noqa: S505  small on purpose


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (public_jwk(EC_KEY, "k", d=PRIVATE), "secret"),
        (public_jwk(RSA_KEY, "k", d="AQAB"), "secret"),
        (public_jwk(RSA_KEY, "k", p="AQAB"), "secret"),
        ({"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"}, "secret"),
        ({"kty": "oct", "kid": "k"}, "type"),
        ({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": b64(b"x" * 32)}, "type"),
        ({"kty": ["EC"], "kid": "k"}, "type"),
        ({"kid": "k"}, "type"),
        (public_jwk(EC_KEY, "k", use="enc"), "not for verifying"),
        (public_jwk(EC_KEY, "k", key_ops=["sign", "verify"]), "not for verifying"),
        (public_jwk(EC_KEY, "k", alg="HS256"), "another algorithm"),
        (public_jwk(EC_KEY, "k", alg="RS256"), "another algorithm"),
        (public_jwk(EC_KEY, "k", alg=None), "another algorithm"),
        (public_jwk(RSA_KEY, "k", alg="PS256"), "another algorithm"),
        (public_jwk(RSA_KEY, "k", alg="RSA-OAEP"), "another algorithm"),
        (public_jwk(OTHER_CURVE, "k"), "curve"),
        (public_jwk(EC_KEY, "k") | {"x": number(1, 32)}, "not a valid"),
        (public_jwk(EC_KEY, "k") | {"x": number(0, 32), "y": number(0, 32)}, "not a valid"),
        (public_jwk(EC_KEY, "k") | {"x": b64(b"x" * 33)}, "length"),
        (public_jwk(EC_KEY, "k") | {"x": "!!"}, "base64url"),
        (public_jwk(EC_KEY, "k") | {"x": 5}, "no x"),
        (public_jwk(SMALL_RSA, "k"), "2048"),
        (public_jwk(RSA_KEY, "k") | {"n": number(2**20000 + 1)}, "2048"),
        (public_jwk(RSA_KEY, "k") | {"e": "AQ"}, "exponent"),
        (public_jwk(RSA_KEY, "k") | {"e": "AAAC"}, "exponent"),
        (public_jwk(RSA_KEY, "k") | {"e": number(2**64 + 1)}, "exponent"),
        (public_jwk(EC_KEY, ""), "no id"),
        ({name: value for name, value in public_jwk(EC_KEY, "k").items() if name != "kid"}, "no id"),
        ("k", "not an object"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_key_that_must_not_prove_anything_is_left_out_and_the_others_stay(
    key: Members, reason: str
) -> None:
    found = parse_key_set(jwks(key, public_jwk(NEW_KEY, "good", use="sig", key_ops=["verify"])), BOTH)
    assert set(found.keys) == {"good"}
    assert len(found.left_out) == 1
    assert reason in found.left_out[0]


def test_two_keys_under_one_id_are_both_left_out() -> None:
    found = parse_key_set(
        jwks(public_jwk(EC_KEY, "k"), public_jwk(NEW_KEY, "k"), public_jwk(RSA_KEY, "r")), BOTH
    )
    assert set(found.keys) == {"r"}


def test_an_unusable_twin_still_makes_an_id_ambiguous() -> None:
    assert parse_key_set(jwks(public_jwk(EC_KEY, "k"), public_jwk(NEW_KEY, "k", use="enc")), BOTH).keys == {}


def test_a_key_type_that_is_not_agreed_for_the_issuer_is_left_out() -> None:
    assert parse_key_set(jwks(public_jwk(RSA_KEY, "r")), frozenset({"ES256"})).keys == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": null}',
        b'{"keys": [], "keys": []}',
        json.dumps({"keys": [public_jwk(EC_KEY, "k")] * 51}).encode(),
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_key_set_that_cannot_be_read_is_an_error(body: bytes) -> None:
    with pytest.raises(KeySetError):
        parse_key_set(body, BOTH)


# -- rotation and removal ----------------------------------------------------------------------------------------------


async def test_a_new_key_is_found_when_a_token_names_it() -> None:
    forge = Forge()
    await forge.verifier.verify(forge.bearer())
    forge.provider.body = jwks(public_jwk(EC_KEY, "key-1"), public_jwk(NEW_KEY, "key-2"))
    forge.clock.move(11)
    await forge.verifier.verify(forge.bearer(header=forge.header(kid="key-2"), key=NEW_KEY))
    assert forge.provider.asked == 2


async def test_a_removed_key_stops_counting_after_the_next_fetch_even_for_a_remembered_token() -> None:
    forge = Forge()
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    forge.provider.body = jwks(public_jwk(NEW_KEY, "key-2"))
    forge.clock.move(11)
    await forge.verifier.verify(forge.bearer(header=forge.header(kid="key-2"), key=NEW_KEY))
    with pytest.raises(TokenError, match="does not publish"):
        await forge.verifier.verify(bearer)


async def test_a_key_exchanged_under_the_same_id_proves_nothing_that_the_old_one_signed() -> None:
    forge = Forge(times=KeyTimes(soft=10))
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    forge.provider.body = jwks(public_jwk(NEW_KEY, "key-1"))
    forge.clock.move(20)
    await forge.verifier.verify(bearer)  # still the old keys; the new ones are on their way
    await settled()
    with pytest.raises(TokenError, match="signature"):
        await forge.verifier.verify(bearer)


async def test_a_remembered_token_lives_on_through_a_fetch_that_changed_nothing() -> None:
    forge = Forge(times=KeyTimes(soft=10))
    bearer = forge.bearer()
    caller = await forge.verifier.verify(bearer)
    forge.clock.move(20)
    await forge.verifier.verify(bearer)
    await settled()
    assert forge.provider.asked == 2
    assert await forge.verifier.verify(bearer) is caller


async def test_a_key_published_with_its_secret_stops_counting() -> None:
    forge = Forge(times=KeyTimes(soft=10))
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    forge.provider.body = jwks(public_jwk(EC_KEY, "key-1", d=PRIVATE))
    forge.clock.move(20)
    await forge.verifier.verify(bearer)
    await settled()
    with pytest.raises(TokenError):
        await forge.verifier.verify(bearer)


# -- outage and floods -------------------------------------------------------------------------------------------------


async def test_an_outage_is_survived_until_the_hard_limit_and_no_longer() -> None:
    forge = Forge(times=KeyTimes(soft=60, hard=600))
    await forge.verifier.verify(forge.bearer())
    forge.provider.down = True
    forge.clock.move(590)
    bearer = forge.bearer()
    await forge.verifier.verify(bearer)
    await settled()
    forge.clock.move(11)
    for headers in (bearer, forge.bearer()):
        with pytest.raises(ClosedError) as caught:
            await forge.verifier.verify(headers)
        assert caught.value.part == "issuer keys"
    forge.provider.down = False
    forge.clock.move(2)
    await forge.verifier.verify(bearer)


async def test_no_keys_at_all_closes_the_gate() -> None:
    forge = Forge()
    forge.provider.down = True
    for _ in range(2):
        with pytest.raises(ClosedError):
            await forge.verifier.verify(forge.bearer())
    with pytest.raises(ClosedError):
        await forge.verifier.warm()
    assert forge.provider.asked == 1
    forge.provider.down = False
    forge.clock.move(1)
    await forge.verifier.warm()
    await forge.verifier.warm()
    assert forge.provider.asked == 2


async def test_a_broken_key_set_closes_the_gate_too() -> None:
    forge = Forge()
    forge.provider.body = b"<html>maintenance</html>"
    with pytest.raises(ClosedError):
        await forge.verifier.verify(forge.bearer())


async def test_an_unknown_key_id_while_the_issuer_is_down_is_doubt_and_not_a_bad_token() -> None:
    forge = Forge()
    await forge.verifier.verify(forge.bearer())
    forge.provider.down = True
    forge.clock.move(11)
    with pytest.raises(ClosedError):
        await forge.verifier.verify(forge.bearer(header=forge.header(kid="key-2")))
    await forge.verifier.verify(forge.bearer())


async def test_a_flood_of_unknown_key_ids_asks_the_issuer_once_an_interval() -> None:
    forge = Forge()
    await forge.verifier.verify(forge.bearer())
    forge.clock.move(11)
    headers = [forge.bearer(header=forge.header(kid=f"made-up-{number}")) for number in range(200)]
    answers = await asyncio.gather(*(forge.verifier.verify(one) for one in headers), return_exceptions=True)
    assert {type(answer) for answer in answers} == {TokenError}
    assert forge.provider.asked == 2


async def test_many_who_wait_for_the_first_keys_share_one_fetch_and_may_leave() -> None:
    gate = asyncio.Event()
    provider = FakeProvider(jwks(public_jwk(EC_KEY, "key-1")))

    async def slow(url: str) -> bytes:
        await gate.wait()
        return await provider(url)

    keys = IssuerKeys(issuer(), slow, HandClock(), KeyTimes())
    waiting = [asyncio.create_task(keys.find("key-1")) for _ in range(50)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    gate.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert {getattr(answer, "id", None) for answer in answers[1:]} == {"key-1"}
    assert provider.asked == 1
    with pytest.raises(UnknownKeyError):
        await keys.find("key-2")


async def test_a_fetch_under_way_ends_when_the_verifier_closes() -> None:
    async def never(_url: str) -> bytes:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    keys = IssuerKeys(issuer(), never, HandClock(), KeyTimes())
    waiting = asyncio.create_task(keys.find("key-1"))
    await settled()
    await keys.close()
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
    await Forge().verifier.close()


async def test_keys_are_fetched_from_the_register_only() -> None:
    forge = Forge()
    await forge.verifier.verify(forge.bearer())
    assert forge.provider.addresses == [f"{ISSUER_URL}/jwks.json"]


# -- what is remembered ------------------------------------------------------------------------------------------------


async def test_a_remembered_token_ends_with_its_expiry() -> None:
    forge = Forge()
    bearer = forge.bearer(claims=forge.claims(exp=forge.now + 60))
    await forge.verifier.verify(bearer)
    forge.clock.move(60)
    with pytest.raises(TokenError, match="expired"):
        await forge.verifier.verify(bearer)


async def test_only_so_many_tokens_are_remembered() -> None:
    forge = Forge(remembered_maximum=2)
    first = forge.bearer()
    kept = await forge.verifier.verify(first)
    assert await forge.verifier.verify(first) is kept
    for jti in ("a", "b"):
        await forge.verifier.verify(forge.bearer(claims=forge.claims(jti=jti)))
    again = await forge.verifier.verify(first)
    assert again == kept
    assert again is not kept


async def test_a_refused_token_is_not_remembered() -> None:
    forge = Forge()
    bearer = forge.bearer(claims=forge.claims(iat=forge.now + 11))
    with pytest.raises(TokenError):
        await forge.verifier.verify(bearer)
    forge.clock.move(5)
    await forge.verifier.verify(bearer)


def test_a_large_rsa_key_is_still_usable() -> None:
    value: Json = public_jwk(rsa_key(3072), "k")
    assert isinstance(value, dict)
    assert set(parse_key_set(jwks(value), BOTH).keys) == {"k"}


async def settled() -> None:
    """Let the background fetch, which never really waits here, come to its end."""
    for _ in range(5):
        await asyncio.sleep(0)
