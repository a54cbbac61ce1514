"""Signing in and out in a real Chromium, over plain http on loopback: the cookies, the redirects, the pages that say no."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from sqlmodel import SQLModel

from adapters.sandbox.identity_provider.accounts import SANDBOX_PASSWORD, residents
from adapters.sandbox.identity_provider.clients import WEB_CLIENT, secret_of
from core.clock import SystemClock
from core.pages.static_files import STATIC_PATH, static_app
from core.storage import Database
from gateway.signin.attempts import Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.cookies import Cookies, loopback_cookies
from gateway.signin.errors import NotAdmittedError
from gateway.signin.http import AiohttpCalls
from gateway.signin.kinds import KINDS, Kind
from gateway.signin.oidc import Client, Provider
from gateway.signin.routes import build_router
from gateway.signin.service import SignIn
from gateway.signin.sessions import Sessions
from gateway.signin.store import SignInStore
from gateway.signin.tables import SessionRow, SignInAttempt
from gateway.web.headers import HeaderRules, SecurityHeaders
from tests.conftest import ROOT, Parts
from tests.support.identity_provider import provider
from tests.support.picturing import pictured

SHOTS = ROOT / ".var" / "screenshots"
OFFICER = "olu.officer@norwich.test"
LONG = "Organizacja, dla której pracujesz, nie uczestniczy w przedsięwzięciu Najwszechstronniejszychwspółodpowiedzialności."


def app_of(database: Database, issuer: str, origin: str, cookies: Cookies) -> FastAPI:
    """A gateway with its doors, and one page behind each with the form that signs out."""
    parts: dict[str, SignIn] = {}

    async def admitted(_kind: Kind, person: SignedIn) -> str:
        if person.role == "officer" and "petra" in person.subject:
            raise NotAdmittedError(LONG)
        return person.subject

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as calls:
            client = Client(issuer, WEB_CLIENT, f"{origin}/signin/callback", secret_of(WEB_CLIENT))
            clock, store = SystemClock(), SignInStore(database)
            signin = parts["signin"] = SignIn(
                origin=origin,
                providers=dict.fromkeys(KINDS, Provider(client, AiohttpCalls(calls), clock)),
                attempts=Attempts(store, clock),
                sessions=Sessions(store, clock),
                on_signed_in=admitted,
                cookies=cookies,
            )
            app.include_router(build_router(signin))
            yield
            store.close()

    app = FastAPI(lifespan=lifespan)
    app.mount(STATIC_PATH, static_app())

    async def page(request: Request, kind: Kind) -> HTMLResponse:
        session = await parts["signin"].current(request, kind)
        if session is None:
            return HTMLResponse("<title>nobody</title>")
        form = f'<form method="post" action="/signin/out"><input type="hidden" name="csrf" value="{session.csrf}">'
        return HTMLResponse(f"<title>{kind}</title>{form}<button>Sign out</button></form>")

    async def signed_out(kind: Kind) -> HTMLResponse:
        return HTMLResponse(f"<title>{kind} signed out</title>")

    app.add_api_route("/{kind}/", page, response_model=None)
    app.add_api_route("/{kind}/signed-out", signed_out, response_model=None)
    app.add_middleware(SecurityHeaders, rules=HeaderRules(form_targets=(issuer,)))
    return app


@contextmanager
def gateway(folder: Path, *, insecure: bool = False) -> Iterator[str]:
    """A running gateway and its provider; gives the gateway's origin."""
    listening = socket.create_server(("127.0.0.1", 0))
    origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    database = Database(f"sqlite:///{folder / 'main.db'}")
    tables = [SQLModel.metadata.tables[row.__tablename__] for row in (SessionRow, SignInAttempt)]
    SQLModel.metadata.create_all(database.writer, tables)
    with provider(folder, "--redirect-base", origin) as idp:
        cookies = loopback_cookies("127.0.0.1") if insecure else Cookies()
        app = app_of(database, idp.url, origin, cookies)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield origin
        finally:
            server.should_exit = True
            thread.join(20)
            listening.close()
            database.close()


@pytest.fixture(scope="module")
def player() -> Iterator[Playwright]:
    with sync_playwright() as player:
        yield player


@pytest.fixture(scope="module")
def chromium(player: Playwright, parts: Parts) -> Iterator[Browser]:
    browser = player.chromium.launch(
        executable_path=parts.chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    yield browser
    browser.close()


def sign_in(page: Page, address: str, username: str) -> None:
    page.goto(address)
    page.get_by_label("Account").select_option(username)
    page.get_by_label("Sandbox password").fill(SANDBOX_PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def cookies_of(page: Page, origin: str) -> dict[str, dict[str, object]]:
    return {str(cookie["name"]): dict(cookie) for cookie in page.context.cookies(origin)}


@pytest.mark.parametrize("insecure", [False, True], ids=["secure", "insecure"])
@pytest.mark.parametrize("door", KINDS)
def test_a_person_signs_in_and_out_without_scripts(
    tmp_path: Path, chromium: Browser, door: Kind, insecure: bool
) -> None:
    name = "oncetold" if insecure else "__Host-oncetold"
    username = residents()[0].username if door == "portal" else OFFICER
    with gateway(tmp_path, insecure=insecure) as origin:
        page = chromium.new_context(java_script_enabled=False).new_page()
        # By the machine's other name, as a person might type it.
        sign_in(page, f"{origin.replace('127.0.0.1', 'localhost')}/signin/{door}", username)
        page.wait_for_url(f"{origin}/{door}/")
        expect(page).to_have_title(door)
        [cookie] = cookies_of(page, origin).values()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (
            name, True, not insecure, "Lax", "/",
        )  # fmt: skip
        # Chromium sends our own origin with the form: with `Referrer-Policy: no-referrer` it would send `null`.
        with page.expect_request(f"{origin}/signin/out") as posted:
            page.get_by_role("button", name="Sign out").click()
        assert posted.value.all_headers()["origin"] == origin
        page.wait_for_url(f"{origin}/{door}/signed-out")
        assert cookies_of(page, origin) == {}
        page.goto(f"{origin}/{door}/")
        expect(page).to_have_title("nobody")


@pytest.mark.parametrize("width", [320, 1280])
def test_the_pages_that_say_no_are_accessible_and_fit_the_window(
    tmp_path: Path, chromium: Browser, width: int
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)

    def look(page: Page, name: str, title: str) -> None:
        expect(page).to_have_title(re.compile("^" + re.escape(title)))
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        pictured(page, path=SHOTS / f"sign-in-{name}-{width}.png")

    with gateway(tmp_path) as origin:
        page = chromium.new_context(viewport={"width": width, "height": 800}).new_page()
        page.goto(f"{origin}/signin/callback?code=x&state=y")
        look(page, "start-again", "You are not signed in")
        sign_in(page, f"{origin}/signin/console", residents()[0].username)
        page.wait_for_url(f"{origin}/signin/callback?*")
        look(page, "not-admitted", "You cannot come in here")
        sign_in(page, f"{origin}/signin/console", "petra.officer@wensum.test")
        page.wait_for_url(f"{origin}/signin/callback?*")
        look(page, "long-words", "You cannot come in here")
        page.goto(f"{origin}/signin/nothing")
        look(page, "not-found", "We cannot find this page")
