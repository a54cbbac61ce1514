"""What is believed of an identity provider's answer, and what is not (OpenID Connect Core, RFC 8725, RFC 9700)."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from gateway.signin.errors import IdTokenError, ProviderError
from gateway.signin.http import Answer
from gateway.signin.id_token import Expected, verify
from gateway.signin.oidc import Client, Provider, Secrets
from tests.unit.gateway.signin.fake_provider import (
    CALLBACK,
    CLIENT,
    DOWN,
    EC,
    EC_2,
    ISSUER,
    OFFICER,
    RESIDENT,
    RSA,
    FakeClock,
    FakeProvider,
)

DISCOVERY = "/.well-known/openid-configuration"


async def signs_in(provider: Provider, idp: FakeProvider, person: object = RESIDENT) -> object:
    secrets = Secrets()
    back = idp.log_in(await provider.authorization_url(secrets), person)  # type: ignore[arg-type]
    assert back["state"] == secrets.state
    return await provider.sign_in(back["code"], secrets)


async def test_a_person_signs_in(provider: Provider, idp: FakeProvider) -> None:
    person = await signs_in(provider, idp)
    assert (person.subject, person.proofing, person.nhs_number) == ("resident-1", "P9", "9990000018")  # type: ignore[attr-defined]


async def test_the_browser_is_sent_off_with_fresh_secrets_and_none_of_them_twice(provider: Provider) -> None:
    queries = [
        parse_qs(urlsplit(await provider.authorization_url(Secrets())).query, strict_parsing=True)
        for _ in range(2)
    ]
    assert queries[0]["prompt"] == ["login"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(queries[0][name][0]) >= 43
        assert queries[0][name] != queries[1][name]


async def test_the_verifier_stays_with_us(provider: Provider) -> None:
    secrets = Secrets()
    address = await provider.authorization_url(secrets)
    assert secrets.verifier not in address
    assert secrets.verifier not in repr(secrets)


async def test_a_client_with_a_secret_shows_it_in_the_header_only(
    idp: FakeProvider, clock: FakeClock
) -> None:
    idp.secret = "s3cret"
    client = Client(ISSUER, CLIENT, CALLBACK, "s3cret", prompt=None, extra={"vtr": '["P9.Cp.Cd"]'})
    assert "s3cret" not in repr(client)
    provider = Provider(client, idp, clock)
    query = parse_qs(urlsplit(await provider.authorization_url(Secrets())).query)
    assert query["vtr"] == ['["P9.Cp.Cd"]']
    assert "prompt" not in query
    await signs_in(provider, idp)


async def test_a_code_is_good_once_and_with_its_own_verifier_only(
    provider: Provider, idp: FakeProvider
) -> None:
    secrets = Secrets()
    code = idp.log_in(await provider.authorization_url(secrets), RESIDENT)["code"]
    with pytest.raises(IdTokenError, match="code"):
        await provider.sign_in(code, Secrets(secrets.state, secrets.nonce, "x" * 43))
    code = idp.log_in(await provider.authorization_url(secrets), RESIDENT)["code"]
    await provider.sign_in(code, secrets)
    with pytest.raises(IdTokenError, match="code"):
        await provider.sign_in(code, secrets)


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256")])
async def test_the_allowed_algorithms_prove_a_token(
    provider: Provider, idp: FakeProvider, key: ECKey | RSAKey, algorithm: str
) -> None:
    idp.keys, idp.key, idp.algorithm = [EC, RSA], key, algorithm
    await signs_in(provider, idp, OFFICER)


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


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


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


async def test_a_provider_s_new_key_is_found_without_a_restart(
    provider: Provider, idp: FakeProvider, clock: FakeClock
) -> None:
    await signs_in(provider, idp)
    idp.keys, idp.key = [EC, EC_2], EC_2
    clock.pass_by(seconds=31)
    await signs_in(provider, idp)


async def test_unknown_keys_do_not_make_us_hammer_the_provider(provider: Provider, idp: FakeProvider) -> None:
    idp.header = {"kid": "made-up"}
    for _ in range(5):
        with pytest.raises(IdTokenError, match="not published"):
            await signs_in(provider, idp)
    assert idp.asked.count(f"{ISSUER}/keys") == 1


async def test_a_key_that_is_taken_back_stops_counting_within_an_hour(
    provider: Provider, idp: FakeProvider, clock: FakeClock
) -> None:
    await signs_in(provider, idp)
    idp.keys = [EC_2]
    clock.pass_by(hours=1)
    with pytest.raises(IdTokenError):
        await signs_in(provider, idp)


async def test_what_is_published_is_asked_for_once_however_many_wait(
    provider: Provider, idp: FakeProvider
) -> None:
    await asyncio.gather(*(provider.authorization_url(Secrets()) for _ in range(20)))
    assert idp.asked == [ISSUER + DISCOVERY]


@pytest.mark.parametrize(
    "published",
    [
        {"keys": "no list"}, {}, {"keys": [{"kty": "EC"}] * 51},
    ],
    ids=["text", "none", "too many"],
)  # fmt: skip
async def test_a_key_set_that_is_none_is_refused(
    provider: Provider, idp: FakeProvider, published: object
) -> None:
    idp.failing["/keys"] = Answer(200, json.dumps(published).encode())
    with pytest.raises(ProviderError, match="key set"):
        await signs_in(provider, idp)


def weak() -> dict[str, object]:
    # 1024 bits: too small to be generated here, as anywhere.
    return {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB", "kid": "ec-1"}


@pytest.mark.parametrize(
    "entries",
    [
        [EC.as_dict(private=True)], [EC.as_dict(private=False) | {"use": "enc"}],
        [EC.as_dict(private=False) | {"kid": None}],
        [EC.as_dict(private=False), EC_2.as_dict(private=False) | {"kid": "ec-1"}], ["text"], [weak()],
        [EC.as_dict(private=False) | {"crv": "P-384"}], [EC.as_dict(private=False) | {"x": "AAAA"}],
        [{"kty": "oct", "k": "AAAA", "kid": "ec-1"}],
        [RSA.as_dict(private=False) | {"kid": "ec-1", "e": b64(b"\x01" * 64)}], [weak() | {"n": 7}],
        [RSA.as_dict(private=False) | {"kid": "ec-1", "n": "a"}], [EC.as_dict(private=False) | {"x": 7}],
    ],
    ids=[
        "private", "encryption", "no id", "id twice", "text", "weak", "curve", "no point", "symmetric", "exponent",
        "n a number", "no base64", "number",
    ],
)  # fmt: skip
async def test_a_key_that_must_not_be_used_is_left_out(
    provider: Provider, idp: FakeProvider, entries: list[object]
) -> None:
    idp.failing["/keys"] = Answer(200, json.dumps({"keys": entries}).encode())
    with pytest.raises(IdTokenError):
        await signs_in(provider, idp)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"}, {"issuer": None}, {"token_endpoint": None}, {"jwks_uri": 7},
        {"authorization_endpoint": "http://login.example/authorize"}, {"token_endpoint": "http://127.0.0.1/token"},
        {"jwks_uri": "file:///etc/passwd"}, {"token_endpoint": "https://"}, {"token_endpoint": "https://[/"},
        {"authorization_endpoint": "javascript:alert(1)"}, {"token_endpoint": "https://u:p@login.example/token"},
        {"code_challenge_methods_supported": ["plain"]}, {"code_challenge_methods_supported": "S256"},
        {"end_session_endpoint": "http://login.example/"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_discovery_document_that_cannot_be_right_is_refused(
    provider: Provider, idp: FakeProvider, metadata: dict[str, object]
) -> None:
    idp.metadata = metadata
    with pytest.raises(ProviderError, match=r"discovery|PKCE|address"):
        await provider.authorization_url(Secrets())


@pytest.mark.parametrize(
    "answer",
    [Answer(500, b"{}"), Answer(302, b""), Answer(200, b"<html>"), Answer(200, b"[]"), DOWN],
    ids=str,
)
@pytest.mark.parametrize("path", [DISCOVERY, "/keys", "/token"])
async def test_a_provider_that_fails_fails_the_sign_in_and_nothing_else(
    provider: Provider, idp: FakeProvider, path: str, answer: Answer | Exception
) -> None:
    idp.failing[path] = answer
    with pytest.raises(ProviderError):
        await signs_in(provider, idp)
    idp.failing.clear()
    await signs_in(provider, idp)


async def test_an_answer_without_an_id_token_is_refused(provider: Provider, idp: FakeProvider) -> None:
    idp.failing["/token"] = Answer(200, b'{"access_token": "x", "token_type": "Bearer"}')
    with pytest.raises(ProviderError, match="no ID token"):
        await signs_in(provider, idp)
    idp.failing["/token"] = Answer(200, b'{"id_token": "x", "access_token": 7}')
    with pytest.raises(IdTokenError):
        await signs_in(provider, idp)


async def test_an_answer_that_names_another_issuer_is_refused(
    provider: Provider, idp: FakeProvider, clock: FakeClock
) -> None:
    await provider.check_answer(None)
    await provider.check_answer(ISSUER)
    with pytest.raises(ProviderError, match="another issuer"):
        await provider.check_answer("https://evil.example")
    idp.metadata = {"authorization_response_iss_parameter_supported": True}
    strict = Provider(Client(ISSUER, CLIENT, CALLBACK), idp, clock)
    with pytest.raises(ProviderError, match="another issuer"):
        await strict.check_answer(None)
    await strict.check_answer(ISSUER)


async def test_signing_out_ends_at_the_provider_too(
    provider: Provider, idp: FakeProvider, clock: FakeClock
) -> None:
    back = "https://gateway.test/portal/signed-out"
    address = await provider.end_session_url(back)
    assert address is not None
    assert address.startswith(f"{ISSUER}/logout?")
    assert parse_qs(urlsplit(address).query) == {
        "client_id": [CLIENT],
        "post_logout_redirect_uri": [back],
    }
    idp.metadata = {"end_session_endpoint": f"{ISSUER}/logout?realm=a"}
    other = await Provider(Client(ISSUER, CLIENT, CALLBACK), idp, clock).end_session_url(back)
    assert other is not None
    assert other.startswith(f"{ISSUER}/logout?realm=a&client_id=")
    idp.metadata = {"end_session_endpoint": None}
    assert await Provider(Client(ISSUER, CLIENT, CALLBACK), idp, clock).end_session_url(back) is None


@pytest.mark.parametrize(
    "issuer", ["http://login.example", "ftp://127.0.0.1", "https://", "https://a/?b", "https://a/#b", ""]
)
def test_an_issuer_must_be_https_unless_it_is_the_sandbox_s(
    idp: FakeProvider, clock: FakeClock, issuer: str
) -> None:
    with pytest.raises(ProviderError, match="https"):
        Provider(Client(issuer, CLIENT, CALLBACK), idp, clock)
    assert (
        Provider(Client("http://127.0.0.1:9000/a", CLIENT, CALLBACK), idp, clock).origin
        == "http://127.0.0.1:9000"
    )


async def test_the_sandbox_s_endpoints_may_be_plain_http_on_loopback(clock: FakeClock) -> None:
    issuer = "http://127.0.0.1:9000"

    class Sandbox(FakeProvider):
        async def get(self, url: str) -> Answer:
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            return Answer(
                200, json.dumps({"issuer": issuer} | {name: f"{issuer}/{name}" for name in names}).encode()
            )

    provider = Provider(Client(issuer, CLIENT, CALLBACK), Sandbox(clock), clock)
    assert (await provider.authorization_url(Secrets())).startswith(f"{issuer}/authorization_endpoint?")
