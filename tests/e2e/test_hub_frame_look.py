"""The hub's own frame in a real Chromium at 320 and 1280 px: signing in that fails, signing out, errors, no team.

Screenshots go to .var/screenshots.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi import APIRouter, Request, Response
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.demo.layout import choose_ports
from hub.gateway import GatewayAwayError
from hub.pages.routing import PageRouter
from tests.conftest import Parts
from tests.e2e.test_hub_look import House
from tests.e2e.test_pages_look import WIDTHS, judge
from tests.unit.hub.fakes import ISSUER, Desk, hub_in

EMPLOYER = "/sign-in/age-well-norfolk?back=/interact"


def failing(desk: Desk) -> APIRouter:
    """Two pages that cannot be made: by a mistake of ours, and because the gateway is away."""
    router = PageRouter(desk.hub.parts.pages)

    @router.page("/broken")
    async def broken(_: Request) -> Response:
        raise RuntimeError("on purpose")

    @router.page("/away")
    async def away(_: Request) -> Response:
        raise GatewayAwayError("on purpose")

    return router


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = choose_ports(lambda _: None, {"hub": 24_300})["hub"]
    desk = hub_in(tmp_path_factory.mktemp("hub"), loopback=f"http://127.0.0.1:{port}")
    # In front of the page for whatever is nowhere.
    desk.hub.app.router.routes[:0] = failing(desk).routes
    server = uvicorn.Server(
        uvicorn.Config(desk.hub.app, host="127.0.0.1", port=port, log_level="warning", ws="none")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the hub did not start"
        assert time.monotonic() < deadline, "the hub did not start in time"
        time.sleep(0.05)
    yield House(desk, f"http://127.0.0.1:{port}", "", {})
    server.should_exit = True
    thread.join(30)
    desk.hub.parts.database.close()


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


def opened(
    chromium: Browser, house: House, width: int, organisation: str = "", role: str = "social-prescriber"
) -> Page:
    """A window in which somebody of the organisation is signed in; nobody where it is empty."""
    context = chromium.new_context(base_url=house.address, viewport={"width": width, "height": WIDTHS[width]})
    if organisation:
        cookies = house.desk.sign_in(organisation, role).cookies
        context.add_cookies([{"name": n, "value": v, "url": house.address} for n, v in cookies.items()])
    return context.new_page()


def shown(page: Page, name: str, width: int, answer: str) -> None:
    """The answer is to be seen at once, and the page is held to the rules of every page."""
    box = page.get_by_text(answer).first.bounding_box()
    assert box is not None
    assert box["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_sign_in_of_another_window_begins_again(chromium: Browser, house: House, width: int) -> None:
    page = opened(chromium, house, width)
    page.goto("/signed-in?state=of-another-window&code=c")
    shown(page, "hub-sign-in-again", width, "Please start again.")


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_who_stops_signing_in_is_told_that_they_are_not(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width)
    off = page.context.request.get(EMPLOYER, max_redirects=0)
    state = parse_qs(urlsplit(off.headers["location"]).query)["state"][0]
    page.goto(f"/signed-in?state={state}&error=access_denied")
    shown(page, "hub-sign-in-declined", width, "You stopped signing in")


@pytest.fixture
def employer_away(house: House) -> Iterator[Desk]:
    """The employer's sign-in does not answer at the step that needs its token."""
    known = house.desk.service.fetched.pop(f"{ISSUER}/token")
    yield house.desk
    house.desk.service.fetched[f"{ISSUER}/token"] = known


@pytest.mark.usefixtures("employer_away")
@pytest.mark.parametrize("width", WIDTHS)
def test_an_employer_whose_sign_in_is_away_is_named_as_that(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width)
    off = page.context.request.get(EMPLOYER, max_redirects=0)
    state = parse_qs(urlsplit(off.headers["location"]).query)["state"][0]
    page.goto(f"/signed-in?state={state}&code=c&iss={ISSUER}")
    shown(page, "hub-sign-in-away", width, "does not answer right now")


@pytest.mark.parametrize("width", WIDTHS)
def test_signing_out_says_what_to_do_on_a_shared_device(chromium: Browser, house: House, width: int) -> None:
    page = opened(chromium, house, width, "age-well-norfolk")
    page.goto("/interact")
    page.get_by_role("button", name="Sign out").click()
    shown(page, "hub-signed-out", width, "close the window now")


@pytest.mark.parametrize("width", WIDTHS)
def test_whoever_is_in_no_team_is_told_whom_to_ask(chromium: Browser, house: House, width: int) -> None:
    page = opened(chromium, house, width, "wensum-valley-practice", "gp")
    page.goto("/")
    shown(page, "hub-home-no-team", width, "You are not in any team here yet.")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_form_that_is_not_of_this_session_changed_nothing(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width, "age-well-norfolk")
    page.goto("/interact")
    page.evaluate("document.querySelector('input[name=csrf]').value = 'of-another-session'")
    page.get_by_role("button", name="Sign out").click()
    shown(page, "hub-error-403", width, "Nothing was changed.")


@pytest.mark.parametrize("width", WIDTHS)
def test_what_cannot_be_read_changed_nothing(chromium: Browser, house: House, width: int) -> None:
    page = opened(chromium, house, width, "age-well-norfolk")
    page.goto("/interact")
    page.evaluate("document.querySelector('form').enctype = 'multipart/form-data'")
    page.get_by_role("button", name="Sign out").click()
    shown(page, "hub-error-400", width, "Nothing was changed.")


@pytest.mark.parametrize(
    ("address", "name", "answer"),
    [
        ("/broken", "hub-error-500", "This is our mistake"),
        ("/away", "hub-error-503", "What your team wrote here is safe."),
        ("/nowhere", "hub-error-404", "The address may be wrong"),
    ],
)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_that_cannot_be_shown_says_whose_fault_it_is(
    chromium: Browser, house: House, address: str, name: str, answer: str, width: int
) -> None:
    page = opened(chromium, house, width, "age-well-norfolk")
    page.goto(address)
    shown(page, name, width, answer)
