"""Signing in at the sandbox's identity provider, a process of its own, into sessions on either database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import pytest
from fastapi import FastAPI, Request
from sqlmodel import SQLModel

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, residents
from adapters.sandbox.identity_provider.clients import WEB_CLIENT, secret_of
from core.clock import SystemClock
from core.storage import Database
from gateway.signin.attempts import Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.errors import ProviderError
from gateway.signin.http import AiohttpCalls
from gateway.signin.kinds import Kind
from gateway.signin.oidc import Client, Provider, Secrets
from gateway.signin.routes import build_router
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from gateway.signin.tables import SessionRow, SignInAttempt
from tests.support.identity_provider import Running, provider
from tests.unit.gateway.signin.browser import Browser, query_of

ORIGIN = "https://gateway.test"
OFFICER = "olu.officer@norwich.test"


@pytest.fixture(scope="module")
def idp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with provider(tmp_path_factory.mktemp("identity"), "--redirect-base", ORIGIN) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'main.db'}"
    else:
        fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
        url = fresh()
    database = Database(url)
    tables = [SQLModel.metadata.tables[row.__tablename__] for row in (SessionRow, SignInAttempt)]
    SQLModel.metadata.create_all(database.writer, tables)
    yield database
    database.close()


@pytest.fixture
async def calls() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def at(idp: Running, calls: aiohttp.ClientSession) -> Provider:
    client = Client(idp.url, WEB_CLIENT, f"{ORIGIN}/signin/callback", secret_of(WEB_CLIENT))
    return Provider(client, AiohttpCalls(calls), SystemClock())


def gateway(database: Database, provider: Provider) -> tuple[FastAPI, SignInStore]:
    async def admitted(kind: Kind, person: SignedIn) -> str:
        return f"{kind}-of-{person.subject}"

    store, clock = SignInStore(database), SystemClock()
    signin = SignIn(
        origin=ORIGIN,
        providers={"portal": provider, "console": provider},
        attempts=Attempts(store, clock),
        sessions=Sessions(store, clock),
        on_signed_in=admitted,
    )
    app = FastAPI()
    app.include_router(build_router(signin))

    async def who(request: Request, kind: Kind) -> list[str | None]:
        session = await signin.current(request, kind)
        return (
            []
            if session is None
            else [session.subject, session.assurance, session.organisation, session.csrf]
        )

    app.add_api_route("/who/{kind}", who)
    return app, store


async def typed(calls: aiohttp.ClientSession, address: str, username: str) -> str:
    """Type an account into the provider's page; where it sends the browser."""
    form = {"username": username, "password": SANDBOX_PASSWORD}
    async with calls.post(address, data=form, allow_redirects=False) as answer:
        assert answer.status in {302, 303}, await answer.text()
        return answer.headers["Location"]


@pytest.mark.parametrize(("door", "assurance"), [("portal", "P9"), ("console", "staff-password")])
async def test_both_doors_work_with_a_real_provider_on_both_databases(
    database: Database, idp: Running, calls: aiohttp.ClientSession, door: Kind, assurance: str
) -> None:
    username = residents()[0].username if door == "portal" else OFFICER
    app, store = gateway(database, at(idp, calls))
    browser = Browser(app)
    started = await browser.get(f"/signin/{door}?{urlencode({'return': f'/{door}/history'})}")
    back = await typed(calls, started.header("location"), username)
    assert back.startswith(f"{ORIGIN}/signin/callback?")
    reply = await browser.get(back.removeprefix(ORIGIN))
    assert (reply.status, reply.header("location")) == (303, f"/{door}/history"), reply.text
    subject, told, organisation, csrf = (
        (await browser.get(f"/who/{door}")).text.strip("[]").replace('"', "").split(",")
    )
    assert subject.startswith(f"{door}-of-")
    assert (told, organisation) == (assurance, "null" if door == "portal" else "norwich-city-council")
    # The same answer again, from the same browser: it is signed in already, and nothing else happens.
    assert (await browser.get(back.removeprefix(ORIGIN))).header("location") == f"/{door}/"
    out = await browser.post("/signin/out", {"csrf": csrf})
    async with calls.get(out.header("location"), allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{ORIGIN}/{door}/signed-out"
    assert (await browser.get(f"/who/{door}")).text == "[]"
    store.close()


async def test_a_provider_s_rotated_key_is_found(idp: Running, calls: aiohttp.ClientSession) -> None:
    provider = at(idp, calls)
    secrets = Secrets()
    back = await typed(calls, await provider.authorization_url(secrets), OFFICER)
    assert (await provider.sign_in(query_of(back)["code"], secrets)).role == "officer"
    async with calls.post(f"{idp.url}/_sandbox/rotate-keys", json={"retire": True}) as answer:
        assert answer.status == 200
    fresh, secrets = at(idp, calls), Secrets()
    back = await typed(calls, await fresh.authorization_url(secrets), OFFICER)
    assert (await fresh.sign_in(query_of(back)["code"], secrets)).organisation == "norwich-city-council"


async def test_a_provider_that_is_gone_is_named_without_its_address(calls: aiohttp.ClientSession) -> None:
    client = Client("http://127.0.0.1:9", WEB_CLIENT, f"{ORIGIN}/signin/callback")
    with pytest.raises(ProviderError, match="cannot be reached") as caught:
        await Provider(client, AiohttpCalls(calls), SystemClock()).authorization_url(Secrets())
    assert "127.0.0.1" not in str(caught.value)
