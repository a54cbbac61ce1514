from __future__ import annotations

import re
from functools import partial

import pytest
from fastapi import FastAPI

from consent.portal import PortalSettings, build_router, could_see, receipts
from consent.portal.ports import HISTORY_PAGE, Choice
from tests.unit.consent.portal.fake_receipts import FakeReceipts
from tests.unit.consent.portal.fakes import (
    CHECKS,
    LEAF,
    LONG_NAME,
    LOOKS,
    NOW,
    OPENING,
    RECEIPT,
    TOKEN,
    FakePortal,
)
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

OFFER = "/portal/allow/harbour-charity/income-debt-advice"
ABOUT_SOMEBODY = [
    "/portal/",
    "/portal/who-could-see-me",
    "/portal/stop/p1",
    "/portal/allow",
    OFFER,
    "/portal/not-allowed",
    "/portal/done/STOP-4XQ9",
    "/portal/done/STOP-4XQ9/receipt.txt",
    "/portal/history",
    "/portal/history/41017",
    "/portal/history/41017/receipt.txt",
    "/portal/history/41017/written-down.json",
]
SYSTEM_WORDS = re.compile(
    r"\b(grant|scope|disclos\w*|token|consent|purpose|recipient|entity|ledger)\b", re.IGNORECASE
)


class Portal:
    """The portal with fake services, and a browser."""

    def __init__(self) -> None:
        self.services = FakePortal()
        self.app = FastAPI()
        self.app.include_router(
            build_router(
                self.services,
                (
                    partial(could_see.add_pages, policy=self.services),
                    partial(receipts.add_pages, receipts=FakeReceipts()),
                ),
                PortalSettings(leave_to="https://news.example", now=lambda: NOW),
            )
        )

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


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("many", "You allow 3 organisations to look at things about you. The law allows more ."),
        ("one", "You allow 1 organisation to look at things about you."),
        ("law", "You allow nobody to look. The law allows some ."),
        ("none", "Nobody can look at the moment."),
    ],
)
async def test_the_first_page_answers_who_can_look(portal: Portal, state: str, said: str) -> None:
    assert said in (await portal.page("/portal/", state)).text


async def test_each_card_tells_what_from_whom_why_until_and_when_last(portal: Portal) -> None:
    text = (await portal.page("/portal/")).text
    for said in (
        "Harbour Help",
        "Money you owe Your home",
        "Norwich City Council",
        "10 December 2026",
        "2:07pm",
    ):
        assert said in text


async def test_what_the_law_allows_stands_apart_with_whom_to_object_to(portal: Portal) -> None:
    text = (await portal.page("/portal/", "law")).text
    assert "If you do not agree Write to the data protection officer of Norfolk County Council" in text


async def test_stopping_takes_two_clicks_and_ends_on_a_page_that_can_be_reloaded(portal: Portal) -> None:
    home = await portal.page("/portal/")
    assert "/portal/stop/p1" in {link["href"] for link in home.attributes("a")}
    asked = await portal.page("/portal/stop/p1")
    assert asked.fields() == {"csrf": TOKEN}
    done = await portal.post("/portal/stop/p1", asked.fields())
    assert portal.services.stopped == ["p1"]
    assert (done.status, done.headers["location"]) == (303, "/portal/done/STOP-4XQ9")
    for _ in range(2):
        told = await portal.page(done.headers["location"])
        assert told.h1 == "You have stopped this"
        assert "Harbour Help cannot look any more, from 20 October 2026 at 4:07pm on." in told.text
        assert "What they may still know" in told.text
    assert portal.services.stopped == ["p1"]


async def test_what_cannot_be_stopped_is_told_in_the_services_own_words(portal: Portal) -> None:
    answer = await portal.post("/portal/stop/p3", {"csrf": TOKEN}, "many")
    assert answer.status == 409
    assert "This was stopped before." in assert_keeps_the_house_rules(answer.text).text


async def test_what_is_no_longer_on_the_list_is_no_fright(portal: Portal) -> None:
    assert "may have been stopped already" in (await portal.page("/portal/stop/p9", status=404)).text


