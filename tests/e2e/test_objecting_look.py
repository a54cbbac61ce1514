"""The pages of "I do not agree" in a real Chromium at 320 and 1280 px, like every other page (test_pages_look.py)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, expect, sync_playwright

from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.consent.portal.fake_objecting import FakeObjecting, portal_app

SAY_NO = "/portal/say-no/norwich-city-council/homelessness-prevention"
DUTY = "/portal/say-no/norfolk-county-council/safeguarding-enquiry"
PAGES = (
    Shown("objecting-home", "/portal/", "many", "You allow 3 organisations"),
    Shown("objecting-home-law", "/portal/", "law", "You allow nobody to look."),
    Shown("objecting-say-no", SAY_NO, "one", "unless you say no"),
    Shown("objecting-duty", DUTY, "one", "even if you say no"),
    Shown("objecting-mixed", "/portal/say-no/association/mixed", "one", "unless you say no"),
    Shown("objecting-said-already", SAY_NO, "many", "cannot look for this reason now"),
    Shown("objecting-take-back", "/portal/take-back/n1", "many", "does not mean that you say yes"),
    Shown("objecting-take-back-processing", "/portal/take-back/g1", "many", "they must stop using"),
    Shown("objecting-done", "/portal/said-no/OT-17", "one", "they are shown nothing"),
    Shown("objecting-done-wide", "/portal/said-no/OT-19", "one", "they are shown nothing"),
    Shown("objecting-took-back", "/portal/said-no/OT-18", "one", "You have not said yes to anything"),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = portal_app(FakeObjecting())
    app.mount(STATIC_PATH, static_app())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the preview did not start"
        assert time.monotonic() < deadline, "the preview did not start in time"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def chromium(parts: Parts) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(parts.chromium), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_each_page_fits_answers_at_once_and_passes_axe(
    chromium: Browser, address: str, shown: Shown, width: int
) -> None:
    page = opened(chromium, address, shown.state, width)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
    page.goto(shown.address)
    assert complaints == []
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_without_script_a_resident_says_no_and_takes_it_back_in_two_clicks_from_the_first_page(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "law", width, script=False)
    page.goto(SAY_NO)
    page.get_by_label("Why do you say no?").fill("x" * 501)
    page.get_by_role("button", name="I say no").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("Why do you say no?")).to_have_value("x" * 501)
    page.get_by_label("Why do you say no?").fill("They know my landlord.")
    page.get_by_role("button", name="I say no").click()
    expect(page.get_by_role("heading", name="You have said no")).to_be_visible()
    page.context.close()
    page = opened(chromium, address, "many", width, script=False)
    page.goto("/portal/")
    page.get_by_role("link", name=re.compile("Take this back.*Norwich City Council")).click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page.get_by_role("heading", name="You have taken it back")).to_be_visible()
    page.context.close()
