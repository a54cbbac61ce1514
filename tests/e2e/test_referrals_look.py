"""Where you were sent, in a real Chromium at 320 and 1280 px."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect, sync_playwright

from consent.portal import PortalSettings, build_router, referrals
from consent.portal.ports import Look
from consent.portal.told_ports import Told
from core.pages.static_files import STATIC_PATH, static_app
from tests.conftest import Parts
from tests.e2e.test_pages_look import WIDTHS, Shown, judge, opened
from tests.support.preview import served_preview
from tests.unit.consent.portal.fakes import NOW, FakePortal, look
from tests.unit.consent.portal.referrals_fakes import FakeReferrals

LIST, ONE, LONG = "/portal/referrals", "/portal/referrals/ref_1", "/portal/referrals/ref_2"
TEAM = "/portal/referrals/ref_3"
PAGES = (
    Shown("portal-referrals-none", LIST, "none", "Nobody has sent you to another organisation."),
    Shown("portal-referrals-one", LIST, "one", "They have not collected it yet."),
    Shown("portal-referrals-many", LIST, "many", "They have not collected it yet."),
    Shown("portal-referral", ONE, "one", "They have not collected it yet."),
    Shown("portal-referral-long", LONG, "one", "They have not collected it yet."),
    Shown("portal-referral-team", TEAM, "one", "because they work in one team"),
    Shown("portal-referral-team-stop", f"{TEAM}/stop", "one", "Yes, stop this"),
    Shown("portal-referral-accepted", ONE, "accepted", "They said that they will help."),
    Shown("portal-referral-refused", ONE, "refused", "They have no room now."),
    Shown("portal-referral-closed", ONE, "closed", "You were given advice"),
    Shown("portal-referral-stopped", ONE, "withdrawn", "It was stopped."),
    Shown("portal-referral-stop", f"{ONE}/stop", "one", "Yes, stop this"),
    Shown("portal-referral-stop-later", f"{ONE}/stop", "accepted", "Yes, stop this"),
    Shown("portal-history-referred", "/portal/history", "referred", "The newest is on top."),
    Shown("portal-referral-over", f"{ONE}/stop", "closed", "It is over already."),
)


BECAME = (
    "referral-closed",
    "referral-accepted",
    "referral-collected",
    "referral-share-ended",
    "referral-joined",
    "referral-shared",
    "referral-read",
    "referred",
    "referral-refused",
    "referral-expired",
    "referral-withdrawn",
)


class ReferredPortal(FakePortal):
    """The history of somebody who was sent to another organisation, told by all that can become of that."""

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        if person != "referred" or before is not None:
            return await super().history(person, before)
        return tuple(
            replace(
                look(60 - place, "allowed", NOW - timedelta(hours=place), "Norfolk Advice"),
                told=Told("referred", "Adviser", referral=became, other="Harbour Help"),
            )
            for place, became in enumerate(BECAME)
        )


@pytest.fixture
def address() -> Iterator[str]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(STATIC_PATH, static_app())
    groups = (partial(referrals.add_pages, referrals=FakeReferrals()),)
    app.include_router(build_router(ReferredPortal(), groups, PortalSettings(now=lambda: NOW)))
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
    judge(page, shown.name, width)
    page.context.close()


def test_without_scripts_it_is_stopped_in_two_clicks(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, "one", 320, script=False)
    page.goto(ONE)
    page.get_by_role("link", name="Stop this").click()
    page.get_by_role("button", name="Yes, stop this").click()
    expect(page.get_by_text("It was stopped.").first).to_be_visible()
    page.context.close()
