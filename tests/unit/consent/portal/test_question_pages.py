"""Asking about a look: the form and what it refuses, what was asked, and what stands beside the look."""

from __future__ import annotations

import pytest
from fastapi import APIRouter, FastAPI

from consent.portal import PortalSettings, build_router
from consent.portal.context import Portal as Room
from consent.portal.questions_ports import WORDS_LENGTH
from tests.unit.consent.portal.fake_questions import (
    ANSWERED,
    EMERGENCY,
    LATE,
    OPEN,
    TRIED,
    AskingPortal,
    FakeQuestions,
    pages,
)
from tests.unit.consent.portal.fakes import LONG_NAME, LOOKS, NOW, TOKEN
from tests.unit.core.pages.browser import Answer, Fields, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

FORM = "/portal/questions/about/41017"


class Portal:
    """The portal with fake services, and a browser."""

    def __init__(self) -> None:
        self.questions = FakeQuestions()
        self.app = FastAPI()
        settings = PortalSettings(now=lambda: NOW)
        self.app.include_router(build_router(AskingPortal(), pages(self.questions), settings))

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


async def test_the_form_says_who_answers_by_which_day_and_what_it_is_about(portal: Portal) -> None:
    text = (await portal.page(FORM)).text
    for said in (
        "Harbour Help must answer you by 20 November 2026.",
        "It is not the one who looked.",
        "An adviser, Harbour Help",
        "20 October 2026 at 2:07pm",
        "Who was it?",
        "I think that they should not have looked.",
        "Asking costs nothing.",
    ):
        assert said in text
    assert "They may not know that you are here." not in text


async def test_of_an_attempt_that_showed_nothing_the_form_says_what_asking_gives_away(portal: Portal) -> None:
    text = (await portal.page(f"/portal/questions/about/{TRIED}")).text
    assert "They were not shown anything. They may not know that you are here. If you ask, they will." in text
    assert "Who tried to look" in text
    assert LONG_NAME in text


async def test_asking_leads_to_the_page_with_day_and_reference(portal: Portal) -> None:
    form: Fields = [
        ("csrf", TOKEN),
        ("know", "kept"),
        ("know", "who"),
        ("know", "nonsense"),
        ("words", "Why?\r\nSay it."),
    ]
    answer = await portal.post(FORM, form)
    assert (answer.status, answer.headers["location"]) == (303, f"/portal/questions/OT-{OPEN}")
    assert portal.questions.asked == [(41017, ("who", "kept"), "Why?\nSay it.")]
    text = (await portal.page(answer.headers["location"])).text
    assert "They must answer by 20 November 2026." in text
    assert f"Your reference is OT-{OPEN}" in text
    assert "I never spoke with them." in text


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Choose what you want to know, or write it"),
        ({"know": "nonsense"}, "Choose what you want to know, or write it"),
        ({"know": "who", "words": "x" * (WORDS_LENGTH + 1)}, "Write 1,000 letters at most"),
    ],
)
async def test_what_cannot_be_asked_is_said_and_nothing_typed_is_lost(
    portal: Portal, fields: dict[str, str], error: str
) -> None:
    answer = await portal.post(FORM, {"csrf": TOKEN, **fields})
    assert answer.status == 422
    markup = assert_keeps_the_house_rules(answer.text)
    assert error in markup.text
    assert portal.questions.asked == []
    assert fields.get("words", "") in answer.text
    if fields.get("know") == "who":
        assert any(one.get("value") == "who" and "checked" in one for one in markup.attributes("input"))


async def test_words_alone_are_enough_up_to_their_length(portal: Portal) -> None:
    words = "ż" * WORDS_LENGTH
    assert (await portal.post(FORM, {"csrf": TOKEN, "words": words})).status == 303
    assert portal.questions.asked == [(41017, (), words)]


async def test_what_is_not_possible_is_said_on_the_form(portal: Portal) -> None:
    answer = await portal.post(FORM, {"csrf": TOKEN, "words": "Why me?"}, "impossible")
    assert answer.status == 409
    text = assert_keeps_the_house_rules(answer.text).text
    assert "Too many of your questions wait" in text
    assert "Why me?" in text


async def test_where_a_question_is_open_the_form_leads_to_it(portal: Portal) -> None:
    address = f"/portal/questions/about/{LOOKS[-1].index}"
    for answer in (await portal.get(address), await portal.post(address, {"csrf": TOKEN, "words": "again"})):
        assert (answer.status, answer.headers["location"]) == (303, f"/portal/questions/OT-{OPEN}")
    assert portal.questions.asked == []


