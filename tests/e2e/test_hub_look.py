"""The team hub's pages in a real Chromium at 320 and 1280 px: nothing too wide, nothing that axe finds, no script.

The gateway is a fake that answers JSON; cases are made by the hub itself. Screenshots go to .var/screenshots.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.demo.layout import choose_ports
from hub.interact.tables import Case
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, judge
from tests.unit.hub.fakes import PARTNERS, Call, Desk, hub_in
from tests.unit.hub.interact.making import FORM, SENT, full, inbox_of, listed, rows

LONG = "Konstantynopolitańczykowianeczka Wielokropkowska-Przezdziecka"
ORGANISATION = "The Norfolk and Waveney Integrated Homes and Health Partnership"
NAMES = ("Mary Sandbox", LONG, "Edward Testman", "Ivy Sample", "Sam Stopped", "Olive Finished")


@dataclass(frozen=True, slots=True)
class House:
    """A hub that is served, a signed-in team member's cookie, and the addresses of what was made."""

    desk: Desk
    address: str
    cookie: str
    places: dict[str, str]


def view(call: Call) -> dict[str, Any]:
    def section(name: str, source: str, data: dict[str, Any]) -> dict[str, Any]:
        at = "2026-11-20T10:00:00Z"
        return {"section": name, "source": source, "as_of": at, "basis": {}, "data": data}

    return {
        "purpose": call.body["purpose"],
        "sections": [
            section("contact", "wensum-valley-practice", {"preferred_channel": "telephone"}),
            section(
                "home-condition",
                "norwich-city-council",
                {
                    "open_repairs": [
                        {"category": "damp", "priority": "urgent", "reported_on": "2026-10-01"},
                        {"category": "windows", "priority": "routine", "reported_on": "2026-09-12"},
                    ],
                    "damp_and_mould": "reported",
                },
            ),
            section(
                "health-summary",
                "wensum-valley-practice",
                {"allergies": ["Penicillin"], "conditions": ["COPD"]},
            ),
            section(
                "support-plan", "age-well-norfolk", {"category": "Social prescribing", "status": "active"}
            ),
        ],
        "unavailable": [],
        "notice": "What is not shown may still exist: not shown does not mean none.",
    }


async def furnish(desk: Desk) -> tuple[str, dict[str, str]]:
    """Cases in every state; gives the signed-in cookie and where each is."""
    answers = desk.gateway.answers
    waiting = [
        {
            **full(),
            "id": f"ref_{at:024d}",
            "content": {**full()["content"], "about": {**full()["content"]["about"], "name": name}},
        }
        for at, name in enumerate(NAMES)
    ]
    answers |= {"GET /v1/sections": [], "POST /v1/views": view, "POST /v1/referrals": SENT}
    answers["GET /v1/referrals"] = inbox_of(*waiting)
    for one in waiting:
        answers[f"GET /v1/referrals/{one['id']}"] = one
        for step in ("collection", "acceptance", "refusal", "closing"):
            answers[f"POST /v1/referrals/{one['id']}/{step}"] = listed()
    await desk.hub.background.look()
    answers["GET /v1/referrals"] = inbox_of(listed("withdrawn", name=str(waiting[4]["id"])))
    await desk.hub.background.look()
    joy = desk.sign_in()
    page = (await joy.get("/interact")).text
    found = re.findall(r'href="(/interact/cases/[^"]+)">([^<]+)<', page)
    by_name = {name: place for place, name in found}
    busy, late, done = by_name["Mary Sandbox"], by_name["Edward Testman"], by_name["Olive Finished"]
    for place in (busy, late, done, by_name["Ivy Sample"]):
        await desk.post(joy, f"{place}/taking-on")
    task = {"owner": "Housing specialist", "due-month": "11", "due-year": "2026"}
    for place, what, day in (
        (busy, "Ask the landlord for a damp survey before the winter", "28"),
        (busy, "Ring the breathing clinic", "23"),
        (late, "Bring the form for the stairlift", "20"),
    ):
        await desk.post(joy, f"{place}/tasks", what=what, **{**task, "due-day": day})
    await desk.post(joy, f"{busy}/plan", goals="Sleep in a dry bedroom\nWalk to the garden", status="active")
    await desk.post(joy, f"{busy}/helpers", who="Her sister Jean", what="Shops on Fridays")
    seen = dict.fromkeys(("tenure", "repair", "damp", "medicines"), "yes")
    seen |= dict.fromkeys(("overcrowding", "under-occupation"), "no")
    seen |= dict.fromkeys(("adaptations", "breathing"), "not-seen")
    await desk.post(
        joy, f"{busy}/visits", **seen, **{"damp-note": "Behind the wardrobe, an arm's length wide"}
    )
    await desk.post(joy, f"{busy}/measures", moment="before", home="2", health="3", money="5")
    await desk.post(joy, f"{busy}/measures", moment="after", home="7")
    await desk.post(joy, f"{done}/closing", outcomes="adapted", note="Rails at the front door.")
    sent = (await desk.post(joy, "/interact/refer", **FORM)).headers["location"]
    desk.gateway.away = True
    kept = (await desk.post(joy, "/interact/refer", **{**FORM, "name": LONG})).headers["location"]
    desk.gateway.away = False
    await desk.post(joy, "/interact/links", for_whom="St Anne's lunch club")
    link = (await desk.post(joy, "/interact/links", for_whom="The library")).text
    secret = re.search(r"/interact/tell/([A-Za-z0-9_-]+)", link)
    assert secret is not None
    places = {
        "busy": busy,
        "new": by_name[LONG],
        "stopped": by_name["Sam Stopped"],
        "closed": done,
        "sent": sent,
        "kept": kept,
        "tell": f"/interact/tell/{secret[1]}",
    }
    assert len(rows(desk, Case)) == len(NAMES)
    return joy.cookies["hub-session"], places


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = choose_ports(lambda _: None, {"hub": 24_100})["hub"]
    address = f"http://127.0.0.1:{port}"
    partners = {**PARTNERS, "organisations": [*PARTNERS["organisations"]]}
    partners["organisations"][0] = {**PARTNERS["organisations"][0], "title": ORGANISATION}
    desk = hub_in(tmp_path_factory.mktemp("hub"), partners=partners, loopback=address)
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