@pytest.mark.parametrize("form", [{}, {"csrf": ""}, {"csrf": "guessed"}])
@pytest.mark.parametrize("address", ["/portal/stop/p1", OFFER])
async def test_a_form_without_the_sessions_own_token_changes_nothing(
    portal: Portal, address: str, form: dict[str, str]
) -> None:
    answer = await portal.post(address, {"answer": "yes", "sections": "debts", "days": "7"} | form)
    assert answer.status == 403
    assert "Nothing was changed." in answer.text
    assert portal.services.stopped == []
    assert portal.services.allowed == []


@pytest.mark.parametrize("address", ["/portal/stop/p1", OFFER])
async def test_what_is_no_form_changes_nothing(portal: Portal, address: str) -> None:
    answer = await ask(
        portal.app, "POST", address, state="one", body=b"{}", headers={"content-type": "text/json"}
    )
    assert answer.status == 400
    assert portal.services.stopped == []


async def test_the_list_of_offers_names_who_and_for_what_help(portal: Portal) -> None:
    markup = await portal.page("/portal/allow")
    assert OFFER in {link["href"] for link in markup.attributes("a")}
    assert "Help with money and debts" in markup.text
    assert "There is nobody you could allow" in (await portal.page("/portal/allow", "none")).text


async def test_an_offer_shows_the_fields_by_name_and_nothing_is_chosen_beforehand(portal: Portal) -> None:
    markup = await portal.page(OFFER)
    assert "What would they see? Money you owe How much rent you owe" in markup.text
    assert "Saying no costs you nothing." in markup.text
    assert not [one for one in markup.attributes("input") if "checked" in one]


async def test_allow_and_do_not_allow_look_the_same(portal: Portal) -> None:
    buttons = [one for one in (await portal.page(OFFER)).attributes("button") if one.get("name") == "answer"]
    assert [one["value"] for one in buttons] == ["yes", "no"]
    assert buttons[0]["class"] == buttons[1]["class"]


async def test_allowing_ends_on_a_page_with_reference_and_receipt(portal: Portal) -> None:
    form = [("csrf", TOKEN), ("answer", "yes"), ("sections", "debts"), ("days", "30")]
    done = await portal.post(OFFER, form)
    assert portal.services.allowed == [
        Choice("harbour-charity", "income-debt-advice", frozenset({"debts"}), 30)
    ]
    assert (done.status, done.headers["location"]) == (303, "/portal/done/ALLOW-7K2M")
    told = await portal.page(done.headers["location"])
    assert told.h1.strip() == "You have allowed this"
    assert "ALLOW-7K2M" in told.text
    receipt = await portal.get("/portal/done/ALLOW-7K2M/receipt.txt")
    assert receipt.text == RECEIPT
    assert receipt.headers["content-type"] == "text/plain; charset=utf-8"


async def test_saying_no_changes_nothing_and_needs_no_choice(portal: Portal) -> None:
    answer = await portal.post(OFFER, {"csrf": TOKEN, "answer": "no"})
    assert (answer.status, answer.headers["location"]) == (303, "/portal/not-allowed")
    assert portal.services.allowed == []
    assert "Nothing was changed, and nobody was told." in (await portal.page("/portal/not-allowed")).text


async def test_a_form_with_a_gap_says_so_and_keeps_what_was_ticked(portal: Portal) -> None:
    answer = await portal.post(OFFER, {"csrf": TOKEN, "answer": "yes", "sections": "tenancy"})
    assert answer.status == 422
    markup = assert_keeps_the_house_rules(answer.text)
    assert markup.title.startswith("Error: ")
    assert "#days" in {link["href"] for link in markup.attributes("a")}
    assert [one["value"] for one in markup.attributes("input") if "checked" in one] == ["tenancy"]


async def test_what_cannot_be_allowed_is_told_and_what_was_ticked_is_kept(portal: Portal) -> None:
    form = {"csrf": TOKEN, "answer": "yes", "sections": "debts", "days": "30"}
    answer = await portal.post(OFFER, form, "impossible")
    assert answer.status == 409
    markup = assert_keeps_the_house_rules(answer.text)
    assert "Harbour Help cannot look at the moment. Try again tomorrow." in markup.text
    assert [one["value"] for one in markup.attributes("input") if "checked" in one] == ["debts", "30"]
    (error,) = [link["href"] for link in markup.attributes("a") if link["href"].startswith("#a")]
    assert error[1:] in {attributes.get("id") for _, attributes in markup.tags}


