"""The console's pages about representatives in a real Chromium at 320 and 1280 px, without JavaScript too."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright

from audit.console import build_router
from audit.console.representing import LIST
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.audit.console.fake_representatives import ENDED, STANDS, FakeRepresentatives, pages
from tests.unit.audit.console.fakes import FakeConsole

ONE, NEW = f"{LIST}/{STANDS.index}", f"{LIST}/new"
PAGES = (
    Shown("representatives-console-many", LIST, "many", "about who may act for whom."),
    Shown("representatives-console-none", LIST, "none", "wrote nothing down yet"),
    Shown("representatives-console-full", LIST, "full", "about who may act for whom."),
    Shown("representatives-console-new", NEW, "many", "Write down only what you saw"),
    Shown("representatives-console-one", ONE, "one", "It is written down, and counts"),
    Shown("representatives-console-ended", f"{LIST}/{ENDED.index}", "many", "Nobody may act by it"),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    app.include_router(build_router(FakeConsole(), pages(FakeRepresentatives())))
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
    page.goto(shown.address)
    answer = page.get_by_text(shown.answer).first.bounding_box()
    assert answer is not None
    assert answer["y"] < WIDTHS[width], "the answer is below the fold"
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_missing_is_said_on_top_and_leads_to_its_field(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "many", width)
    page.goto(NEW)
    page.get_by_label("NHS number of the person").fill("999 000 0018")
    page.get_by_role("button", name="Write it down").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("NHS number of the person")).to_have_value("999 000 0018")
    page.get_by_role("link", name="Choose what they decide about").click()
    assert page.evaluate("document.activeElement.name") == "areas"
    judge(page, "representatives-console-errors", width)
    page.context.close()


def test_without_javascript_an_officer_writes_down_and_ends(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, "one", 320, script=False)
    page.goto(LIST)
    page.get_by_role("link", name="Write down a representative").click()
    page.get_by_label("NHS number of the person").fill("9990000018")
    page.get_by_label("NHS number of whoever acts for them").fill("9990000034")
    page.get_by_label("Deputy").check()
    page.get_by_label("Home and money").check()
    page.get_by_label("They cannot decide this").check()
    page.get_by_label("The last day on which it counts").fill("2027-11-21")
    page.get_by_label("A court order").check()
    page.get_by_label("Which papers").fill("COP 1234")
    page.get_by_label("Whoever acts is not me").check()
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_text("It is written down, and counts")).to_be_visible()
    assert "999" not in page.url
    page.get_by_role("button", name="Write down that it ended").click()
    expect(page.get_by_text("Nobody may act by it")).to_be_visible()
    page.context.close()
