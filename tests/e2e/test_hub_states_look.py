"""INTERACT's pages in the states that come seldom, in a real Chromium at 320 and 1280 px: nothing there yet, a link that
was used, and a referral in each state that its sender can find it in. Screenshots go to .var/screenshots.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.demo.layout import choose_ports
from hub.gateway import GatewayRefusedError, TokenNotGoodError
from tests.conftest import Parts
from tests.e2e.test_hub_look import LONG, House, Shown
from tests.e2e.test_pages_look import WIDTHS, judge
from tests.unit.hub.fakes import PARTNERS, Call, Desk, hub_in
from tests.unit.hub.interact.making import FORM, SENT, listed

ROOM = "/interact"
STATES = ("collected", "accepted", "refused", "closed", "withdrawn", "expired")
PAGES = (
    Shown("hub-team-none", ROOM, "Nobody is waiting for the team at the moment."),
    Shown("hub-finished-none", f"{ROOM}/finished", "Nothing is finished yet."),
    Shown("hub-links-none", f"{ROOM}/links", "Give a link to somebody without an account"),
    Shown("hub-referral-collected", "{collected}", "decides whether it takes it on"),
    Shown("hub-referral-accepted", "{accepted}", "The team works on it."),
    Shown("hub-referral-refused", "{refused}", "The team did not take it on"),
    Shown("hub-referral-closed", "{closed}", "The council must help with housing"),
    Shown("hub-referral-withdrawn", "{withdrawn}", "Nobody may look under it any more."),
    Shown("hub-referral-expired", "{expired}", "Nobody fetched it within 28 days"),
    Shown("hub-referral-failed", "{failed}", "What you wrote is deleted here."),
    Shown("hub-referral-sign-in", "{signing}", "Sign in again, and it goes at once."),
    Shown("hub-referrals-many", f"{ROOM}/referrals", "Referrals that you sent"),
)


async def furnish(desk: Desk) -> tuple[str, dict[str, str]]:
    """One referral in each state; gives the signed-in cookie and where each is."""
    answers, places = desk.gateway.answers, dict[str, str]()
    joy = desk.sign_in()
    for at, state in enumerate(STATES):
        answers["POST /v1/referrals"] = {**SENT, "id": f"ref_{at:024d}"}
        told = await desk.post(joy, f"{ROOM}/refer", **{**FORM, "name": LONG if at == 0 else "Mary Sandbox"})
        places[state] = told.headers["location"]

    def boxes(call: Call) -> dict[str, object]:
        found = [
            listed(
                state,
                name=f"ref_{at:024d}",
                reason="full" if state == "refused" else None,
                outcomes=["advice-given", "housing-duty-owed", "moved"] if state == "closed" else None,
            )
            for at, state in enumerate(STATES)
        ]
        return {"referrals": found if call.query["box"] == "out" else [], "next": None}

    answers["GET /v1/referrals"] = boxes
    await desk.hub.background.look()
    for state, problem in (
        ("failed", GatewayRefusedError(403, "no-agreement", "none")),
        ("signing", TokenNotGoodError("expired")),
    ):
        answers["POST /v1/referrals"] = problem
        places[state] = (await desk.post(joy, f"{ROOM}/refer", **FORM)).headers["location"]
    return joy.cookies["hub-session"], places


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = choose_ports(lambda _: None, {"hub": 24_500})["hub"]
    address = f"http://127.0.0.1:{port}"
    desk = hub_in(tmp_path_factory.mktemp("hub"), partners=PARTNERS, loopback=address)
    # Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        cookie, places = elsewhere.submit(lambda: asyncio.run(furnish(desk))).result()
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
    yield House(desk, address, cookie, places)
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


def opened(chromium: Browser, house: House, width: int, cookie: str) -> Page:
    context = chromium.new_context(base_url=house.address, viewport={"width": width, "height": WIDTHS[width]})
    if cookie:
        context.add_cookies([{"name": "hub-session", "value": cookie, "url": house.address}])
    return context.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_state_says_at_once_what_is_true_and_passes_axe(
    chromium: Browser, house: House, shown: Shown, width: int
) -> None:
    page = opened(chromium, house, width, house.cookie)
    page.goto(shown.address.format(**house.places))
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_who_has_referred_nobody_sees_where_to_begin(
    chromium: Browser, house: House, width: int
) -> None:
    new = house.desk.sign_in(name="Nell Newcome", subject="nell").cookies["hub-session"]
    page = opened(chromium, house, width, new)
    page.goto(f"{ROOM}/referrals")
    assert page.get_by_text("You have not referred anybody yet.").is_visible()
    judge(page, "hub-referrals-none", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_one_time_form_says_what_is_missing_and_once_sent_that_it_arrived(
    chromium: Browser, house: House, width: int
) -> None:
    team = opened(chromium, house, width, house.cookie)
    team.goto(f"{ROOM}/links")
    team.get_by_label("Whom do you give it to?").fill("The library")
    team.get_by_role("button", name="Make a link").click()
    found = re.search(r"/interact/tell/[A-Za-z0-9_-]+", team.content())
    assert found is not None
    team.context.close()
    page = opened(chromium, house, width, "")
    page.goto(found[0])
    page.get_by_label("Your name, and where you work or help").fill("Sam, lunch club")
    page.get_by_role("button", name="Send it to the team").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Your name, and where you work or help")).to_have_value("Sam, lunch club")
    judge(page, "hub-tell-errors", width)
    page.get_by_label("Yes, they agreed to this").check()
    page.get_by_label("They said it to me").check()
    page.get_by_label("Yes", exact=True).check()
    page.get_by_label("Name", exact=True).fill("Mary Sandbox")
    page.get_by_label("Why do they need help?").fill("A cold house")
    page.get_by_label("Within a week").check()
    page.locator("input[name=team]").first.check()
    page.get_by_role("button", name="Send it to the team").click()
    assert page.get_by_role("heading", name="The team has it").is_visible()
    judge(page, "hub-link-done", width)
    page.context.close()
