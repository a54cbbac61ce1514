"""Questions, reveals and evidence packs in a real Chromium at 320 and 1280 px: they fit, answer at once and pass axe.

Screenshots of each go to .var/screenshots, for a person to look at.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright

from audit.console import build_router as build_console
from consent.portal import PortalSettings
from consent.portal import build_router as build_portal
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.audit.console import fake_asked
from tests.unit.audit.console.fake_asked import QUESTION, AskedConsole, FakeAsked
from tests.unit.audit.console.fakes import HELD, ROWS
from tests.unit.consent.portal import fake_questions
from tests.unit.consent.portal.fake_questions import DONE, LATE, OPEN, TRIED, AskingPortal, FakeQuestions
from tests.unit.consent.portal.fakes import NOW

FORM = "/portal/questions/about/41017"
ONE = f"/console/questions/{QUESTION}"
REVEAL = f"/console/items/{ROWS[0].index}/reveal"
PACKS = "/console/packs"

PAGES = (
    Shown("asked-ask", FORM, "one", "must answer you by 20 November 2026."),
    Shown("asked-ask-tried", f"/portal/questions/about/{TRIED}", "many", "must answer you by"),
    Shown("asked-question", f"/portal/questions/OT-{OPEN}", "one", "They must answer by 20 November 2026."),
    Shown("asked-question-late", f"/portal/questions/OT-{LATE}", "many", "They are late"),
    Shown("asked-question-answered", f"/portal/questions/OT-{DONE}", "many", "They have answered"),
    Shown("asked-questions-many", "/portal/questions", "many", "2 questions wait for an answer."),
    Shown("asked-questions-one", "/portal/questions", "one", "1 question waits for an answer."),
    Shown("asked-questions-none", "/portal/questions", "none", "You have asked nothing yet."),
    Shown("asked-questions-hostile", "/portal/questions", "hostile", "Everything you asked has an answer."),
    Shown("asked-history", "/portal/history", "many", "The newest is on top."),
    Shown("asked-proof", "/portal/history/41017", "many", "We checked it just now: it is true"),
    Shown("asked-console-questions-many", "/console/questions", "many", "1 question is overdue."),
    Shown("asked-console-questions-one", "/console/questions", "one", "1 question from a resident waits"),
    Shown("asked-console-questions-none", "/console/questions", "none", "No question waits for you."),
    Shown("asked-console-question", ONE, "many", "Answer by 30 October 2026."),
    Shown("asked-console-question-again", ONE, "again", "We cannot tell yet"),
    Shown("asked-console-question-late", ONE, "late", "Overdue by 2 days"),
    Shown("asked-console-question-own", ONE, "own", "You looked yourself"),
    Shown("asked-console-question-done", ONE, "decided", "The look was right"),
    Shown("asked-console-question-altered", ONE, "altered", "Nobody can see any more"),
    Shown("asked-console-item", f"/console/items/{ROWS[0].index}", "many", "What happened"),
    Shown("asked-console-reveal", REVEAL, "one", "You are shown the number"),
    Shown(
        "asked-console-reveal-held", f"/console/items/{HELD.index}/reveal", "one", "You are shown the number"
    ),
    Shown("asked-console-reveal-own", REVEAL, "own", "You looked yourself"),
    Shown("asked-console-packs", f"{PACKS}?entry=41017", "many", "A file that proves itself"),
    Shown("asked-console-search", "/console/?kind=refusal", "many", "What happened with"),
)


def preview_app() -> FastAPI:
    """Both rooms with the groups of pages that are looked at here."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    settings = PortalSettings(now=lambda: NOW)
    app.include_router(build_portal(AskingPortal(), fake_questions.pages(FakeQuestions()), settings))
    app.include_router(build_console(AskedConsole(), fake_asked.pages(FakeAsked())))
    return app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    config = uvicorn.Config(preview_app(), host="127.0.0.1", port=0, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started:
        assert thread.is_alive(), "the preview did not start"
        assert time.monotonic() < deadline, "the preview did not start in time"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
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
def test_a_resident_asks_without_script_and_is_told_what_is_missing(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "many", width, script=False)
    page.goto("/portal/history")
    page.get_by_role("link", name="Ask about this").first.click()
    page.context.close()
    page = opened(chromium, address, "many", width)
    page.goto(FORM)
    page.get_by_role("button", name="Ask them").click()
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "asked-ask-errors", width)
    page.get_by_role("link", name="Choose what you want to know").click()
    assert page.evaluate("document.activeElement.name") == "know"
    page.get_by_label("Why did they look?").check()
    page.get_by_label("In your own words, if you like").fill("I do not know them.")
    page.get_by_role("button", name="Ask them").click()
    expect(page).to_have_url(re.compile(re.escape(f"/portal/questions/OT-{OPEN}") + "(#.*)?$"))
    expect(page.get_by_text("They must answer by 20 November 2026.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_officer_answers_and_is_told_what_is_missing(chromium: Browser, address: str, width: int) -> None:
    page = opened(chromium, address, "one", width)
    page.goto("/console/questions")
    page.get_by_role("link", name="Asked on").click()
    page.get_by_role("button", name="Send the answer").click()
    judge(page, "asked-console-question-errors", width)
    page.get_by_role("link", name="Write to the person what you found out").click()
    assert page.evaluate("document.activeElement.name") == "words"
    page.get_by_label("Write to the person").fill("We looked to help with the rent.")
    page.get_by_label("The look was right").check()
    page.get_by_role("button", name="Send the answer").click()
    expect(page).not_to_have_title(re.compile("^Error: "))
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("state", "said"), [("one", "Your record"), ("none", "Nothing can be shown")])
def test_an_officer_reveals_whose_record_it_was(
    chromium: Browser, address: str, width: int, state: str, said: str
) -> None:
    page = opened(chromium, address, state, width)
    page.goto(REVEAL)
    page.get_by_role("button", name="Show me").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("To look into possible misuse").check()
    page.get_by_label("In your own words").fill("Our reference 12.")
    page.get_by_role("button", name="Show me").click()
    expect(page.get_by_role("heading", name=said)).to_be_visible()
    judge(page, f"asked-console-revealed-{state}", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_officer_downloads_a_pack_and_is_told_when_it_would_be_too_large(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "one", width, script=False)
    page.goto("/console/packs?entry=41017")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the pack").click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    page.context.close()
    page = opened(chromium, address, "lots", width)
    page.goto("/console/packs")
    page.get_by_role("button", name="Download the pack").click()
    expect(page.get_by_role("link", name="more than 2,000 entries")).to_be_visible()
    judge(page, "asked-console-packs-errors", width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_search_that_is_too_long_for_a_file_says_so(chromium: Browser, address: str, width: int) -> None:
    page = opened(chromium, address, "many", width)
    page.goto("/console/")
    # Meanwhile there is more than one file takes.
    page.context.add_cookies([{"name": "state", "value": "lots", "url": address}])
    page.get_by_role("button", name="Table (CSV)").click()
    expect(page.get_by_text("more than 5,000 lines")).to_be_visible()
    judge(page, "asked-console-too-much", width)
    page.context.close()


def test_a_search_is_taken_as_a_file(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, "many", 320, script=False)
    page.goto("/console/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (CSV)").click()
    assert download.value.suggested_filename == "oncetold-search.csv"
    page.context.close()
