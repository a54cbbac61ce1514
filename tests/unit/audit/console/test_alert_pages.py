"""The queue of alerts, one alert with its answer, and the page of today."""

from __future__ import annotations

import pytest

from audit.alerts.facts import Rule
from audit.console.ports import WORDS_LENGTH
from audit.console.today import SHOWN
from tests.unit.audit.console.fake_alerts import FakeAlerts, console_app
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

PAGE = "/console/alerts"
ONE = f"{PAGE}/same-surname/40003"


class Console:
    def __init__(self) -> None:
        self.services = FakeAlerts()
        self.app = console_app(self.services)

    async def page(self, address: str, state: str = "many", status: int = 200) -> Markup:
        answer = await ask(self.app, "GET", address, state=state)
        assert answer.status == status
        return assert_keeps_the_house_rules(answer.text)

    async def send(self, address: str, state: str, **fields: str) -> Answer:
        form = (await self.page(address, "many")).fields() | fields
        return await ask(self.app, "POST", address, state=state, form=form)


async def test_each_alert_stands_with_its_clock_and_its_reason() -> None:
    text = (await Console().page(PAGE)).text
    for said in (
        "2 alerts are overdue. 12 alerts wait for your organisation.",
        "It does not say that anybody did wrong",
        "Overdue by 2 days",
        "Your organisation told us that the person works there too.",
        "The practitioner and the person seem to be the same",
        "share a family name, or a part of one.",
        "What was shown says that the person has died",
        "All that was shown of the person's cases is over",
        "They looked 4 times. Four weeks later, nobody else of your organisation has looked",
        "They looked for 12 people on that day, and were shown nothing of 11 of them.",
        "In the eight weeks before they looked 180 times, 2 of them out of hours.",
        "we know of no other look of theirs",
        "They looked for 41 people on that day. On a usual day it is 5; on the busiest day",
        "of the eight weeks before it was 9.",
        "They looked for far more people on that day than they usually do.",
        "was gone through up to 19 October 2026",
    ):
        assert said in text


async def test_each_rule_stands_with_what_officers_found() -> None:
    text = (await Console().page(PAGE)).text
    assert "A colleague Of 40 answered, 6 were not right 33 1 2" in text
    assert "Out of hours Of 1 answered, 0 was not right 1 0 1" in text
    assert "Many people in a day None is answered yet 0 0 3" in text


async def test_without_alerts_the_page_says_so_and_what_was_gone_through() -> None:
    text = (await Console().page(PAGE, "none")).text
    assert "No look stands out." in text
    assert "was not gone through yet" in text
    assert "There was no alert in the last twelve months." in text
    assert "These are the ones due first." in (await Console().page(PAGE, "lots")).text
    assert "1 alert waits for your organisation." in (await Console().page(PAGE, "one")).text


async def test_an_alert_tells_the_story_of_its_look() -> None:
    markup = await Console().page(ONE)
    for said in (
        "Why did they look?",
        "share a family name",
        "Due in 5 hours",
        "Whose account j.bloggs-0f3a",
        "The reason they gave: First talk about the rent arrears",
        "Only your organisation's officers see this answer.",
    ):
        assert said in markup.text
    held = (await Console().page(f"{PAGE}/same-surname/41400")).text
    assert "The person does not know of this look yet. Do not tell them." in held


@pytest.mark.parametrize(
    ("answer", "words"), [("explained", "On call"), ("misuse", "No reason"), ("unclear", "They left")]
)
async def test_an_answer_leads_back_to_the_alert(answer: str, words: str) -> None:
    console = Console()
    sent = await console.send(ONE, "many", answer=answer, words=words)
    assert (sent.status, sent.headers["location"]) == (303, ONE)
    assert console.services.answered == [(Rule.SAME_SURNAME, 40003, answer, words)]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"words": "On call"}, "Choose what you found"),
        ({"answer": "guilty", "words": "On call"}, "Choose what you found"),
        ({"answer": "explained", "words": "  "}, "Write how you found out"),
        ({"answer": "explained", "words": "x" * (WORDS_LENGTH + 1)}, "Write 2,000 letters at most"),
    ],
)
async def test_an_answer_that_cannot_be_taken_keeps_what_was_written(
    fields: dict[str, str], said: str
) -> None:
    console = Console()
    sent = await console.send(ONE, "many", **fields)
    assert sent.status == 422
    markup = assert_keeps_the_house_rules(sent.text)
    assert markup.title.startswith("Error: ")
    assert said in markup.text
    assert fields["words"].strip() in sent.text
    assert console.services.answered == []


async def test_what_somebody_else_answered_meanwhile_is_told_so() -> None:
    for state, target in (("done", "#answered"), ("slow", "#answer")):
        sent = await Console().send(ONE, state, answer="explained", words="On call")
        assert sent.status == 409
        markup = assert_keeps_the_house_rules(sent.text)
        assert "in the meantime" in markup.text
        assert target in {one["href"] for one in markup.attributes("a")}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("own", "You looked yourself"),
        ("done", "There is a good reason Answered on 20 October 2026 at 4:07pm."),
        ("misuse", "It was not right Answered on"),
    ],
)
async def test_what_cannot_be_answered_has_no_form(state: str, said: str) -> None:
    markup = await Console().page(ONE, state)
    assert said in markup.text
    assert "How did you find out?" not in markup.text


@pytest.mark.parametrize(
    "address", [f"{PAGE}/same-surname/1", f"{PAGE}/no-such-rule/40003", f"{PAGE}/volume/40003"]
)
async def test_what_is_no_alert_of_theirs_is_not_here(address: str) -> None:
    await Console().page(address, "many", 404)


async def test_today_holds_all_that_waits_by_the_time_it_is_due() -> None:
    markup = await Console().page("/console/today")
    text = markup.text
    assert "4 things are overdue. 18 things wait for" in text
    for said in (
        "5 reviews",
        "1 question from a resident",
        "12 alerts",
        "Somebody looked in an emergency",
        "somebody else has to agree",
        "which has to be looked at again",
        "This look was drawn by chance.",
        "Ask why they looked",
        "The person asked about this look on 18 October 2026",
        "Your organisation told us that the person works there too.",
    ):
        assert said in text
    links = [one["href"] for one in markup.attributes("a")]
    due = [
        one
        for one in links
        if one.startswith(("/console/reviews/", "/console/alerts/", "/console/questions/"))
    ]
    assert due[0] == "/console/reviews/break-glass/41300"
    assert due[-1] == "/console/questions/41990"
    assert {"/console/alerts", "/console/questions", "/console/reviews"} <= set(links)


async def test_today_shows_the_first_and_says_that_there_are_more() -> None:
    markup = await Console().page("/console/today", "lots")
    rows = [one for one in markup.attributes("th") if one.get("scope") == "row"]
    assert len(rows) == SHOWN
    assert "These are the ones due first." in markup.text


async def test_a_day_on_which_nothing_waits_says_so() -> None:
    assert "Nothing needs you today." in (await Console().page("/console/today", "none")).text


async def test_whoever_is_not_signed_in_sees_nothing_of_it() -> None:
    for address in (PAGE, ONE, "/console/today"):
        answer = await ask(Console().app, "GET", address, state="out")
        assert "sign in" in answer.text.lower()
        assert "waits" not in answer.text
