from __future__ import annotations

from functools import partial

import pytest
from fastapi import FastAPI

from consent.portal import PortalSettings, build_router
from consent.portal.downloading import add_pages
from tests.unit.consent.portal.fake_downloads import PARTS, FakeDownloads
from tests.unit.consent.portal.fakes import NOW, TOKEN, FakePortal
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import assert_keeps_the_house_rules

PAGE = "/portal/download"


class Portal:
    """The page with a fake download, and a browser."""

    def __init__(self) -> None:
        self.downloads = FakeDownloads()
        self.app = FastAPI()
        group = partial(add_pages, downloads=self.downloads)
        self.app.include_router(build_router(FakePortal(), (group,), PortalSettings(now=lambda: NOW)))

    async def get(self, state: str = "one") -> Answer:
        return await ask(self.app, "GET", PAGE, state=state)

    async def post(self, form: dict[str, str], state: str = "one") -> Answer:
        return await ask(self.app, "POST", PAGE, state=state, form=form)


@pytest.fixture
def portal() -> Portal:
    return Portal()


async def test_the_page_says_in_plain_words_what_is_in_the_file_and_what_is_not(portal: Portal) -> None:
    found = assert_keeps_the_house_rules((await portal.get()).text)
    for part in PARTS:
        assert f"{part.title} {part.about}" in found.text
    assert "We do not hold what organisations know about you" in found.text
    assert "Each download is written down." in found.text
    assert SYSTEM_WORDS.search(found.text) is None
    boxes = [one for one in found.attributes("input") if one.get("type") == "checkbox"]
    assert [(box["name"], "checked" in box) for box in boxes] == [("secret", False)]


async def test_the_button_gives_the_file_piece_by_piece_and_nobody_stores_it(portal: Portal) -> None:
    answer = await portal.post({"csrf": TOKEN})
    assert (answer.status, answer.text) == (200, "PK begun, and ended")
    assert answer.headers["content-type"] == "application/zip"
    assert (
        answer.headers["content-disposition"] == 'attachment; filename="oncetold-everything-2026-10-20.zip"'
    )
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-length" not in answer.headers
    assert portal.downloads.asked == [("one", False, frozenset())]


async def test_what_others_must_not_see_is_put_in_only_where_it_is_asked_for(portal: Portal) -> None:
    await portal.post({"csrf": TOKEN, "secret": "yes"})
    await portal.post({"csrf": TOKEN, "secret": "on"})
    assert [secret for _, secret, _ in portal.downloads.asked] == [True, False]


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "guessed"}])
async def test_a_form_that_is_not_ours_gives_nothing(portal: Portal, form: dict[str, str]) -> None:
    assert (await portal.post(form)).status == 403
    assert portal.downloads.asked == []


async def test_nobody_gets_it_without_a_sign_in(portal: Portal) -> None:
    assert (await portal.get("out")).status == 403
    assert (await portal.post({"csrf": TOKEN}, "out")).status == 403


async def test_whoever_is_gone_is_told_so_and_a_closed_log_gives_no_half_file(portal: Portal) -> None:
    gone = await portal.post({"csrf": TOKEN}, "none")
    assert gone.status == 409
    assert "There is nothing of yours here any more." in assert_keeps_the_house_rules(gone.text).text
    assert (await portal.post({"csrf": TOKEN}, "closed")).status == 503


async def test_what_others_must_not_see_needs_a_new_sign_in_for_everybody_alike(portal: Portal) -> None:
    found = assert_keeps_the_house_rules((await portal.get("stale")).text)
    assert "sign in again first" in found.text
    assert not [one for one in found.attributes("input") if one.get("type") == "checkbox"]
    forced = await portal.post({"csrf": TOKEN, "secret": "yes"}, "stale")
    assert (forced.status, forced.headers["location"]) == (303, PAGE)
    assert portal.downloads.asked == []
    assert (await portal.post({"csrf": TOKEN}, "stale")).status == 200