@pytest.mark.parametrize(
    "address",
    [
        "/portal/allow/harbour-charity/other",
        "/portal/allow/other/income-debt-advice",
        "/portal/done/UNKNOWN",
        "/portal/done/UNKNOWN/receipt.txt",
        "/portal/history/7",
        "/portal/history/7/receipt.txt",
        "/portal/history/7/written-down.json",
    ],
)
async def test_what_is_not_the_residents_own_does_not_exist(portal: Portal, address: str) -> None:
    assert (await portal.page(address, status=404)).h1 == "We cannot find this page"


async def test_an_offer_that_is_gone_is_not_allowed_by_an_old_page(portal: Portal) -> None:
    form = {"csrf": TOKEN, "answer": "yes", "sections": "debts", "days": "30"}
    assert (await portal.post("/portal/allow/harbour-charity/other", form)).status == 404


@pytest.mark.parametrize(
    ("reference", "said"),
    [("STOP-GONE", "They cannot look any more"), ("ALLOW-GONE", "You can stop this at any time.")],
)
async def test_the_result_is_told_even_when_the_details_are_gone(
    portal: Portal, reference: str, said: str
) -> None:
    assert said in (await portal.page(f"/portal/done/{reference}")).text


async def test_the_history_tells_looks_tries_emergencies_and_changes_by_day(portal: Portal) -> None:
    text = (await portal.page("/portal/history", "many")).text
    for said in (
        "20 October 2026 Harbour Help An adviser looked at 2:07pm.",
        "An adviser tried to look at 4:07pm. They were not shown anything.",
        "Emergency An adviser looked at 4:07pm without asking first.",
        "Why Help with money and debts. Somebody was found who could not speak for themselves.",
        "Norfolk County Council: it was right",
        "Wensum Valley Practice: it was not right",
        f"{LONG_NAME} is checking it now",
        "Told you later We did not tell you before 20 October 2026 at 3:07pm.",
        "This is why: Telling you now could put you in danger.",
        "An adviser tried to look at 4:07pm without asking first. They were not shown anything.",
        "You changed who can look, at 1:07pm.",
        "You stopped this at 12:07pm.",
        "You allowed this at 11:07am.",
        "Allowed by You, on 10 September 2026",
    ):
        assert said in text


async def test_what_was_decided_about_a_look_is_told_in_words_and_leads_to_the_look(portal: Portal) -> None:
    markup = await portal.page("/portal/history", "checked")
    for said in (
        "They decided that you are told of a look. We did not tell you at once.",
        "They checked a look at you. They say it was right.",
        "They checked a look at you. They say it was not right.",
        "They agreed that you were told of a look later.",
        "They checked if we could tell you of a look. They thought it was still too dangerous.",
    ):
        assert said in markup.text
    links = [link["href"] for link in markup.attributes("a")]
    assert links.count("/portal/history?before=38001#look-38000") == len(CHECKS)
    history = await portal.page("/portal/history", "many")
    assert "look-38000" in {one.get("id") for one in history.attributes("li")}


async def test_a_full_history_leads_on_to_what_is_older(portal: Portal) -> None:
    markup = await portal.page("/portal/history", "full")
    links = [link["href"] for link in markup.attributes("a")]
    assert f"/portal/history?before={1001 - HISTORY_PAGE}" in links
    assert "There is nothing older." in (await portal.page("/portal/history?before=976", "full")).text
    assert "Nobody has looked." in (await portal.page("/portal/history", "none")).text


async def test_each_look_leads_to_its_proof_and_the_receipt_is_a_plain_text(portal: Portal) -> None:
    history = await portal.page("/portal/history", "many")
    links = {link["href"] for link in history.attributes("a")}
    assert {f"/portal/history/{one.index}" for one in LOOKS} <= links
    proof = await portal.page("/portal/history/41017")
    assert "We checked it just now: it is true" in proof.text
    assert LEAF in proof.text
    receipt = await portal.get("/portal/history/41017/receipt.txt")
    assert receipt.text == RECEIPT
    assert receipt.headers["content-type"] == "text/plain; charset=utf-8"
    opening = await portal.get("/portal/history/41017/written-down.json")
    assert opening.text == OPENING
    assert opening.headers["content-type"] == "application/json"


