"""The smoke's own browser and partner against a small real server, and what they say when nobody answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from audit.errors import VerificationError
from audit.note import Signer
from gateway.demo.layout import Addresses, DemoError, Layout
from gateway.demo.tokens import token_of_practitioner, token_of_source
from gateway.smoke import run
from gateway.smoke.browser import BrowseError, Browser, sign_in
from gateway.smoke.partner import Partner
from gateway.smoke.run import run_smoke
from gateway.smoke.story import Story, StoryError
from tests.support.house import ORIGIN, SEED
from tests.unit.gateway.composed import ADDRESSES

DOOR = '<a href="/about">About</a><a href="/signin/portal">Sign in</a>'
LOG_IN = '<form method="post"><input type="hidden" name="ticket" value="7"><input name="username"></form>'


async def _seen(request: web.Request) -> web.Response:
    """Tells what the browser sent."""
    form = await request.post()
    told = {"cookie": request.headers.get("Cookie", ""), "origin": request.headers.get("Origin", "")}
    return web.json_response({**told, "form": dict(form), "method": request.method})


async def _cookie(_request: web.Request) -> web.Response:
    answer = web.Response(status=303, headers={"Location": "/seen"})
    answer.set_cookie("session", "s1", secure=True, httponly=True)
    return answer


async def _round(_request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/round"})


def _page(text: str, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=text, status=status, content_type="text/html")

    return answer


async def _view(request: web.Request) -> web.Response:
    body = {"asked": await request.json(), "token": request.headers["Authorization"], "person": "handle"}
    return web.json_response(body, headers={"X-Mixed-Case": "yes"})


@pytest.fixture
async def server() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/seen", _seen)
    app.router.add_route("*", "/cookie", _cookie)
    app.router.add_route("*", "/round", _round)
    app.router.add_get("/door", _page(DOOR, 403))
    app.router.add_get("/open", _page(DOOR))
    app.router.add_get("/locked", _page("<p>no</p>", 403))
    app.router.add_get("/signin/portal", _page(LOG_IN))
    app.router.add_post("/signin/portal", _seen)
    app.router.add_post("/v1/views", _view)
    app.router.add_post("/v1/people/trace", _view)
    app.router.add_post("/_sandbox/fault", _page("no", 500))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def test_a_secure_cookie_is_kept_on_loopback_and_a_redirect_followed_without_the_form(
    server: str,
) -> None:
    async with Browser() as browser:
        page = await browser.post(f"{server}/cookie", {"name": "value"})
        assert page.url == f"{server}/seen"
        assert '"cookie": "session=s1"' in page.text
        assert '"method": "GET"' in page.text
        assert '"form": {}' in page.text
        elsewhere = await browser.get(server.replace("127.0.0.1", "localhost") + "/seen")
        assert '"cookie": ""' in elsewhere.text


async def test_a_form_is_sent_with_its_origin(server: str) -> None:
    async with Browser() as browser:
        page = await browser.post(f"{server}/seen", [("kind", "a")])
    assert f'"origin": "{server}"' in page.text
    assert '"form": {"kind": "a"}' in page.text


async def test_a_page_that_answers_an_error_is_told_by_its_path_alone(server: str) -> None:
    async with Browser() as browser:
        with pytest.raises(BrowseError, match=r"^/locked answered 403$"):
            await browser.get(f"{server}/locked?secret=1")
        with pytest.raises(BrowseError, match=r"^/nowhere answered 404 to a form$"):
            await browser.post(f"{server}/nowhere?secret=1", {})
        with pytest.raises(BrowseError, match=r"^/round: redirected without end$"):
            await browser.get(f"{server}/round")


async def test_signing_in_goes_by_the_doors_link_and_takes_the_hidden_fields_along(server: str) -> None:
    async with Browser() as browser:
        page = await sign_in(browser, f"{server}/door", "ada", "secret")
    assert '"form": {"ticket": "7", "username": "ada", "password": "secret"}' in page.text


@pytest.mark.parametrize("door", ["open", "locked"])
async def test_a_door_that_does_not_ask_to_sign_in_is_no_door(server: str, door: str) -> None:
    async with Browser() as browser:
        with pytest.raises(BrowseError, match=f"/{door}: does not ask to sign in"):
            await sign_in(browser, f"{server}/{door}", "ada", "secret")


async def test_a_form_that_is_not_on_the_page_is_missed(server: str) -> None:
    async with Browser() as browser:
        page = await browser.get(f"{server}/signin/portal")
    assert page.form("/signin/") == (f"{server}/signin/portal", {"ticket": "7"})
    with pytest.raises(BrowseError, match="no form for /elsewhere"):
        page.form("/elsewhere")


async def test_a_partner_asks_with_its_token_and_checks_receipts_with_the_public_key(server: str) -> None:
    key = Signer(ORIGIN, SEED).verifier_key
    async with aiohttp.ClientSession() as session:
        partner = Partner(session, server, "token", key)
        assert await partner.handle("9990000018") == "handle"
        answer = await partner.view("handle", "early-help-triage", ["tenancy"])
        whole = await partner.view("handle", "early-help-triage")
    assert answer.body["token"] == "Bearer token"
    assert answer.body["asked"]["sections"] == ["tenancy"]
    assert "sections" not in whole.body["asked"]
    assert answer.headers["x-mixed-case"] == "yes"
    forged = replace(answer, body={"receipt": {"proof": "none", "leaf": "AAAA"}})
    with pytest.raises(VerificationError):
        partner.verify(forged)


async def test_a_sandbox_that_takes_no_fault_or_gives_no_log_ends_the_story(server: str) -> None:
    async with aiohttp.ClientSession() as session, Browser() as browser:
        partner = Partner(session, server, "token", Signer(ORIGIN, SEED).verifier_key)
        addresses = replace(ADDRESSES, gateway=server, council=server)
        story = Story(addresses, lambda _: None, session, partner, browser, "handle")
        with pytest.raises(StoryError, match="answered 500 to a fault"):
            await run._fault(story, "down")
        with pytest.raises(StoryError, match="/log/checkpoint answered 404"):
            await run._log_verifies(story)


@pytest.fixture
def stopped(tmp_path: Path) -> Layout:
    """A demonstration that was stopped: its addresses are still there, nobody listens."""
    nobody = "http://127.0.0.1:1"
    layout = Layout(tmp_path)
    Addresses(nobody, nobody, nobody, nobody, "charity").write(layout.addresses)
    return layout


def test_a_demonstration_that_was_stopped_is_said_to_be(stopped: Layout) -> None:
    with pytest.raises(StoryError, match="is `make run` still running"):
        run_smoke(stopped, lambda _: None)
    with pytest.raises(DemoError, match="is `make run` still running"):
        token_of_practitioner(stopped, "hal.triage@norfolk.test")
    with pytest.raises(DemoError, match="is `make run` still running"):
        token_of_source(stopped, "harbour-charity")
