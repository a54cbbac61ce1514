"""The pages of "I do not agree": what stops and what does not is said plainly, and never dressed up as a yes."""

from __future__ import annotations

import pytest

from consent.portal.objecting_ports import WHY_MAXIMUM
from tests.unit.consent.portal.fake_objecting import FakeObjecting, portal_app
from tests.unit.consent.portal.fakes import RECEIPT, TOKEN
from tests.unit.consent.portal.test_pages import SYSTEM_WORDS
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

SAY_NO = "/portal/say-no/norwich-city-council/homelessness-prevention"
DUTY = "/portal/say-no/norfolk-county-council/safeguarding-enquiry"
MIXED = "/portal/say-no/association/mixed"
GETS = [
    SAY_NO,
    DUTY,
    MIXED,
    "/portal/take-back/n1",
    "/portal/said-no/OT-17",
    "/portal/said-no/OT-17/receipt.txt",
]


class Portal:
    """The pages over fakes, and a browser."""

    def __init__(self) -> None:
        self.services = FakeObjecting()
        self.app = portal_app(self.services)

    async def get(self, address: str, state: str = "one") -> Answer:
        return await ask(self.app, "GET", address, state=state)

    async def post(self, address: str, form: dict[str, str], state: str = "one", csrf: str = TOKEN) -> Answer:
        return await ask(self.app, "POST", address, state=state, form={"csrf": csrf, **form})

    async def page(self, address: str, state: str = "one", status: int = 200) -> Markup:
        answer = await self.get(address, state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)


@pytest.fixture
def portal() -> Portal:
    return Portal()


async def test_the_first_page_leads_to_a_no_and_says_where_nothing_can_be_stopped_here(
    portal: Portal,
) -> None:
    page = await portal.page("/portal/", "law")
    assert DUTY not in [one.get("href") for one in page.attributes("a")]
    assert "You said no to Norfolk County Council. Take it back" in page.text
    many = (await portal.page("/portal/", "many")).text
    assert "I do not agree : Keeping adults safe (cannot be stopped here)" in many


async def test_what_was_said_no_to_stands_on_the_first_page_apart_from_what_was_allowed(
    portal: Portal,
) -> None:
    page = await portal.page("/portal/", "many")
    assert "You said no Who Norwich City Council" in page.text
    assert "Who Everyone Why Whatever the reason" in page.text
    assert (
        "You agreed that they use things about you This lets nobody look at you here by itself." in page.text
    )
    assert page.text.index("You said no Who") > page.text.index("The law also allows")
    none = (await portal.page("/portal/", "none")).text
    assert "You said no" not in none


async def test_a_no_that_stops_something_says_what_and_asks_in_one_form(portal: Portal) -> None:
    page = await portal.page(SAY_NO)
    assert page.text.count("Do you want to say no?") >= 1
    assert "Your no stops How to reach you Your tenancy Money you owe" in page.text
    assert "cannot stop" not in page.text
    assert [one["name"] for one in page.attributes("textarea")] == ["why"]


async def test_a_duty_has_no_form_that_looks_as_if_it_could_be_stopped(portal: Portal) -> None:
    page = await portal.page(DUTY)
    assert "even if you say no" in page.text
    assert "ico.org.uk" in page.text
    assert "Ask for the data protection officer" in page.text
    assert page.attributes("textarea") == []
    assert "I say no" not in page.text


async def test_where_a_no_stops_a_part_both_parts_are_told(portal: Portal) -> None:
    text = (await portal.page(MIXED)).text
    assert "Your no stops Your tenancy" in text
    assert "Your no cannot stop Twoje" in text
    assert "Your no ends that yes too" in text


async def test_what_was_said_no_to_already_can_be_taken_back_from_its_page(portal: Portal) -> None:
    page = await portal.page(SAY_NO, "many")
    assert "cannot look for this reason now" in page.text
    assert "/portal/take-back/n1" in [one.get("href") for one in page.attributes("a")]
    assert page.attributes("textarea") == []
    assert "We wrote down that you do not agree" in (await portal.page(DUTY, "law")).text


