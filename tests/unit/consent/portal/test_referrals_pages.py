"""Where you were sent: what the pages say, what is hidden, and stopping in two clicks."""

from __future__ import annotations

from functools import partial

import pytest
from fastapi import APIRouter, FastAPI

from consent.portal import PortalSettings, build_router, referrals
from consent.portal.context import Portal
from tests.unit.consent.portal.fakes import NOW, TOKEN, FakePortal
from tests.unit.consent.portal.referrals_fakes import ENDED, LONG, NAMES, SENT, FakeReferrals
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

LIST, ONE = "/portal/referrals", "/portal/referrals/ref_1"
STOP = f"{ONE}/stop"


class Pages:
    """The pages over the fake; `hidden`: what the person hides in their history."""

    def __init__(self, hidden: frozenset[int] = frozenset()) -> None:
        self.referrals = FakeReferrals()
        self.app = FastAPI()

        def hides(_: APIRouter, portal: Portal) -> None:
            async def of(person: str) -> frozenset[int]:
                return hidden

            portal.hidden_from.append(of)

        groups = (hides, partial(referrals.add_pages, referrals=self.referrals))
        self.app.include_router(build_router(FakePortal(), groups, PortalSettings(now=lambda: NOW)))

    async def get(self, address: str, state: str = "one") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, form: Fields, state: str = "one") -> Answer:
        return await ask(self.app, "POST", address, state=state, form=form)

    async def page(self, address: str, state: str = "one", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def pages() -> Pages:
    return Pages()


async def test_the_list_says_who_sent_them_where_and_what_became_of_it(pages: Pages) -> None:
    await pages.page(LIST)
    told = (await pages.page(LIST, "many")).text
    for words in (
        "Norfolk Advice",
        "Harbour Help",
        "They have not collected it yet.",
        "They have it. They have not said yet if they can help.",
        "They said that they will help.",
        "They said that they cannot help with this.",
        "It is finished.",
        "It was stopped.",
        "They did not collect it in time, so it was deleted.",
        "See all of it, or stop it",
    ):
        assert words in told
    assert not SYSTEM_WORDS.search(told)


async def test_nobody_sent_is_a_state_of_its_own(pages: Pages) -> None:
    await pages.page(LIST, "none")
    assert "Nobody has sent you to another organisation." in (await pages.get(LIST, "none")).text


async def test_what_is_hidden_in_the_history_is_hidden_here(pages: Pages) -> None:
    hiding = Pages(hidden=frozenset({SENT.index or 0}))
    assert "Norfolk Advice" not in (await hiding.get(LIST)).text
    assert LONG.one.to_name in (await hiding.get(LIST, "many")).text


async def test_while_it_waits_the_page_says_what_it_says(pages: Pages) -> None:
    told = (await pages.page(ONE)).text
    for words in (
        "The flat is damp and the rent is behind.",
        "29 February 1960",
        "To stay near the grandchildren.",
        "What they wrote may say how to reach you.",
        "What it says",
        "Stop this",
    ):
        assert words in told
    assert not SYSTEM_WORDS.search(told)


async def test_what_somebody_wrote_is_shown_as_text(pages: Pages) -> None:
    told = (await pages.get("/portal/referrals/ref_2")).text
    assert "<script>alert" not in told
    assert "What they wrote does not say how to reach you." in told
    assert "In writing, on" in told


@pytest.mark.parametrize("state", ENDED)
async def test_further_on_it_says_where_it_stands_and_no_more_what_it_said(pages: Pages, state: str) -> None:
    await pages.page(ONE, state)
    told = (await pages.get(ONE, state)).text
    assert "The flat is damp" not in told
    can_stop = state in {"collected", "accepted"}
    assert (STOP in told) is can_stop
    assert ("They cannot look at anything because of it any more." in told) is not can_stop
    assert ("They said that they cannot help with this. They have no room now." in told) is (
        state == "refused"
    )
    assert ("You have more money coming in" in told) is (state == "closed")
    stop = await pages.get(STOP, state)
    assert stop.status == (200 if can_stop else 409)


async def test_it_is_stopped_in_two_clicks(pages: Pages) -> None:
    await pages.page(STOP)
    assert "cannot read it any more." in (await pages.get(STOP)).text
    answer = await pages.post(STOP, [("csrf", TOKEN)])
    assert (answer.status, answer.headers["location"]) == (303, ONE)
    assert pages.referrals.stopped == ["ref_1"]
    assert "It was stopped." in (await pages.get(ONE)).text


async def test_once_they_have_it_the_page_says_what_ends_and_what_they_know(pages: Pages) -> None:
    told = (await pages.get(STOP, "accepted")).text
    assert "cannot look at anything because of it any more." in told
    assert "They may still know what they have seen before." in told


async def test_what_is_over_meanwhile_cannot_be_stopped(pages: Pages) -> None:
    answer = await pages.post(STOP, [("csrf", TOKEN)], "impossible")
    assert answer.status == 409
    assert "It is over already." in answer.text
    assert "See where you were sent" in answer.text


async def test_anothers_is_not_here_and_a_strangers_form_does_nothing(pages: Pages) -> None:
    assert (await pages.get("/portal/referrals/ref_9")).status == 404
    assert (await pages.get("/portal/referrals/ref_9/stop")).status == 404
    assert (await pages.post(STOP, [("csrf", "wrong")])).status == 403
    assert pages.referrals.stopped == []


async def test_whom_it_is_shared_with_is_said_by_name_until_it_is_over(pages: Pages) -> None:
    one = "/portal/referrals/ref_3"
    told = (await pages.page(LIST, "many")).text
    assert "These may look too, because they work in one team:" in told
    assert all(name in told for name in NAMES)
    told = (await pages.page(one)).text
    assert "Norwich City Council: Your home, How to reach you" in told
    assert "Norfolk Volunteering: Your name" in told
    assert NAMES[-1] not in told, "what they could see, the resident stopped"
    assert "These cannot look any more because of it either:" in (await pages.page(f"{one}/stop")).text
    assert "may look too" not in (await pages.page(ONE)).text
