"""My story and settings in a real Chromium at 320 and 1280 px, like every other page (test_pages_look.py)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright

from consent.portal import PortalSettings, build_router, settings, story
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.consent.portal.fake_own import FakeSettings, FakeStory
from tests.unit.consent.portal.fakes import LOOKS, NOW, FakePortal

STORY, SETTINGS = "/portal/story", "/portal/settings"
PAGES = (
    Shown("story-many", STORY, "many", "This is what nobody should have to ask you again."),
    Shown("story-none", STORY, "none", "You have not told us anything yet."),
    Shown("story-hostile", STORY, "hostile", "This is what nobody should have to ask you again."),
    Shown("story-saved", f"{STORY}?done=saved", "one", "We have kept what you wrote."),
    Shown("story-deleted", f"{STORY}?done=deleted", "none", "It is deleted."),
    Shown("story-question", f"{STORY}/told_already", "many", "What have you told already"),
    Shown("story-question-reach", f"{STORY}/how_to_reach_me", "none", "How should people reach you"),
    Shown("story-preview-many", f"{STORY}/preview", "many", "You allow 3 organisations to read it."),
    Shown("story-preview-nobody", f"{STORY}/preview", "one", "Nobody can read it now."),
    Shown("story-preview-none", f"{STORY}/preview", "none", "There is nothing to read"),
    Shown("story-delete", f"{STORY}/delete", "many", "We delete everything that you wrote here."),
    Shown("settings-none", SETTINGS, "none", "We do not send you any messages."),
    Shown("settings-many", f"{SETTINGS}?done=saved", "many", "We send you an email"),
    Shown("settings-others-read", SETTINGS, "law", "We do not send you any messages."),
    Shown("settings-reach", f"{SETTINGS}/reach", "none", "How do we reach you?"),
    Shown("settings-email", f"{SETTINGS}/reach/email", "many", "Where may we send you an email?"),
    Shown("settings-text", f"{SETTINGS}/reach/text", "none", "Where may we send you a text message?"),
    Shown("settings-language", f"{SETTINGS}/language", "many", "Polski"),
    Shown("language-public", "/portal/language", "out", "Polski"),
    Shown("settings-hide", f"{SETTINGS}/hide/{LOOKS[4].index}", "many", "It does not show in"),
    Shown("settings-hidden", f"{SETTINGS}/hidden", "one", "Sign in again first"),
    Shown("settings-hidden-anew", f"{SETTINGS}/hidden", "many", "all of them show again"),
    Shown("history-with-hide", "/portal/history", "many", "The newest is on top."),
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    pages = (
        partial(story.add_pages, stories=FakeStory()),
        partial(settings.add_pages, settings=FakeSettings()),
    )
    app.include_router(build_router(FakePortal(), pages, PortalSettings(now=lambda: NOW)))
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
def test_without_script_an_answer_is_written_checked_changed_and_saved_and_nothing_is_lost_on_the_way(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "none", width, script=False)
    page.goto(STORY)
    page.get_by_role("link", name=re.compile(r"^Answer this\W+What matters to me")).click()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("What matters to you?").fill("My dog.\n\nI am at NR2 1AB.")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("What matters to you?")).to_have_value("My dog.\n\nI am at NR2 1AB.")
    page.get_by_label("What matters to you?").fill("My dog.\n\nMy <b>garden</b>.")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check what you wrote")).to_be_visible()
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_label("What matters to you?")).to_have_value("My dog.\n\nMy <b>garden</b>.")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_text("We have kept what you wrote.")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_errors_say_what_to_do_and_lead_to_their_field(chromium: Browser, address: str, width: int) -> None:
    page = opened(chromium, address, "none", width)
    page.goto(f"{STORY}/told_already")
    page.get_by_label("What have you told already").fill("I am at NR2 1AB. " * 8)
    page.get_by_role("button", name="Continue").click()
    judge(page, "story-question-error", width)
    page.get_by_role("link", name="Take out where you live").click()
    assert page.evaluate("document.activeElement.name") == "words"
    page.goto(f"{SETTINGS}/reach/email")
    page.get_by_label("Email address").fill("nobody")
    page.get_by_label("From").select_option("17")
    page.get_by_label("To", exact=True).select_option("9")
    page.get_by_role("button", name="Save").click()
    judge(page, "settings-email-errors", width)
    expect(page.get_by_label("Email address")).to_have_value("nobody")
    page.get_by_role("link", name="Say if somebody else could read it there").click()
    assert page.evaluate("document.activeElement.name") == "others"
    page.goto(f"{SETTINGS}/reach")
    page.get_by_role("button", name="Continue").click()
    judge(page, "settings-reach-error", width)
    page.goto(f"{STORY}/adjustments")
    page.get_by_label("What do you need").fill("Talk slowly.\nWrite it down.")
    page.get_by_role("button", name="Continue").click()
    judge(page, "story-check", width)
    page.context.close()
