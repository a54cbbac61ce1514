"""The sandbox's identity provider as a process of its own: the code flow, its refusals, tokens that our verifier proves."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import pytest_asyncio

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, residents
from adapters.sandbox.identity_provider.clients import callback_of, secret_of
from adapters.sandbox.identity_provider.tokens import (
    SignInError,
    client_token,
    practitioner_token,
    practitioner_tokens,
)
from tests.support.identity_provider import APP, FARID, ROOT, Running, asking, provider, said

WEB = {"client_id": "oncetold-web", "redirect_uri": "http://127.0.0.1:8800/signin/callback"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with provider(tmp_path_factory.mktemp("identity")) as one:
        yield one


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


async def code_for(http: aiohttp.ClientSession, url: str, **changes: str | None) -> str:
    form = {"username": FARID, "password": SANDBOX_PASSWORD}
    async with http.post(f"{url}/authorize?{asking(**changes)}", data=form, allow_redirects=False) as answer:
        assert answer.status == 302
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


async def exchange(
    http: aiohttp.ClientSession,
    url: str,
    code: str,
    *,
    client: str = APP,
    secret: str | None = None,
    **changes: str,
) -> tuple[int, dict[str, Any]]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_of(APP),
        "code_verifier": VERIFIER,
        **changes,
    }
    login = aiohttp.encode_basic_auth(client, secret or secret_of(client))
    async with http.post(f"{url}/token", data=form, headers={"Authorization": login}) as answer:
        return answer.status, await answer.json()


async def test_a_practitioner_gets_an_access_token_of_rfc_9068(running: Running) -> None:
    tokens = await practitioner_tokens(running.url, FARID, APP)
    header, claims = said(tokens["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert claims["aud"] == "https://gateway.oncetold.test/api"
    assert claims["exp"] - claims["iat"] == 300
    assert {name: claims[name] for name in ("iss", "sub", "client_id", "organisation", "role", "scope")} == {
        "iss": running.url,
        "sub": FARID,
        "client_id": APP,
        "organisation": "harbour-charity",
        "role": "adviser",
        "scope": "openid views",
    }
    _, about = said(tokens["id_token"])
    assert (about["aud"], about["organisation"], about["role"]) == (APP, "harbour-charity", "adviser")


async def test_a_resident_proves_identity_in_the_words_of_nhs_login(
    running: Running, http: aiohttp.ClientSession
) -> None:
    resident = residents()[0]
    tokens = await practitioner_tokens(
        running.url,
        resident.username,
        WEB["client_id"],
        scope="openid profile",
        redirect_uri=WEB["redirect_uri"],
    )
    _, about = said(tokens["id_token"])
    assert (about["vot"], about["identity_proofing_level"]) == ("P9.Cp.Cd", "P9")
    assert re.fullmatch("999[0-9]{7}", about["nhs_number"])
    _, claims = said(tokens["access_token"])
    assert claims["aud"] == running.url  # no use at the gateway's API
    assert "organisation" not in claims
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with http.get(f"{running.url}/userinfo", headers=headers) as answer:
        told = await answer.json()
    assert {name: about[name] for name in told} == told


async def test_only_an_officer_gets_the_audit_scope(running: Running) -> None:
    asked = "openid views audit"
    for username, given in ((FARID, "openid views"), ("quinn.officer@harbour.test", "audit openid views")):
        assert (await practitioner_tokens(running.url, username, APP, scope=asked))["scope"] == given


async def test_an_application_gets_a_token_of_its_own(running: Running, http: aiohttp.ClientSession) -> None:
    _, claims = said(await client_token(running.url, "harbour-charity-source"))
    assert (claims["sub"], claims["scope"]) == ("harbour-charity-source", "pointers")
    assert "role" not in claims
    for client, scope in (
        ("harbour-charity-source", "views"),
        (APP, "audit"),
        (APP, "made-up"),
        ("oncetold-web", None),
    ):
        with pytest.raises(SignInError):
            await client_token(running.url, client, scope=scope)


async def test_nobody_signs_in_through_another_organisations_application(running: Running) -> None:
    for username, client in (
        (FARID, "norwich-city-council-app"),
        (residents()[0].username, APP),
        ("nobody@harbour.test", APP),
    ):
        with pytest.raises(SignInError):
            await practitioner_token(running.url, username, client)
    with pytest.raises(SignInError):
        await practitioner_tokens(running.url, FARID, APP, password="wrong")
    with pytest.raises(SignInError):
        await practitioner_tokens(running.url, FARID, WEB["client_id"], redirect_uri=WEB["redirect_uri"])


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": callback_of(APP) + "/more"},
        {"redirect_uri": None},
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "harbour-charity-source"},
    ],
)
async def test_a_request_that_names_a_strange_address_is_not_sent_there(
    running: Running, http: aiohttp.ClientSession, changes: dict[str, str | None]
) -> None:
    async with http.get(f"{running.url}/authorize?{asking(**changes)}", allow_redirects=False) as answer:
        assert answer.status == 400
        assert "You cannot sign in from there" in await answer.text()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "openid made-up"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_bad_request_of_a_known_application_goes_back_to_it_with_its_state(
    running: Running, http: aiohttp.ClientSession, changes: dict[str, str | None], error: str
) -> None:
    async with http.get(f"{running.url}/authorize?{asking(**changes)}", allow_redirects=False) as answer:
        assert answer.status == 302
        location = urlsplit(answer.headers["Location"])
    told = parse_qs(location.query)
    assert location.netloc == f"{APP}.oncetold.test"
    assert (told["error"], told["state"]) == ([error], ["s"])


async def test_a_code_is_good_once_for_its_own_application_and_verifier(
    running: Running, http: aiohttp.ClientSession
) -> None:
    url = running.url
    code = await code_for(http, url, nonce="one")
    status, tokens = await exchange(http, url, code)
    assert (status, tokens["token_type"]) == (200, "Bearer")
    assert (await exchange(http, url, code))[1]["error"] == "invalid_grant"
    wrong: tuple[dict[str, str], ...] = (
        {"code_verifier": "x" * 43},
        {"redirect_uri": "https://evil.test/"},
        {"client": "norwich-city-council-app"},
    )
    for number, changes in enumerate(wrong):
        code = await code_for(http, url, nonce=f"wrong-{number}")
        assert (await exchange(http, url, code, **changes))[1]["error"] == "invalid_grant"
        assert (await exchange(http, url, code))[1]["error"] == "invalid_grant"
    code = await code_for(http, url, nonce="secret")
    assert (await exchange(http, url, code, secret="wrong"))[1]["error"] == "invalid_client"
    form = {"username": FARID, "password": SANDBOX_PASSWORD}
    async with http.post(
        f"{url}/authorize?{asking(nonce='one')}", data=form, allow_redirects=False
    ) as answer:
        assert "error=invalid_request" in answer.headers.get("Location", "")


class _Page(HTMLParser):
    """The facts of a page that a screen reader needs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


