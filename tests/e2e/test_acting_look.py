"""Acting for others, being acted for, and papers' codes in a real Chromium at 320 and 1280 px, without JavaScript too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, sync_playwright

from consent.portal import PortalSettings, acting, build_router, representatives, stop_by_code
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.consent.portal.fake_acting import ActingPortal, FakeActing
from tests.unit.consent.portal.fakes import NOW

PAGES = (
    Shown("acting-many", "/portal/acting", "many", "Choose who you want to act for."),
    Shown("acting-nobody", "/portal/acting", "none", "You do not act for anyone."),
    Shown("acting-home", "/portal/", "acting", "You act for"),
    Shown("acting-over", "/portal/acting/over", "one", "Nothing was done."),
    Shown("acting-not-here", "/portal/acting/not-here", "acting", "for the person themselves"),
    Shown("representatives-many", "/portal/representatives", "many", "2 people may decide things for you."),
    Shown("representatives-none", "/portal/representatives", "none", "You decide alone."),
    Shown("representatives-end", "/portal/representatives/end/a1", "many", "Attorney"),
    Shown("representatives-gone", "/portal/representatives/end/a9", "many", "ended already"),
    Shown("representatives-ended", "/portal/representatives/ended", "many", "It has ended."),
    Shown("stop-by-code", "/portal/stop-by-code", "out", "You need not sign in."),
    Shown("stop-by-code-done", "/portal/stop-by-code/done", "out", "If this code was good"),
    Shown("history-told", "/portal/history", "told", "wrote down at"),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app, fake = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), FakeActing()
    app.mount(STATIC_PATH, static_app())
    groups = (
        partial(acting.add_pages, services=fake),
        partial(representatives.add_pages, services=fake),
        partial(stop_by_code.add_pages, codes=fake),
    )
    app.include_router(build_router(ActingPortal(), groups, PortalSettings(now=lambda: NOW)))
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
def test_a_representative_chooses_whom_they_act_for_and_goes_back(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "many", width)
    page.goto("/portal/acting")
    page.get_by_label("Your word for them").first.fill("")
    page.get_by_role("button", name="Act for them").first.click()
    assert page.title().startswith("Error: ")
    judge(page, "acting-errors", width)
    page.get_by_label("Your word for them").first.fill("aunt")
    page.get_by_role("button", name="Act for them").first.click()
    assert page.get_by_text("You act for").is_visible()
    page.get_by_role("button", name="Back to your own pages").click()
    assert page.title().startswith("People you act for")
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_with_a_paper_stops_it_and_is_told_of_a_slip(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "out", width)
    page.goto("/portal/stop-by-code")
    page.get_by_label("The code on your paper").fill("7QJ4-9HXK")
    page.get_by_role("button", name="Stop this").click()
    assert page.title().startswith("Error: ")
    assert page.get_by_label("The code on your paper").input_value() == "7QJ4-9HXK"
    judge(page, "stop-by-code-errors", width)
    page.get_by_label("The code on your paper").fill("7QJ4-9HXK-2MWD-R5TB-G0AV")
    page.get_by_role("button", name="Stop this").click()
    assert page.get_by_text("If this code was good, nobody can look any more under it.").is_visible()
    page.context.close()