async def test_a_proof_that_fails_is_not_called_true(portal: Portal) -> None:
    text = (await portal.page("/portal/history/38000")).text
    assert "We could not prove it just now" in text
    assert "it is true" not in text


async def test_anybody_may_check_a_receipt_without_signing_in(portal: Portal) -> None:
    page = await portal.page("/portal/check", "out")
    assert page.attributes("nav") == []
    answer = await portal.post("/portal/check", {"receipt": RECEIPT, "leaf": LEAF}, "out")
    text = assert_keeps_the_house_rules(answer.text).text
    assert "This receipt is true" in text
    assert "It was written down on 20 October 2026 at 4:07pm." in text
    wrong = await portal.post("/portal/check", {"receipt": "x</textarea><script>", "leaf": LEAF}, "out")
    assert "We could not prove this receipt" in assert_keeps_the_house_rules(wrong.text).text


async def test_a_receipt_that_was_not_pasted_is_asked_for_and_the_rest_kept(portal: Portal) -> None:
    answer = await portal.post("/portal/check", {"receipt": "", "leaf": "kept-line"}, "out")
    assert answer.status == 422
    text = assert_keeps_the_house_rules(answer.text).text
    assert "Paste the receipt" in text
    assert "kept-line" in text
    assert "Paste the line" in (await portal.post("/portal/check", {"receipt": "x"}, "out")).text


async def test_leaving_empties_the_browser_and_ends_on_a_neutral_page(portal: Portal) -> None:
    answer = await portal.get("/portal/leave")
    assert (answer.status, answer.headers["location"]) == (303, "https://news.example")
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("address", [one for one in ABOUT_SOMEBODY if one[-4:] not in {".txt", "json"}])
async def test_every_page_has_the_way_out_the_residents_name_and_no_system_words(
    portal: Portal, address: str
) -> None:
    markup = await portal.page(address)
    assert "/portal/leave" in {link["href"] for link in markup.attributes("a")}
    assert "Signed in as Sam Taylor." in markup.text
    words = markup.text.replace(OPENING, "")
    assert not SYSTEM_WORDS.search(words), SYSTEM_WORDS.findall(words)


@pytest.mark.parametrize("address", ABOUT_SOMEBODY)
async def test_without_sign_in_there_is_nothing_but_the_way_to_it(portal: Portal, address: str) -> None:
    markup = await portal.page(address, "out", 403)
    assert markup.h1 == "Sign in to see this page"
    assert "OnceTold shows you who can look at things about you." in markup.text
    assert "/portal/sign-in" in {link["href"] for link in markup.attributes("a")}


@pytest.mark.parametrize("address", ["/portal/stop/p1", OFFER])
async def test_without_sign_in_no_form_is_taken(portal: Portal, address: str) -> None:
    assert (await portal.post(address, {"csrf": TOKEN, "answer": "no"}, "out")).status == 403


async def test_after_signing_out_the_page_says_so_to_anybody(portal: Portal) -> None:
    assert (await portal.page("/portal/signed-out", "out")).h1 == "You are signed out"


async def test_when_the_gate_is_closed_the_page_says_that_nothing_is_shown(portal: Portal) -> None:
    assert "we show nothing while it is not working" in (await portal.page("/portal/", "closed", 503)).text


async def test_what_an_organisation_calls_itself_is_never_run(portal: Portal) -> None:
    answer = await portal.get("/portal/", "hostile")
    markup = assert_keeps_the_house_rules(answer.text)
    assert "<script>alert(1)</script>" in markup.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert not markup.attributes("img")
    assert "/portal/stop/p%224" in {link["href"] for link in markup.attributes("a")}


async def test_without_settings_leaving_leads_to_the_weather() -> None:
    app = FastAPI()
    app.include_router(build_router(FakePortal()))
    assert (await ask(app, "GET", "/portal/leave")).headers["location"] == "https://www.bbc.co.uk/weather"
    assert "Until" in (await ask(app, "GET", OFFER)).text


async def test_no_page_is_in_the_published_contract(portal: Portal) -> None:
    assert portal.app.openapi()["paths"] == {}