async def test_the_sign_in_page_is_plain_labelled_and_closed_to_frames_and_scripts(
    running: Running, http: aiohttp.ClientSession
) -> None:
    asked = asking(**WEB, state='"><script>alert(1)</script>')
    async with http.get(f"{running.url}/authorize?{asked}") as answer:
        text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    page = _Page()
    page.feed(text)
    assert page.all("html") == [{"lang": "en"}]
    assert "<title>Sign in - Sandbox sign-in</title>" in text
    labelled = {label["for"] for label in page.all("label")}
    assert labelled == {field["id"] for field in page.all("input") + page.all("select")}
    assert page.all("script") == []
    assert {group["label"] for group in page.all("optgroup")} == {
        "Information governance officers",
        "Residents",
    }
    assert FARID not in text
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self' http://127.0.0.1:8800;" in policy
    form = {"username": residents()[1].username, "password": "wrong"}
    async with http.post(f"{running.url}/authorize?{asked}", data=form) as answer:
        assert answer.status == 400
        again = await answer.text()
    assert "<title>Error: Sign in" in again
    assert f'value="{residents()[1].username}" selected' in again


async def test_signing_out_goes_back_to_the_gateway_only(
    running: Running, http: aiohttp.ClientSession
) -> None:
    tokens = await practitioner_tokens(
        running.url, residents()[2].username, WEB["client_id"], redirect_uri=WEB["redirect_uri"]
    )
    good = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": "http://127.0.0.1:8800/",
        "state": "x",
    }
    async with http.get(f"{running.url}/end_session", params=good, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "http://127.0.0.1:8800/?state=x")
    # The gateway keeps no ID token, so it names its client instead.
    own = {"client_id": "oncetold-web", "post_logout_redirect_uri": "http://127.0.0.1:8800/portal/signed-out"}
    async with http.get(f"{running.url}/end_session", params=own, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, own["post_logout_redirect_uri"])
    evil = {"post_logout_redirect_uri": "https://evil.test/"}
    for bad in ({**good, **evil}, {**own, **evil}, {**own, "client_id": APP}, {}):
        async with http.get(f"{running.url}/end_session", params=bad, allow_redirects=False) as answer:
            assert answer.status == 200
            assert "You are signed out" in await answer.text()
    async with http.get(f"{running.url}/end_session", params={**good, "id_token_hint": "x.y.z"}) as answer:
        assert answer.status == 400


