"""The pages of requests and of keeping what ends in a real Chromium at 320 and 1280 px, with and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent.portal import PortalSettings, build_router, renewing, requests
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.support.preview import served_preview
from tests.unit.consent.portal.fakes import NOW, FakePortal
from tests.unit.consent.portal.requests_fakes import FakeRequests

ASKED = "/portal/requests/a1"
PAGES = (
    Shown("portal-home-waiting", "/portal/", "one", "Waiting for your answer"),
    Shown("portal-home-waiting-many", "/portal/", "many", "Waiting for your answer"),
    Shown("portal-home-waiting-hostile", "/portal/", "hostile", "Waiting for your answer"),
    Shown("portal-request", ASKED, "one", "asks to look at things about you."),
    Shown("portal-request-long", "/portal/requests/a2", "many", "asks to look at things about you."),
    Shown("portal-request-hostile", "/portal/requests/a3", "hostile", "asks to look at things about you."),
    Shown("portal-request-allowed", ASKED, "yes", "You answered on"),
    Shown("portal-request-not-allowed", ASKED, "no", "is not told that you said no"),
    Shown("portal-request-expired", ASKED, "late", "Nothing was changed."),
    Shown("portal-request-over", ASKED, "over", "You need not do anything."),
    Shown("portal-keep", "/portal/keep/p1", "one", "Then it ends by itself."),
    Shown("portal-keep-unused", "/portal/keep/p2", "many", "Then it ends by itself."),
    Shown("portal-keep-not-now", "/portal/keep/p9", "one", "This cannot be kept longer now."),
)


@pytest.fixture
def address() -> Iterator[str]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    fakes = FakeRequests()
    groups = (
        partial(requests.add_pages, requests=fakes),
        partial(renewing.add_pages, renewing=fakes),
    )
    app.include_router(build_router(FakePortal(), groups, PortalSettings(now=lambda: NOW)))
    with served_preview(app) as found:
        yield found


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
    for one in page.locator("summary").all():
        one.click()
    judge(page, shown.name, width)
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_an_answer_that_lacks_something_says_what_and_keeps_the_rest(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "one", width)
    page.goto(ASKED)
    page.get_by_label("Your home").check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "portal-request-errors", width)
    page.get_by_role("link", name="Choose for how long they can see it").click()
    expect(page.get_by_label("Your home")).to_be_checked()
    assert page.evaluate("document.activeElement.name") == "days"
    page.context.close()


def walk_by_keyboard(page: Page, name: str) -> None:
    """Tab to a control by its name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.innerText || '').trim()").startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_request_is_answered_from_home_without_javascript_by_keyboard(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "one", width, script=False)
    page.goto("/portal/")
    page.get_by_role("link", name="See what they ask").click()
    expect(page.get_by_role("heading", name="Do you want to allow this?")).to_be_visible()
    page.get_by_role("button", name="Do not allow").focus()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="You have not allowed this").wait_for()
    page.reload()
    expect(page.get_by_role("heading", name="You have not allowed this")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_ends_is_kept_in_two_clicks_without_javascript(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "one", width, script=False)
    page.goto("/portal/")
    page.get_by_role("link", name="Keep it longer").click()
    page.get_by_role("button", name="Keep it longer").click()
    page.wait_for_url("**/portal/done/ALLOW-7K2M")
    expect(page.get_by_role("heading", name="You have allowed this")).to_be_visible()
    page.context.close()


def test_every_answer_can_be_reached_by_keyboard(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, "one", 320)
    page.goto(ASKED)
    for name in ("What would they see?", "Allow", "Do not allow", "Answer later"):
        walk_by_keyboard(page, name)
    page.context.close()
