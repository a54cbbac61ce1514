"""The pages about acting for others and about papers' codes, with fake services."""

from __future__ import annotations

from functools import partial

import pytest
from fastapi import FastAPI

from consent.portal import PortalSettings, acting, build_router, representatives, stop_by_code
from tests.unit.consent.portal.fake_acting import WROTE, ActingPortal, FakeActing
from tests.unit.consent.portal.fakes import NOW, TOKEN
from tests.unit.core.pages.browser import Answer, ask

CODE = "7QJ4-9HXK-2MWD-R5TB-G0AV"


class Site:
    def __init__(self) -> None:
        self.fake = FakeActing()
        self.app = FastAPI()
        groups = (
            partial(acting.add_pages, services=self.fake),
            partial(representatives.add_pages, services=self.fake),
            partial(stop_by_code.add_pages, codes=self.fake),
        )
        self.app.include_router(build_router(ActingPortal(), groups, PortalSettings(now=lambda: NOW)))

    async def get(self, path: str, state: str = "many") -> Answer:
        return await ask(self.app, "GET", path, headers={"cookie": f"state={state}"})

    async def post(self, path: str, state: str = "many", **fields: str) -> Answer:
        form = {"csrf": TOKEN, **fields}
        return await ask(self.app, "POST", path, form=form, headers={"cookie": f"state={state}"})


@pytest.fixture
def site() -> Site:
    return Site()


async def test_choosing_somebody_puts_the_new_cookie_on_the_answer(site: Site) -> None:
    answer = await site.post("/portal/acting/begin", authority="a1", **{"word-a1": " aunt  M "})
    assert (answer.status, answer.headers["location"]) == (303, "/portal/")
    assert site.fake.begun == [("a1", "aunt M")]
    assert "state=acting" in answer.headers["set-cookie"]


async def test_what_cannot_be_begun_or_ended_is_said(site: Site) -> None:
    answer = await site.post("/portal/acting/begin", authority="a2", **{"word-a2": "x"})
    assert (answer.status, "cannot act for them any more" in answer.text) == (409, True)
    answer = await site.post("/portal/acting/end", "impossible")
    assert (answer.status, "Sign in again" in answer.text) == (409, True)


async def test_a_form_without_our_token_does_nothing(site: Site) -> None:
    for path in ("/portal/acting/begin", "/portal/acting/end", "/portal/representatives/end/a1"):
        assert (await site.post(path, csrf="forged")).status == 403
    assert (site.fake.begun, site.fake.revoked) == ([], [])


async def test_the_banner_stands_on_every_page_of_somebody_who_acts(site: Site) -> None:
    for path in ("/portal/", "/portal/allow", "/portal/history", "/portal/acting"):
        page = (await site.get(path, "acting")).text
        assert "ciocia" in page
        assert "Back to your own pages" in page
        assert 'href="/portal/settings"' not in page
    assert "ot-acting" not in (await site.get("/portal/")).text


async def test_two_clicks_end_it_and_what_ended_before_is_said(site: Site) -> None:
    assert (await site.get("/portal/representatives/end/a1")).status == 200
    answer = await site.post("/portal/representatives/end/a1")
    assert (answer.status, answer.headers["location"]) == (303, "/portal/representatives/ended")
    assert site.fake.revoked == ["a1"]
    assert (await site.get("/portal/representatives/end/a9")).status == 409
    assert (await site.post("/portal/representatives/end/a2")).status == 409


async def test_a_code_is_used_without_a_session_and_too_many_at_once_are_put_off(site: Site) -> None:
    for _ in range(2):
        answer = await site.post("/portal/stop-by-code", "out", code=CODE)
        assert (answer.status, answer.headers["location"]) == (303, "/portal/stop-by-code/done")
    put_off = await site.post("/portal/stop-by-code", "out", code=CODE)
    assert put_off.status == 429
    assert CODE in put_off.text
    assert site.fake.tried == [CODE, CODE]
    assert (await site.post("/portal/stop-by-code", "out", code="")).status == 422
    assert (await site.post("/portal/stop-by-code", "out", code="x" * 99)).status == 422


async def test_the_history_tells_each_thing_that_others_wrote_down(site: Site) -> None:
    page = (await site.get("/portal/history", "told")).text
    for words in (
        "wrote down at",
        "that you said yes",
        "that you said no",
        "may act for you",
        "does not act for you any more",
        "You ended",
        "you decide alone",
        "tried to do more than they may",
        "They act as: Attorney",
        "by its code",
        "You said something else later",
        "sent to us before",
    ):
        assert words in page, words
    assert page.count('class="ot-look ') == len(WROTE) + 2
