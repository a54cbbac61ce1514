"""Alerts and today in a real Chromium at 320 and 1280 px, like every other page (test_pages_look.py)."""

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
from tests.unit.audit.console.fake_alerts import FakeAlerts, console_app

ALERTS = "/console/alerts"
PAGES = (
    Shown("alerts-many", ALERTS, "many", "2 alerts are overdue."),
    Shown("alerts-one", ALERTS, "one", "1 alert waits"),
    Shown("alerts-none", ALERTS, "none", "No look stands out."),
    Shown("alert-volume", f"{ALERTS}/volume/40010", "many", "They looked for 41 people"),
    Shown("alert-held", f"{ALERTS}/same-surname/41400", "many", "share a family name"),
    Shown("alert-own", f"{ALERTS}/colleague/40001", "own", "works there too"),
    Shown("alert-done", f"{ALERTS}/colleague/40001", "done", "There is a good reason"),
    Shown("today-many", "/console/today", "many", "4 things are overdue."),
    Shown("today-none", "/console/today", "none", "Nothing needs you today."),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = console_app(FakeAlerts())
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
def test_an_officer_answers_an_alert_and_is_told_what_is_missing(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "many", width)
    page.goto("/console/today")
    page.get_by_role("link", name="Ask why they looked Number 40003").click()
    page.get_by_label("There is a good reason").check()
    page.get_by_role("button", name="Answer").click()
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "alert-errors", width)
    page.get_by_role("link", name="Write how you found out").click()
    assert page.evaluate("document.activeElement.name") == "words"
    expect(page.get_by_label("There is a good reason")).to_be_checked()
    page.get_by_label("How did you find out?").fill("They were on call.")
    page.get_by_role("button", name="Answer").click()
    expect(page).to_have_title(re.compile(r"^Why did they look\?"))
    page.context.close()
