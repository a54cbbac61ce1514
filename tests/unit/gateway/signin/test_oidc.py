"""What is believed of an identity provider's answer, and what is not (OpenID Connect Core, RFC 8725, RFC 9700)."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey

from gateway.signin.errors import IdTokenError, ProviderError
from gateway.signin.http import Answer
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
    b64,
    signs_in,
)

DISCOVERY = "/.well-known/openid-configuration"


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