async def test_userinfo_answers_its_own_access_tokens_only(
    running: Running, http: aiohttp.ClientSession
) -> None:
    tokens = await practitioner_tokens(running.url, FARID, APP)
    source = await client_token(running.url, "harbour-charity-source")
    for authorization in ("", "Basic x", "Bearer x", f"Bearer {tokens['id_token']}", f"Bearer {source}"):
        async with http.get(f"{running.url}/userinfo", headers={"Authorization": authorization}) as answer:
            assert answer.status == 401


async def test_discovery_names_addresses_that_are_there(
    running: Running, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{running.url}/.well-known/openid-configuration") as answer:
        document = await answer.json()
    assert document["issuer"] == running.url
    assert document["code_challenge_methods_supported"] == ["S256"]
    for name, address in document.items():
        if name.endswith(("_endpoint", "_uri")):
            async with http.get(address) as answer:
                assert answer.status != 404
    async with http.get(f"{running.url}/healthz") as answer:
        assert answer.status == 200
    async with http.get(f"{running.url}/style.css") as answer:
        assert answer.content_type == "text/css"
    async with http.get(f"{running.url}/nowhere") as answer:
        assert answer.status == 404


async def test_a_foreign_host_name_and_a_form_cannot_turn_the_keys(
    running: Running, http: aiohttp.ClientSession
) -> None:
    async with http.get(f"{running.url}/jwks.json", headers={"Host": "evil.test"}) as answer:
        assert answer.status == 400
    async with http.post(f"{running.url}/_sandbox/rotate-keys", data={"retire": "true"}) as answer:
        assert answer.status == 415


async def test_keys_survive_a_restart_and_can_be_rotated(tmp_path: Path, http: aiohttp.ClientSession) -> None:
    async def published(url: str) -> list[str]:
        async with http.get(f"{url}/jwks.json") as answer:
            keys = (await answer.json())["keys"]
        assert all("d" not in key for key in keys)
        return [key["kid"] for key in keys]

    with provider(tmp_path) as one:
        first = await published(one.url)
    with provider(tmp_path) as one:
        assert await published(one.url) == first
        async with http.post(f"{one.url}/_sandbox/rotate-keys", json={}) as answer:
            assert answer.status == 200
        both = await published(one.url)
        assert both[1:] == first
        async with http.post(f"{one.url}/_sandbox/rotate-keys", json={"retire": True}) as answer:
            assert answer.status == 200
        assert not set(await published(one.url)) & set(both)
    assert one.process.returncode == 0


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "adapters.sandbox.identity_provider",
                "--port",
                port,
                "--state-folder",
                str(tmp_path),
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"cannot start on port {port}" in ended.stderr
