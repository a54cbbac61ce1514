"""Acting for others, being acted for, and papers' codes in a real Chromium at 320 and 1280 px, without JavaScript too."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent.portal import (
    PortalSettings,
    acting,
    build_router,
    could_see,
    downloading,
    objecting,
    renewing,
    representatives,
    requests,
    stop_by_code,
)
from consent.portal.ports import Resident
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.unit.consent.portal.fake_acting import ActingPortal, FakeActing, WithinPortal
from tests.unit.consent.portal.fake_downloads import FakeDownloads
from tests.unit.consent.portal.fake_objecting import FakeObjecting
from tests.unit.consent.portal.fakes import NOW, FakePortal
from tests.unit.consent.portal.requests_fakes import FakeRequests

HOUSING = "/portal/say-no/norwich-city-council/homelessness-prevention"
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
    Shown("acting-home-more", "/portal/", "acting-many", "asks to look"),
    Shown("acting-request", "/portal/requests/a1", "acting", "the person you act for"),
    Shown("acting-request-long", "/portal/requests/a2", "acting-many", "the person you act for"),
    Shown("acting-not-allowed", "/portal/not-allowed", "acting", "Nothing was changed"),
    Shown("acting-keep", "/portal/keep/p1", "acting", "Then it ends by itself."),
    Shown("acting-could-see", "/portal/who-could-see-me", "acting-many", "that you may decide about"),
    Shown("acting-could-see-none", "/portal/who-could-see-me", "acting-none", "Nobody could look now"),
    Shown("acting-say-no", HOUSING, "acting", "may look without your yes"),
    Shown("acting-take-back", "/portal/take-back/n1", "acting-many", "Then they may look again"),
    Shown("acting-said-no", "/portal/said-no/OT-17", "acting", "they are shown nothing"),
    Shown("acting-download", "/portal/download", "acting", "only what you may decide about"),
    Shown("acting-done", "/portal/done/ALLOW-7K2M", "acting", "can look from now on"),
    Shown("acting-proof", "/portal/history/41017", "acting-many", "We checked it just now: it is true"),
    Shown("acting-history", "/portal/history", "acting-many", "The newest is on top."),
)


class Policy(FakePortal):
    """`CouldSeeServices`, cut for a representative."""

    def serving(self, resident: Resident) -> FakePortal:
        return self if resident.acting is None else WithinPortal()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    app, fake = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), FakeActing()
    asked = FakeRequests()
    app.mount(STATIC_PATH, static_app())
    groups = (
        partial(acting.add_pages, services=fake),
        partial(representatives.add_pages, services=fake),
        partial(stop_by_code.add_pages, codes=fake),
        partial(could_see.add_pages, policy=Policy()),
        partial(objecting.add_pages, services=FakeObjecting()),
        partial(requests.add_pages, requests=asked),
        partial(renewing.add_pages, renewing=asked),
        partial(downloading.add_pages, downloads=FakeDownloads()),
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
    expect(page).to_have_title(re.compile("^Error: "))
    judge(page, "acting-errors", width)
    page.get_by_label("Your word for them").first.fill("aunt")
    page.get_by_role("button", name="Act for them").first.click()
    expect(page.get_by_text("You act for")).to_be_visible()
    page.get_by_role("button", name="Back to your own pages").click()
    expect(page).to_have_title(re.compile("^People you act for"))
    page.context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_somebody_with_a_paper_stops_it_and_is_told_of_a_slip(
    chromium: Browser, address: str, width: int
) -> None:
    page = opened(chromium, address, "out", width)
    page.goto("/portal/stop-by-code")
    page.get_by_label("The code on your paper").fill("7QJ4-9HXK")
    page.get_by_role("button", name="Stop this").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("The code on your paper")).to_have_value("7QJ4-9HXK")
    judge(page, "stop-by-code-errors", width)
    page.get_by_label("The code on your paper").fill("7QJ4-9HXK-2MWD-R5TB-G0AV")
    page.get_by_role("button", name="Stop this").click()
    expect(page.get_by_text("If this code was good, nobody can look any more under it.")).to_be_visible()
    page.context.close()


def without_javascript(chromium: Browser, address: str, state: str) -> Page:
    return opened(chromium, address, state, 320, script=False)


def test_without_javascript_a_representative_begins_and_ends_acting(chromium: Browser, address: str) -> None:
    page = without_javascript(chromium, address, "many")
    page.goto("/portal/acting")
    page.get_by_label("Your word for them").first.fill("aunt")
    page.get_by_role("button", name="Act for them").first.click()
    expect(page.get_by_text("You act for")).to_be_visible()
    page.get_by_role("button", name="Back to your own pages").click()
    expect(page).to_have_title(re.compile("^People you act for"))
    page.context.close()


def test_without_javascript_a_representative_answers_a_request(chromium: Browser, address: str) -> None:
    page = without_javascript(chromium, address, "acting")
    page.goto("/portal/")
    page.get_by_role("link", name="See what they ask").first.click()
    page.get_by_text("What would they see?").click()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.locator("input[name=sections]").first.check()
    page.locator("input[name=days]").first.check()
    page.get_by_role("button", name="Allow", exact=True).click()
    expect(page.get_by_text("can look from now on")).to_be_visible()
    page.goto("/portal/requests/a1")
    page.get_by_role("button", name="Do not allow").click()
    expect(page.get_by_text("They can see that you answered")).to_be_visible()
    page.context.close()


def test_without_javascript_a_representative_says_no_and_takes_it_back(
    chromium: Browser, address: str
) -> None:
    page = without_javascript(chromium, address, "acting")
    page.goto(HOUSING)
    page.get_by_label("Why do you say no?").fill("they moved")
    page.get_by_role("button", name="I say no").click()
    expect(page).to_have_title(re.compile("^You have said no"))
    page.context.close()
    page = without_javascript(chromium, address, "acting-many")
    page.goto("/portal/")
    page.get_by_role("link", name="Take this back").first.click()
    page.get_by_role("button", name="Yes, take it back").click()
    expect(page).to_have_title(re.compile("^You have taken it back"))
    page.context.close()


def test_without_javascript_a_representative_keeps_stops_and_looks_who_could_see(
    chromium: Browser, address: str
) -> None:
    page = without_javascript(chromium, address, "acting")
    page.goto("/portal/")
    page.get_by_role("link", name="Keep it longer").first.click()
    page.get_by_role("button", name="Keep it longer").click()
    expect(page.get_by_text("can look from now on")).to_be_visible()
    page.get_by_role("link", name="See who can look now").click()
    page.get_by_role("link", name="See everyone who could look").click()
    expect(page).to_have_title(re.compile("^Who could see them"))
    page.get_by_role("link", name="Stop this").first.click()
    page.get_by_role("button", name="Yes, stop this").click()
    expect(page.get_by_text("cannot look any more").first).to_be_visible()
    page.context.close()


def test_without_javascript_a_representative_downloads(chromium: Browser, address: str) -> None:
    page = without_javascript(chromium, address, "acting")
    page.goto("/portal/")
    page.get_by_role("link", name="Download what you may decide about").click()
    with page.expect_download() as came:
        page.get_by_role("button", name="Download the file").click()
    assert came.value.suggested_filename.startswith("oncetold-acting-")
    page.context.close()


def test_without_javascript_a_person_ends_that_somebody_acts_for_them(
    chromium: Browser, address: str
) -> None:
    page = without_javascript(chromium, address, "many")
    page.goto("/portal/representatives")
    page.locator("a[href='/portal/representatives/end/a1']").click()
    page.locator("main form button").first.click()
    expect(page.get_by_text("It has ended.")).to_be_visible()
    page.context.close()


def test_without_javascript_a_slip_in_a_papers_code_is_told_and_kept(chromium: Browser, address: str) -> None:
    page = without_javascript(chromium, address, "out")
    page.goto("/portal/stop-by-code")
    page.get_by_label("The code on your paper").fill("7QJ4-9HXK")
    page.get_by_role("button", name="Stop this").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_label("The code on your paper")).to_have_value("7QJ4-9HXK")
    page.context.close()