async def test_saying_no_ends_on_a_page_with_the_receipt_that_can_be_reloaded(portal: Portal) -> None:
    answer = await portal.post(SAY_NO, {"why": "  They know\r\nmy landlord. "})
    assert (answer.status, answer.headers["location"]) == (303, "/portal/said-no/OT-17")
    assert portal.services.objected == [
        ("norwich-city-council", "homelessness-prevention", "They know\nmy landlord.")
    ]
    page = await portal.page("/portal/said-no/OT-17")
    assert "You have said no" in page.text
    assert "OT-17" in page.text
    assert (await portal.get("/portal/said-no/OT-17/receipt.txt")).text == RECEIPT


async def test_a_no_is_taken_back_in_two_clicks_and_that_is_no_yes(portal: Portal) -> None:
    page = await portal.page("/portal/take-back/n1", "many")
    assert "does not mean that you say yes" in page.text
    answer = await portal.post("/portal/take-back/n1", {}, "many")
    assert (answer.status, answer.headers["location"]) == (303, "/portal/said-no/OT-18")
    assert portal.services.taken_back == ["n1"]
    assert "You have not said yes to anything" in (await portal.page("/portal/said-no/OT-18")).text


async def test_an_agreement_to_processing_is_taken_back_in_its_own_words(portal: Portal) -> None:
    assert "Do you want to take back your yes?" in (await portal.page("/portal/take-back/g1", "many")).text
    assert "You have taken it back" in (await portal.page("/portal/said-no/OT-20")).text
    assert "What they may still see" in (await portal.page("/portal/said-no/OT-19")).text


async def test_too_many_words_are_refused_and_none_of_them_is_lost(portal: Portal) -> None:
    words = "<script>" + "a" * WHY_MAXIMUM
    answer = await portal.post(SAY_NO, {"why": words})
    assert answer.status == 422
    page = assert_keeps_the_house_rules(answer.text)
    assert words in page.text
    assert "Write fewer words: at most 500 letters" in page.text
    assert portal.services.objected == []


@pytest.mark.parametrize("path", [SAY_NO, "/portal/take-back/n1"])
async def test_a_forged_form_changes_nothing(portal: Portal, path: str) -> None:
    assert (await portal.post(path, {}, "many", csrf="forged")).status == 403
    assert portal.services.objected == []
    assert portal.services.taken_back == []


async def test_what_cannot_be_done_any_more_is_told(portal: Portal) -> None:
    assert (await portal.post(SAY_NO, {}, "impossible")).status == 409
    assert (await portal.post("/portal/take-back/n9", {})).status == 409
    assert "not on your list" in (await portal.page("/portal/take-back/n9", status=404)).text


@pytest.mark.parametrize("path", ["/portal/say-no/nobody/nothing", "/portal/said-no/OT-99"])
async def test_what_is_not_theirs_is_not_there(portal: Portal, path: str) -> None:
    assert (await portal.get(path)).status == 404
    assert (await portal.get(path + "/receipt.txt")).status == 404


@pytest.mark.parametrize("path", GETS)
async def test_nobody_who_is_not_signed_in_sees_any_of_it(portal: Portal, path: str) -> None:
    assert (await portal.get(path, "out")).status == 403


@pytest.mark.parametrize("state", ["many", "hostile"])
async def test_what_somebody_wrote_or_is_called_is_text(portal: Portal, state: str) -> None:
    page = await portal.get("/portal/", state)
    assert "<script>alert" not in page.text
    assert "/portal/take-back/n%222" in page.text


@pytest.mark.parametrize("path", [path for path in GETS if not path.endswith(".txt")])
async def test_no_system_words_stand_on_the_pages(portal: Portal, path: str) -> None:
    assert SYSTEM_WORDS.search((await portal.page(path, "many")).text) is None