def opened(chromium: Browser, house: House, width: int, *, signed_in: bool = True) -> Page:
    context = chromium.new_context(base_url=house.address, viewport={"width": width, "height": WIDTHS[width]})
    if signed_in:
        context.add_cookies([{"name": "hub-session", "value": house.cookie, "url": house.address}])
    return context.new_page()


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its picture's name, its address (`{name}` is one of the house's places), the answer to be seen at once."""

    name: str
    address: str
    answer: str
    signed_in: bool = True


PAGES = (
    Shown("hub-sign-in-needed", "/", "We need to know who you are", signed_in=False),
    Shown("hub-sign-in", "/sign-in", "You sign in with your employer's account.", signed_in=False),
    Shown("hub-home", "/", "People whose home makes them ill"),
    Shown("hub-kept", "/what-is-kept", "The hub keeps what a team wrote itself"),
    Shown("hub-404", "/nowhere", "The address may be wrong"),
    Shown("hub-team", "/interact", "To look at first"),
    Shown("hub-case-busy", "{busy}", "Joy Alder, Social prescriber, leads."),
    Shown("hub-case-new", "{new}", "Nobody has taken it on yet."),
    Shown("hub-case-stopped", "{stopped}", "Nobody may look any more."),
    Shown("hub-case-closed", "{closed}", "Closed 23 November 2026"),
    Shown("hub-task", "{busy}/tasks", "What is to be done?"),
    Shown("hub-helper", "{busy}/helpers", "Write down what the person told you."),
    Shown("hub-visit", "{busy}/visits", "When was the visit?"),
    Shown("hub-measures", "{busy}/measures", "Read each sentence out."),
    Shown("hub-plan", "{busy}/plan", "What does the person want to reach?"),
    Shown("hub-closing", "{busy}/closing", "From then on nobody may look"),
    Shown("hub-refusal", "{new}/refusal", "Whoever referred them is told the reason."),
    Shown("hub-refer", "/interact/refer", "Who should get this?"),
    Shown("hub-referrals", "/interact/referrals", "Waiting to be sent"),
    Shown("hub-referral-sent", "{sent}", "It waits for the team, at most 28 days."),
    Shown("hub-referral-waiting", "{kept}", "What you wrote is safe here"),
    Shown("hub-links", "/interact/links", "Give a link to somebody without an account"),
    Shown("hub-tell", "{tell}", "This form can be sent once.", signed_in=False),
    Shown("hub-link-gone", "/interact/tell/nothing", "A link can be used once", signed_in=False),
    Shown("hub-finished", "/interact/finished", "The home was adapted"),
)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, house: House, shown: Shown, width: int
) -> None:
    page = opened(chromium, house, width, signed_in=shown.signed_in)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address.format(**house.places))
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_referral_with_errors_says_what_to_do_and_keeps_what_was_typed(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width)
    page.goto("/interact/refer")
    page.get_by_label("Why do they need help?").fill("A cold house")
    page.get_by_role("button", name="Send the referral").click()
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "hub-refer-errors", width)
    page.get_by_role("link", name="Select how soon the team should look").click()
    assert page.evaluate("document.activeElement.name") == "urgency"
    expect(page.get_by_label("Why do they need help?")).to_have_value("A cold house")
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_others_hold_stands_on_the_page_once_somebody_looks(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width)
    page.goto(house.places["busy"])
    page.get_by_role("button", name="Look at what others hold").click()
    expect(page.get_by_text("is kept nowhere here")).to_be_visible()
    judge(page, "hub-case-looked", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_link_is_made_and_shown_once(chromium: Browser, house: House, width: int) -> None:
    page = opened(chromium, house, width)
    page.goto("/interact/links")
    page.get_by_label("Whom do you give it to?").fill("The foodbank at the corner")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_text("Copy it now")).to_be_visible()
    judge(page, "hub-link", width)
    page.context.close()
