"""The pages of requests and of keeping what ends: what they say, what they post, and that nothing typed is lost."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from fastapi import FastAPI, Request

from consent.portal import PortalSettings, build_router, renewing, requests
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import Resident
from consent.portal.requests_ports import Reply
from tests.unit.consent.portal.fakes import NOW, TOKEN, FakePortal
from tests.unit.consent.portal.requests_fakes import REASON, FakeRequests
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

ASKED, KEEP = "/portal/requests/a1", "/portal/keep/p1"
YES = [("csrf", TOKEN), ("sections", "debts"), ("days", "30"), ("answer", "yes")]


class Acting(FakePortal):
    """Whose resident acts for another where the state is `acting`."""

    async def signed_in(self, request: Request) -> Resident | None:
        found = await super().signed_in(request)
        if found is None or found.person != "acting":
            return found
        acting = ActingFor("a_1", "p_own", "attorney", "Mum", frozenset({"debts"}), None)
        return replace(found, acting=acting)


class Portal:
    def __init__(self) -> None:
        self.requests = FakeRequests()
        self.app = FastAPI()
        groups = (
            partial(requests.add_pages, requests=self.requests),
            partial(renewing.add_pages, renewing=self.requests),
        )
        self.app.include_router(build_router(Acting(), groups, PortalSettings(now=lambda: NOW)))

    async def get(self, address: str, state: str = "one") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, form: Fields, state: str = "one") -> Answer:
        return await ask(self.app, "POST", address, state=state, form=form)

    async def page(self, address: str, state: str = "one", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def portal() -> Portal:
    return Portal()


async def test_what_waits_stands_on_top_of_the_first_page(portal: Portal) -> None:
    home = await portal.page("/portal/", "many")
    assert home.text.index("Waiting for your answer") < home.text.index("You allow 3 organisations")
    assert "Harbour Help asks to look" in home.text
    assert "You can answer until 14 November 2026. You do not have to." in home.text
    links = {link["href"] for link in home.attributes("a")}
    assert {"/portal/requests/a1", "/portal/requests/a2"} <= links
    assert "Waiting for your answer" not in (await portal.page("/portal/", "none")).text


async def test_what_ends_soon_is_told_on_its_card_with_how_it_was_used(portal: Portal) -> None:
    home = await portal.page("/portal/", "many")
    assert "Ends on 29 October 2026. They looked 2 times since 10 September 2026." in home.text
    assert "Ends on 29 October 2026. They did not look since 10 September 2026." in home.text
    assert KEEP in {link["href"] for link in home.attributes("a")}


async def test_a_request_says_who_what_for_from_whom_how_long_and_that_no_costs_nothing(
    portal: Portal,
) -> None:
    page = await portal.page(ASKED)
    assert page.h1 == "Do you want to allow this?"
    for said in (
        "Harbour Help asks to look at things about you.",
        "Who would look Money adviser",
        "Why Help with money and debts.",
        "You can answer until 14 November 2026 at 3:07pm",
        REASON,
        "Saying no costs you nothing",
        "they are not told that you said no",
        "From Norwich City Council",
        "How much rent you owe",
        "Nothing now. If someone writes it down later, they could see it then.",
        "Here are only the names of things, not what they say.",
        "Answer later",
    ):
        assert said in page.text, said
    assert not SYSTEM_WORDS.search(page.text)


async def test_allow_and_do_not_allow_are_equally_prominent_and_nothing_is_ticked_beforehand(
    portal: Portal,
) -> None:
    page = await portal.page(ASKED)
    answers = [one for one in page.attributes("button") if one.get("name") == "answer"]
    assert [one["value"] for one in answers] == ["yes", "no"]
    assert len({one["class"] for one in answers}) == 1
    assert not any("checked" in one for one in page.attributes("input"))


async def test_what_a_yes_would_take_the_place_of_is_said(portal: Portal) -> None:
    page = await portal.page("/portal/requests/a2", "many")
    assert "You allow them to see this already: Twoje" in page.text
    assert "If you say no, it stays." in page.text
    assert page.text.count("You allow this now.") == 1


async def test_saying_yes_leads_to_what_was_done(portal: Portal) -> None:
    done = await portal.post(ASKED, YES)
    assert (done.status, done.headers["location"]) == (303, "/portal/done/ALLOW-7K2M")
    assert portal.requests.allowed == [Reply(frozenset({"debts"}), 30)]


async def test_saying_no_needs_nothing_else_and_ends_on_a_page_that_can_be_reloaded(portal: Portal) -> None:
    done = await portal.post(ASKED, {"csrf": TOKEN, "answer": "no"})
    assert (done.status, done.headers["location"]) == (303, ASKED)
    assert portal.requests.declined == ["a1"]
    page = await portal.page(ASKED)
    assert page.h1 == "You have not allowed this"
    assert "Harbour Help sees nothing more than before, and is not told that you said no." in page.text
    assert "/portal/allow/harbour-charity/income-debt-advice" in {
        link["href"] for link in page.attributes("a")
    }


@pytest.mark.parametrize(
    ("fields", "said", "kept"),
    [
        ([("days", "30")], "Choose what they can see, or do not allow it", "30"),
        ([("sections", "debts")], "Choose for how long they can see it", "debts"),
        ([("sections", "debts"), ("days", "61")], "Choose for how long they can see it", "debts"),
        ([("sections", "offence-risk"), ("days", "30")], "Choose what they can see", "30"),
        ([("sections", "<script>"), ("days", "x" * 500)], "Choose what they can see", None),
    ],
)
async def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    portal: Portal, fields: list[tuple[str, str]], said: str, kept: str | None
) -> None:
    answer = await portal.post(ASKED, [("csrf", TOKEN), *fields, ("answer", "yes")])
    assert answer.status == 422
    page = assert_keeps_the_house_rules(answer.text)
    assert "There is a problem" in page.text
    assert said in page.text
    checked = {one["value"] for one in page.attributes("input") if "checked" in one}
    assert checked == (set() if kept is None else {kept})
    assert portal.requests.allowed == []


async def test_what_cannot_be_done_is_said_on_the_page_with_all_that_was_typed(portal: Portal) -> None:
    answer = await portal.post(ASKED, YES, "impossible")
    assert answer.status == 409
    page = assert_keeps_the_house_rules(answer.text)
    assert page.text.count("Try again tomorrow.") == 2
    assert {one["value"] for one in page.attributes("input") if "checked" in one} == {"debts", "30"}


@pytest.mark.parametrize(
    ("state", "h1", "said"),
    [
        ("yes", "You have allowed this", "You answered on 20 October 2026 at 2:07pm."),
        ("no", "You have not allowed this", "is not told that you said no"),
        ("late", "The time to answer is over", "Harbour Help sees nothing more than before."),
        ("over", "This cannot be allowed any more", "You need not do anything."),
    ],
)
async def test_a_request_that_is_over_says_so_and_takes_no_answer(
    portal: Portal, state: str, h1: str, said: str
) -> None:
    page = await portal.page(ASKED, state)
    assert page.h1 == h1
    assert said in page.text
    for form in (YES, {"csrf": TOKEN, "answer": "no"}):
        answer = await portal.post(ASKED, form, state)
        assert answer.status == 409
        assert assert_keeps_the_house_rules(answer.text).h1 == h1
    assert (portal.requests.allowed, portal.requests.declined) == ([], [])


@pytest.mark.parametrize("address", ["/portal/requests/a9", "/portal/requests/..%2f", "/portal/requests/<b>"])
async def test_another_persons_request_is_not_here(portal: Portal, address: str) -> None:
    assert (await portal.get(address)).status == 404
    assert (await portal.post(address, YES)).status == 404


@pytest.mark.parametrize("address", [ASKED, KEEP])
async def test_a_forged_form_changes_nothing(portal: Portal, address: str) -> None:
    for token in ("", "another-sessions-token"):
        form = [(name, token if name == "csrf" else value) for name, value in YES]
        assert (await portal.post(address, form)).status == 403
    assert (await portal.get(address, "out")).status == 403
    assert (portal.requests.allowed, portal.requests.kept) == ([], [])


async def test_text_of_others_is_text(portal: Portal) -> None:
    home, page = await portal.page("/portal/", "hostile"), await portal.page("/portal/requests/a3", "hostile")
    for one in (home, page):
        assert one.attributes("script") == []
        assert "<script>alert(1)</script>" in one.text
    assert [one for one in page.attributes("a") if "evil" in one["href"]] == []
    assert page.attributes("img") == []


async def test_whoever_acts_for_another_is_asked_and_answers_for_them_without_what_is_theirs_alone(
    portal: Portal,
) -> None:
    home = await portal.page("/portal/", "acting")
    assert "asks to look" in home.text
    assert "They looked" not in home.text
    page = await portal.page(ASKED, "acting")
    assert "What would they see?" in page.text
    assert "This is what there is about you now" not in page.text
    assert "From Harbour Help" not in page.text
    keep = await portal.page(KEEP, "acting")
    assert "They looked" not in keep.text
    no = [("csrf", TOKEN), ("answer", "no")]
    assert (await portal.post(ASKED, no, "acting")).headers["location"] == "/portal/not-allowed"
    assert portal.requests.declined == ["a1"]


async def test_a_store_in_doubt_closes_the_page(portal: Portal) -> None:
    assert (await portal.get("/portal/", "closed")).status == 503


async def test_keeping_takes_two_clicks(portal: Portal) -> None:
    page = await portal.page(KEEP)
    assert page.h1 == "Do you want to keep this longer?"
    assert "Harbour Help can look until 29 October 2026. Then it ends by itself." in page.text
    assert "They looked 2 times since 10 September 2026. Last on 19 October 2026 at 4:07pm." in page.text
    # One week would end before it ends by itself.
    lengths = [one["value"] for one in page.attributes("input") if one["name"] == "days"]
    assert lengths == ["30", "91", "182", "365"]
    (chosen,) = [one for one in page.attributes("input") if "checked" in one]
    assert (chosen["name"], chosen["value"]) == ("days", "91")
    done = await portal.post(KEEP, {"csrf": TOKEN, "days": "91"})
    assert (done.status, done.headers["location"]) == (303, "/portal/done/ALLOW-7K2M")
    assert portal.requests.kept == [91]
    assert not SYSTEM_WORDS.search(page.text)


async def test_what_was_never_used_is_said_so(portal: Portal) -> None:
    assert "Not once since 10 September 2026" in (await portal.page("/portal/keep/p2", "many")).text


async def test_a_length_that_is_not_offered_is_refused(portal: Portal) -> None:
    for days in ("366", "", "-1", "many"):
        answer = await portal.post(KEEP, {"csrf": TOKEN, "days": days})
        assert answer.status == 422
        assert "Choose for how long they can see it" in assert_keeps_the_house_rules(answer.text).text
    assert portal.requests.kept == []


async def test_what_cannot_be_kept_is_said(portal: Portal) -> None:
    answer = await portal.post(KEEP, {"csrf": TOKEN, "days": "91"}, "impossible")
    assert answer.status == 409
    assert "so it ends" in assert_keeps_the_house_rules(answer.text).text
    for state in ("none", "over"):
        page = await portal.page(KEEP, state, 404)
        assert "This cannot be kept longer now." in page.text
        assert (await portal.post(KEEP, {"csrf": TOKEN, "days": "91"}, state)).status == 404