@pytest.mark.parametrize(
    "address", ["/portal/questions/about/5", "/portal/questions/OT-5", "/portal/questions/about/x"]
)
async def test_what_is_not_theirs_is_not_there(portal: Portal, address: str) -> None:
    await portal.page(address, status=404)
    if "about" in address:
        assert (await portal.post(address, {"csrf": TOKEN, "words": "why"})).status == 404


async def test_a_forged_form_asks_nothing(portal: Portal) -> None:
    assert (await portal.post(FORM, {"csrf": "forged", "words": "why"})).status == 403
    assert portal.questions.asked == []


@pytest.mark.parametrize("address", ["/portal/questions", FORM, f"/portal/questions/OT-{OPEN}"])
async def test_nobody_who_is_not_signed_in_sees_a_question(portal: Portal, address: str) -> None:
    answer = await portal.get(address, "out")
    assert answer.status == 403
    assert "Harbour Help" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_list_shows_what_waits_what_is_late_and_what_was_answered(portal: Portal) -> None:
    markup = await portal.page("/portal/questions", "many")
    for said in (
        "2 questions wait for an answer.",
        "They must answer by 20 November 2026.",
        "They had to answer by 22 September 2026.",
        "They say that the look was a mistake.",
    ):
        assert said in markup.text
    assert f"/portal/questions/{ANSWERED.reference}" in {one["href"] for one in markup.attributes("a")}
    assert "1 question waits for an answer." in (await portal.page("/portal/questions")).text
    assert "Everything you asked has an answer." in (await portal.page("/portal/questions", "done")).text
    assert "You have asked nothing yet." in (await portal.page("/portal/questions", "none")).text


async def test_an_answer_is_shown_with_what_can_be_done_next(portal: Portal) -> None:
    text = (await portal.page(f"/portal/questions/{ANSWERED.reference}")).text
    for said in (
        "They have answered",
        "They say that the look was a mistake.",
        "We are sorry.",
        "They say that they cannot tell yet.",
        "You can ask them to put it right.",
        "Prove that they answered",
    ):
        assert said in text
    late = (await portal.page(f"/portal/questions/OT-{LATE}")).text
    assert "They are late They had to answer by 22 September 2026." in late
    assert "You can tell the Information Commissioner that they are late." in late


async def test_script_in_words_and_names_stays_text(portal: Portal) -> None:
    answer = await portal.get(f"/portal/questions/{ANSWERED.reference}", "hostile")
    assert_keeps_the_house_rules(answer.text)
    assert "<script>" not in answer.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.text
    assert "If you think that this is not right" in answer.text
    assert "<script>" not in (await portal.get("/portal/questions", "hostile")).text


async def test_the_history_shows_question_and_answer_beside_the_look_and_who_looked_a_person_up(
    portal: Portal,
) -> None:
    markup = await portal.page("/portal/history", "many")
    for said in (
        "You asked about this. They must answer by 20 November 2026.",
        "They say that the look was a mistake.",
        "Our adviser chose the wrong person.",
        "You asked them about a look.",
        "They answered what you asked. They say that the look was a mistake.",
        "Someone there who checks looks looked up which of their records is about you.",
        "To find out if somebody looked who should not have.",
        "Ask again",
        "Ask about this",
    ):
        assert said in markup.text, said
    links = {one["href"] for one in markup.attributes("a")}
    assert {
        f"/portal/questions/about/{TRIED}",
        f"/portal/questions/about/{EMERGENCY}",
        f"/portal/questions/OT-{OPEN}",
        "/portal/questions",
    } <= links
    assert FORM not in links, "one question about a look is open at a time"
    proof = await portal.page("/portal/history/41017", "many")
    assert FORM in {one["href"] for one in proof.attributes("a")}


async def test_when_the_log_cannot_be_read_the_page_says_so(portal: Portal) -> None:
    await portal.page(FORM, "closed", 503)


async def test_a_question_about_a_hidden_look_is_not_on_the_list(portal: Portal) -> None:
    services = AskingPortal()
    app = FastAPI()

    async def hidden(_person: str) -> frozenset[int]:
        return frozenset({TRIED, OPEN})

    def hiding(_router: APIRouter, room: Room) -> None:
        room.hidden_from.append(hidden)

    app.include_router(
        build_router(services, (*pages(FakeQuestions()), hiding), PortalSettings(now=lambda: NOW))
    )
    text = assert_keeps_the_house_rules((await ask(app, "GET", "/portal/questions", state="many")).text).text
    assert "You have asked nothing yet." in text
