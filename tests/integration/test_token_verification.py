"""Our verifier against the real provider: tokens, rotation, outage; and how its keys are fetched over real HTTP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

import policies
from adapters.sandbox.identity_provider.accounts import STAFF, residents
from adapters.sandbox.identity_provider.clients import RECIPIENTS, SOURCES
from adapters.sandbox.identity_provider.tokens import client_token, practitioner_token, practitioner_tokens
from core.clock import SystemClock
from core.errors import ClosedError
from gateway.identity.errors import TokenError
from gateway.identity.fetch import BODY_MAXIMUM, HttpFetch
from gateway.identity.issuers import TrustRegister, issuer_for, load_issuers
from gateway.identity.jwks import FetchError, KeyTimes
from gateway.identity.verifier import TokenVerifier
from tests.support.identity_provider import Running, provider

REGISTER = Path(policies.__file__).parent / "registers" / "issuers.yaml"
FARID = "farid.adviser@harbour.test"
APP = "harbour-charity-app"


class ShiftedClock(SystemClock):
    """The machine's clock, some seconds on."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def register_at(url: str) -> TrustRegister:
    register = load_issuers(REGISTER, loopback=True)
    return register.with_issuer(issuer_for(url, register.by_id("sandbox")))


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as one:
        yield one


async def rotate(session: aiohttp.ClientSession, running: Running, *, retire: bool) -> None:
    async with session.post(f"{running.url}/_sandbox/rotate-keys", json={"retire": retire}) as answer:
        assert answer.status == 200


async def test_everyone_of_the_sandbox_is_a_caller_for_their_own_organisation(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    with provider(tmp_path) as running:
        verifier = TokenVerifier(register_at(running.url), HttpFetch(session), SystemClock())
        await verifier.warm()
        for account in STAFF:
            token = await practitioner_token(running.url, account.username, f"{account.organisation}-app")
            caller = await verifier.verify([f"Bearer {token}"])
            assert (caller.organisation, caller.practitioner, caller.role) == (
                account.organisation,
                account.username,
                account.role,
            )
        for client in (*(f"{one}-app" for one in RECIPIENTS), *(f"{one}-source" for one in SOURCES)):
            token = await client_token(running.url, client)
            caller = await verifier.verify([f"Bearer {token}"])
            assert (caller.client, caller.practitioner, caller.role) == (client, None, None)


async def test_only_a_second_factor_is_strong_and_only_for_a_while(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    with provider(tmp_path) as running:
        verifier = TokenVerifier(register_at(running.url), HttpFetch(session), SystemClock())
        for strong in (False, True):
            token = await practitioner_token(running.url, FARID, APP, strong=strong)
            caller = await verifier.verify([f"Bearer {token}"])
            now = SystemClock().now().timestamp()
            assert caller.strong(now) is strong
            assert not caller.strong(now + 300)
            assert ("break-glass" in caller.scopes) is strong


async def test_id_tokens_residents_tokens_and_strange_issuers_are_refused(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    with provider(tmp_path / "ours") as running, provider(tmp_path / "theirs") as stranger:
        verifier = TokenVerifier(register_at(running.url), HttpFetch(session), SystemClock())
        tokens = await practitioner_tokens(running.url, FARID, APP)
        resident = await practitioner_tokens(
            running.url,
            residents()[0].username,
            "oncetold-web",
            redirect_uri="http://127.0.0.1:8800/signin/callback",
        )
        for token in (
            tokens["id_token"],
            resident["access_token"],
            resident["id_token"],
            await practitioner_token(stranger.url, FARID, APP),
        ):
            with pytest.raises(TokenError) as caught:
                await verifier.verify([f"Bearer {token}"])
            assert caught.value.code == "invalid_token"
        # A provider that claims our issuer's name has other keys.
        with provider(tmp_path / "theirs", "--issuer", running.url) as liar:
            token = await practitioner_token(liar.url, FARID, APP)
            with pytest.raises(TokenError, match="does not publish"):
                await verifier.verify([f"Bearer {token}"])


async def test_rotated_keys_are_found_and_retired_ones_stop_counting(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    with provider(tmp_path) as running:
        clock = ShiftedClock()
        verifier = TokenVerifier(register_at(running.url), HttpFetch(session), clock)
        old = [f"Bearer {await practitioner_token(running.url, FARID, APP)}"]
        await verifier.verify(old)
        await rotate(session, running, retire=False)
        new = [f"Bearer {await practitioner_token(running.url, FARID, APP)}"]
        clock.ahead += 11
        await verifier.verify(new)
        await verifier.verify(old)
        await rotate(session, running, retire=True)
        newest = [f"Bearer {await practitioner_token(running.url, FARID, APP)}"]
        clock.ahead += 11
        await verifier.verify(newest)
        for retired in (old, new):
            with pytest.raises(TokenError, match="does not publish"):
                await verifier.verify(retired)


async def test_a_provider_that_is_down_is_believed_until_the_hard_limit_only(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    clock = ShiftedClock()
    with provider(tmp_path) as running:
        verifier = TokenVerifier(
            register_at(running.url), HttpFetch(session), clock, KeyTimes(soft=60, hard=600)
        )
        bearer = [f"Bearer {await practitioner_token(running.url, FARID, APP)}"]
        fresh = [f"Bearer {await client_token(running.url, APP)}"]
        await verifier.verify(bearer)
    clock.ahead += 500
    await verifier.verify(bearer)
    await verifier.verify(fresh)
    clock.ahead += 101
    for headers in (bearer, fresh):
        with pytest.raises(ClosedError, match="issuer keys"):
            await verifier.verify(headers)
    await verifier.close()


async def test_keys_that_were_never_had_close_the_gate(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    with provider(tmp_path) as running:
        bearer = [f"Bearer {await client_token(running.url, APP)}"]
        verifier = TokenVerifier(register_at(running.url), HttpFetch(session), SystemClock())
    with pytest.raises(ClosedError, match="cannot be reached"):
        await verifier.verify(bearer)


# -- the fetch ---------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def strange() -> AsyncIterator[TestServer]:
    async def large(_request: web.Request) -> web.Response:
        return web.Response(body=b" " * (BODY_MAXIMUM + 1))

    async def away(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/good")

    async def good(_request: web.Request) -> web.Response:
        return web.Response(body=b'{"keys": []}')

    async def broken(_request: web.Request) -> web.Response:
        return web.Response(status=500)

    async def slow(_request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async def bomb(_request: web.Request) -> web.Response:
        packed = gzip.compress(b" " * (64 * BODY_MAXIMUM))
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    app = web.Application()
    for view in (large, away, good, broken, slow, bomb):
        app.router.add_get(f"/{view.__name__}", view)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


async def test_a_key_set_is_fetched_whole(session: aiohttp.ClientSession, strange: TestServer) -> None:
    assert await HttpFetch(session)(str(strange.make_url("/good"))) == b'{"keys": []}'


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/large", "too large"),
        ("/away", "302"),
        ("/broken", "500"),
        ("/slow", "in time"),
        ("/bomb", "too large"),
    ],
)
async def test_a_strange_answer_is_no_key_set(
    session: aiohttp.ClientSession, strange: TestServer, path: str, reason: str
) -> None:
    with pytest.raises(FetchError, match=reason):
        await HttpFetch(session, timeout_seconds=0.5)(str(strange.make_url(path)))
