"""The front door's pages in a real Chromium at 320 and 1280 px: nothing too wide, nothing that axe finds, no script.

The gateway is a fake that answers JSON; concerns are made by the hub itself. Screenshots go to .var/screenshots.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.demo.layout import choose_ports
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, judge
from tests.unit.hub.fakes import Desk
from tests.unit.hub.front_door import house as made
from tests.unit.hub.front_door.test_duty import FORM as DUTY
from tests.unit.hub.front_door.test_routing import AGREED

LONG = "Konstantynopolitańczykowianeczka Wielokropkowska-Przezdziecka"


@dataclass(frozen=True, slots=True)
class House:
    """A hub that is served; cookies of who is signed in, by first name; addresses of what was made."""

    desk: Desk
    address: str
    cookies: dict[str, str]
    places: dict[str, str]


async def furnish(desk: Desk) -> tuple[dict[str, str], dict[str, str]]:
    """Concerns in every state."""
    wes, hal, xan, kit = made.triager(desk), made.county(desk), made.connector(desk), made.nurse(desk)
    busy = await made.an_item(desk, wes, themes="money", soon="urgent", name=LONG)
    mum = await made.with_person(desk, wes, busy, "9990000018", "Mum")
    son = await made.with_person(desk, hal, busy, "9990000026", "The older boy")
    day = {"next_on-day": "24", "next_on-month": "11", "next_on-year": "2026"}
    await desk.post(wes, f"{busy}/next", next_step="Ring on Tuesday before noon, leave no message", **day)
    await desk.post(wes, f"{busy}/services", need="money")
    await desk.post(wes, f"{busy}/refer/svc-debt", **AGREED)
    await desk.post(wes, f"{busy}/passed-on/svc-club")
    closed = await made.an_item(desk, wes, themes="food")
    await desk.post(wes, f"{closed}/close", outcome="connected")
    quiet = await made.an_item(desk, about="other", agreed="no", whose="mine", themes="safety")
    await made.an_item(desk, hal, themes="loneliness", soon="routine")
    said = [
        str(
            (await desk.post(xan, "/front-door/said/new", called=name, nhs_number="9990000018")).headers[
                "location"
            ]
        )
        for name in ("Ana", "Ben")
    ]
    check = said[0].removesuffix("/answer")
    await desk.post(xan, f"{check}/answer", decision="yes", kinds="helps")
    await desk.post(xan, f"{check}/how", how="in-person", when="now")
    await desk.post(kit, "/duty-to-refer", **DUTY)
    desk.gateway.answers["GET /v1/organisations"] = made.listed(
        norwich_acute_hospital=(),
        norwich_city_council=("duty-to-refer",),
        broadland_district_council=("duty-to-refer",),
        norfolk_advice=("agreed-referral",),
    )
    ada = made.officer(desk)
    came = made.told_of_ida(
        desk,
        name=LONG,
        safe_contact="Text first. Mornings only; the phone is shared",
        address="The day centre, 1 Made-up Row, Norwich",
        preferred_language="Polish",
        needs="An interpreter, and time",
    )
    in_hand, over = made.told_of_ida(desk, "e"), made.told_of_ida(desk, "f", urgency="soon")
    await desk.post(ada, f"{in_hand}/contacted")
    await desk.post(ada, f"{over}/refusal", reason="wrong-service")
    thanks = f"/concern/thanks/{made.all_items(desk)[0].reference}"
    places = {"busy": busy, "mum": mum, "son": son, "closed": closed, "quiet": quiet, "thanks": thanks}
    places |= {"said": said[1].removesuffix("/answer"), "check": check}
    places |= {"came": came, "in_hand": in_hand, "over": over}
    who = {"wes": wes, "xan": xan, "kit": kit, "ada": ada}
    return {name: browser.cookies["hub-session"] for name, browser in who.items()}, places


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    port = choose_ports(lambda _: None, {"hub": 24_300})["hub"]
    address = f"http://127.0.0.1:{port}"
    desk = made.front_door_in(tmp_path_factory.mktemp("hub"), address)
    # Playwright has an event loop of its own in this thread.
    with ThreadPoolExecutor(1) as elsewhere:
        cookies, places = elsewhere.submit(lambda: asyncio.run(furnish(desk))).result()
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
    yield House(desk, address, cookies, places)
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


def opened(chromium: Browser, house: House, width: int, who: str) -> Page:
    context = chromium.new_context(
        base_url=house.address,
        viewport={"width": width, "height": WIDTHS[width]},
    )
    if who:
        context.add_cookies([{"name": "hub-session", "value": house.cookies[who], "url": house.address}])
    return context.new_page()


@dataclass(frozen=True, slots=True)
class Shown:
    """A page: its picture's name, its address (`{name}` is one of the house's places), its answer, who is signed in.

    press: a button whose page is looked at.
    """

    name: str
    address: str
    answer: str
    who: str = "wes"
    press: str = ""


PAGES = (
    Shown("front-door-concern", "/concern", "One place for any worry", ""),
    Shown("front-door-concern-errors", "/concern", "There is a problem", "", "Send"),
    Shown("front-door-thanks", "{thanks}", "Your reference is", ""),
    Shown("front-door-list", "/front-door", "3 wait."),
    Shown("front-door-new", "/front-door/new", "Write as little as you can"),
    Shown("front-door-item", "{busy}", "You have it."),
    Shown("front-door-item-errors", "{busy}", "There is a problem", "wes", "Close it"),
    Shown("front-door-item-quiet", "{quiet}", "Nobody has it yet."),
    Shown("front-door-item-closed", "{closed}", "Closed on 23 November 2026"),
    Shown("front-door-person-new", "{busy}/people/new", "used once, to find the person"),
    Shown("front-door-person-find", "{son}/find", "used once, to find the person"),
    Shown("front-door-look", "{mum}/look", "You see only what Mum allows."),
    Shown("front-door-looked", "{mum}/look", "Norwich City Council says", "wes", "Look"),
    Shown("front-door-services", "{busy}/services", "What is needed?"),
    Shown("front-door-services-found", "{busy}/services", "What is needed?", "wes", "Find"),
    Shown("front-door-refer", "{busy}/refer/svc-debt", "Read this to the person"),
    Shown(
        "front-door-refer-errors", "{busy}/refer/svc-debt", "There is a problem", "wes", "Send the referral"
    ),
    Shown("front-door-said", "/front-door/said", "Each page is kept as soon as you send it.", "xan"),
    Shown("front-door-said-who", "/front-door/said/new", "Step 1 of 4.", "xan"),
    Shown("front-door-said-answer", "{said}/answer", "Step 2 of 4.", "xan"),
    Shown("front-door-said-how", "{said}/how", "Step 3 of 4.", "xan"),
    Shown("front-door-said-check", "{check}/check", "Step 4 of 4.", "xan"),
    Shown("front-door-said-done", "{check}/check", "Ana allowed it until", "xan", "Send it"),
    Shown("front-door-told", "/front-door/new/done/K7PM4X", "Its reference is", "kit"),
    Shown("front-door-duty", "/duty-to-refer", "Read this to the person", "kit"),
    Shown("front-door-duty-sent", "/duty-to-refer/sent", "Broadland District Council", "kit"),
    Shown("front-door-came", "/duty-received", "2 are open.", "ada"),
    Shown("front-door-came-one", "{came}", "Nobody has got in touch yet.", "ada"),
    Shown("front-door-came-errors", "{came}", "There is a problem", "ada", "Do not take it on"),
    Shown("front-door-came-in-hand", "{in_hand}", "Ada Thorpe, Norwich City Council got in touch.", "ada"),
    Shown("front-door-came-over", "{over}", "Not taken on.", "ada"),
    Shown("front-door-duty-errors", "/duty-to-refer", "There is a problem", "kit", "Tell the council"),
)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, house: House, shown: Shown, width: int
) -> None:
    page = opened(chromium, house, width, shown.who)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address.format(**house.places))
    if shown.press:
        page.get_by_role("button", name=shown.press, exact=True).click()
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_somebody_typed_is_still_there_and_the_fault_leads_to_its_field(
    chromium: Browser, house: House, width: int
) -> None:
    page = opened(chromium, house, width, "")
    page.goto("/concern")
    page.get_by_label("A few words, if you like").fill("The wall is black.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_role("link", name="Choose what is the matter").click()
    assert page.evaluate("document.activeElement.name") == "themes"
    expect(page.get_by_label("A few words, if you like")).to_have_value("The wall is black.")
    page.context.close()
