"""The review pages: clocks, one review, the form and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from audit.console.ports import WORDS_LENGTH, Decision
from tests.unit.audit.console.fakes import LONG_NAME, TODAY, TOKEN, VERSION
from tests.unit.audit.console.test_pages import Console
from tests.unit.core.pages.browser import Answer, ask
from tests.unit.core.pages.markup import Markup, assert_keeps_the_house_rules

EMERGENCY, HOLD, AGAIN = (
    "/console/reviews/break-glass/41500",
    "/console/reviews/hold-back/41400",
    "/console/reviews/look-again/41400",
)
LAST_DAY = TODAY + timedelta(days=28)


@pytest.fixture
def console() -> Console:
    return Console()


async def post(console: Console, address: str, state: str = "many", **fields: str) -> Answer:
    form = {"csrf": TOKEN, "version": VERSION, **fields}
    return await ask(console.app, "POST", address, state=state, form=form)


async def refused(console: Console, address: str, status: int, state: str = "many", **fields: str) -> Markup:
    """What comes back when nothing is decided."""
    answer = await post(console, address, state, **fields)
    assert answer.status == status
    assert console.services.decided == []
    return assert_keeps_the_house_rules(answer.text)


async def test_the_queue_shows_each_clock_in_words_and_who_looked_at_whom(console: Console) -> None:
    markup = await console.page("/console/reviews")
    for said in (
        "2 reviews are overdue. 5 reviews wait for your organisation.",
        "Overdue by 26 hours",
        "Overdue by 4 days",
        "Due within the hour",
        "Due in 5 hours",
        "Due in 26 days",
        f"Emergency department nurse, {LONG_NAME}",
        "May the person be told later?",
        "Is there still danger?",
        "XK7-2MQ4-9T",
    ):
        assert said in markup.text
    assert {EMERGENCY, HOLD, AGAIN} <= {link["href"] for link in markup.attributes("a")}
    assert "These are the ones due first." not in markup.text


async def test_a_queue_that_is_longer_than_its_page_says_so(console: Console) -> None:
    text = (await console.page("/console/reviews", "lots")).text
    assert "1 review is overdue. 140 reviews wait for your organisation." in text
    assert "These are the ones due first." in text


async def test_an_empty_queue_says_what_would_stand_here(console: Console) -> None:
    text = (await console.page("/console/reviews", "none")).text
    assert "Nothing waits for you." in text


@pytest.mark.parametrize(
    ("state", "said"),
    [("many", "2 reviews are overdue"), ("late", "1 review is overdue"), ("one", "1 review waits")],
)
async def test_what_waits_stands_on_top_of_the_first_page(console: Console, state: str, said: str) -> None:
    markup = await console.page("/console/", state)
    assert said in markup.text
    assert [link["href"] for link in markup.attributes("a")].count("/console/reviews") == 2


async def test_where_nothing_waits_the_first_page_says_nothing_of_it(console: Console) -> None:
    assert "review" not in (await console.page("/console/", "none")).text.lower().replace(
        "reviews questions", ""
    )


async def test_a_review_of_an_emergency_tells_why_and_asks_if_it_was_right(console: Console) -> None:
    markup = await console.page(EMERGENCY)
    for said in (
        "Somebody looked in an emergency, without asking first.",
        "Due in 5 hours Decide by 20 October 2026 at 9:07pm.",
        "What kind of emergency: Somebody was found who could not speak for themselves",
        "The reason they gave: Found on the floor at home, does not answer",
        "Nobody asks them first in an emergency",
        f"{LONG_NAME}. Was this look right? Not decided yet",
        "Norwich City Council. Was this look right? It was right (20 October 2026 at 3:07pm)",
        "It was not right",
        "Why do you think so?",
    ):
        assert said in markup.text
    assert markup.fields() == {"csrf": TOKEN, "version": VERSION}


async def test_a_hold_asks_for_agreement_until_its_day_or_for_telling_now(console: Console) -> None:
    text = (await console.page(HOLD)).text
    for said in (
        "Whoever looked asks that the person is not told yet. That needs somebody else who agrees.",
        "The person does not know of this look yet. Do not tell them.",
        "The reason, as they will read it one day: Telling you now could put you in danger",
        "The danger is looked at again on 15 November 2026. No officer has agreed yet.",
        "I agree that the person is not told until 15 November 2026",
        "Nobody is told by the clock alone.",
        "Tell the person now",
    ):
        assert said in text
    assert "Why do you think so?" not in text


async def test_looking_again_asks_for_a_day_within_what_the_purpose_leaves(console: Console) -> None:
    markup = await console.page(AGAIN)
    assert "Still dangerous: look at it again" in markup.text
    assert "17 November 2026 at the latest." in markup.text
    days = {one.get("name"): one.get("value") for one in markup.attributes("input")}
    assert days["look_again"] == "2026-11-17"


@pytest.mark.parametrize(
    ("address", "fields", "decision"),
    [
        (
            EMERGENCY,
            {"answer": "right", "words": " He was in danger "},
            Decision("right", "He was in danger", None, VERSION),
        ),
        (
            EMERGENCY,
            {"answer": "wrong", "words": "x" * WORDS_LENGTH},
            Decision("wrong", "x" * WORDS_LENGTH, None, VERSION),
        ),
        (HOLD, {"answer": "agree"}, Decision("agree", "", None, VERSION)),
        (HOLD, {"answer": "tell"}, Decision("tell", "", None, VERSION)),
        (
            AGAIN,
            {"answer": "again", "look_again": "2026-11-17"},
            Decision("again", "", date(2026, 11, 17), VERSION),
        ),
        (
            AGAIN,
            {"answer": "again", "look_again": "2026-10-21"},
            Decision("again", "", date(2026, 10, 21), VERSION),
        ),
        (AGAIN, {"answer": "tell", "look_again": "2026-11-17"}, Decision("tell", "", None, VERSION)),
    ],
)
async def test_an_answer_is_handed_on_and_leads_back_to_the_review(
    console: Console, address: str, fields: dict[str, str], decision: Decision
) -> None:
    answer = await post(console, address, **fields)
    assert (answer.status, answer.headers["location"]) == (303, address)
    kind, index = address.split("/")[-2:]
    assert console.services.decided == [(kind, int(index), decision)]


@pytest.mark.parametrize(
    ("address", "fields", "said"),
    [
        (EMERGENCY, {"words": "He was in danger"}, "Choose an answer"),
        (EMERGENCY, {"answer": "tell", "words": "He was in danger"}, "Choose an answer"),
        (HOLD, {"answer": "right"}, "Choose an answer"),
        (HOLD, {"answer": "again", "look_again": "2026-11-01"}, "Choose an answer"),
        (AGAIN, {"answer": "agree"}, "Choose an answer"),
        (EMERGENCY, {"answer": "right"}, "Write why you think so"),
        (EMERGENCY, {"answer": "right", "words": "  "}, "Write why you think so"),
        (EMERGENCY, {"answer": "right", "words": "x" * (WORDS_LENGTH + 1)}, "Write 2,000 letters at most"),
        (AGAIN, {"answer": "again", "look_again": "soon"}, "Write the day like this: 2026-11-21"),
        (AGAIN, {"answer": "again", "look_again": ""}, "Write the day like this: 2026-11-21"),
        (AGAIN, {"answer": "again", "look_again": "2026-10-20"}, "Choose 21 October 2026 or a later day"),
        (AGAIN, {"answer": "again", "look_again": "2026-11-18"}, "Choose 17 November 2026 or an earlier day"),
    ],
)
async def test_an_answer_that_cannot_be_is_told_and_decides_nothing(
    console: Console, address: str, fields: dict[str, str], said: str
) -> None:
    markup = await refused(console, address, 422, **fields)
    assert markup.title.startswith("Error: ")
    assert markup.text.count(said) == 2
    ids = {attributes["id"] for _, attributes in markup.tags if "id" in attributes}
    leads = [link["href"] for link in markup.attributes("a") if link["href"].startswith("#")]
    assert {one[1:] for one in leads} <= ids


async def test_what_was_written_is_kept_when_something_is_missing(console: Console) -> None:
    markup = await refused(console, EMERGENCY, 422, words="He was <b>in</b> danger")
    assert "He was <b>in</b> danger" in markup.text
    again = await refused(console, AGAIN, 422, look_again="2026-11-01")
    assert "2026-11-01" in {one.get("value") for one in again.attributes("input")}


async def test_without_the_sessions_own_token_nothing_is_decided(console: Console) -> None:
    await refused(console, EMERGENCY, 403, csrf="guessed", answer="right", words="He was in danger")


async def test_without_sign_in_there_is_no_review(console: Console) -> None:
    for address in ("/console/reviews", EMERGENCY):
        await console.page(address, "out", 403)
    await refused(console, EMERGENCY, 403, "out", answer="right", words="He was in danger")


@pytest.mark.parametrize(
    "address",
    [
        "/console/reviews/break-glass/7",
        "/console/reviews/hold-back/41500",
        "/console/reviews/made-up/41500",
        "/console/reviews/break-glass/x",
        "/console/reviews/break-glass/-1",
    ],
)
async def test_what_the_organisation_has_not_to_review_does_not_exist(console: Console, address: str) -> None:
    await console.page(address, status=404)
    await refused(console, address, 404, answer="right", words="He was in danger")


async def test_whoever_is_second_is_told_so_and_keeps_what_they_wrote(console: Console) -> None:
    markup = await refused(console, EMERGENCY, 409, "slow", answer="right", words="He was in danger")
    assert markup.text.count("Somebody else has decided this in the meantime.") == 2
    assert "He was in danger" in markup.text


@pytest.mark.parametrize(
    ("address", "outcome"),
    [(EMERGENCY, "It was right"), (HOLD, "The person is told now"), (AGAIN, "The person is told now")],
)
async def test_a_decided_review_says_how_and_has_no_form(
    console: Console, address: str, outcome: str
) -> None:
    markup = await console.page(address, "decided")
    assert f"{outcome} Decided by Harbour Help on 20 October 2026 at 3:07pm." in markup.text
    assert "/console/items/41600" in {link["href"] for link in markup.attributes("a")}
    assert not markup.attributes("textarea")
    assert "version" not in markup.fields()
    assert "Your decision" not in markup.text


async def test_a_decided_review_cannot_be_decided_again(console: Console) -> None:
    fields = {"answer": "right", "words": "He was in danger"}
    markup = await refused(console, EMERGENCY, 409, "decided", **fields)
    assert "#decided" in {link["href"] for link in markup.attributes("a")}


async def test_whoever_looked_sees_why_they_have_no_form(console: Console) -> None:
    markup = await console.page(EMERGENCY, "own")
    assert "You looked yourself, so somebody else of your organisation has to decide this." in markup.text
    assert not markup.attributes("textarea")
    assert "Decide now" not in markup.text


async def test_an_item_tells_of_its_emergency_its_hold_and_its_reviews(console: Console) -> None:
    emergency = await console.page("/console/items/41500")
    assert "What kind of emergency: Somebody was found who could not speak for themselves" in emergency.text
    assert "Reviews Was this look right? Not decided yet" in emergency.text
    assert EMERGENCY in {link["href"] for link in emergency.attributes("a")}
    assert "The person does not know of this look yet." in (await console.page("/console/items/41400")).text


async def test_an_item_that_tells_of_a_decision_leads_to_what_it_is_about(console: Console) -> None:
    markup = await console.page("/console/items/41600")
    assert "What they wrote He was </q><b>not</b> in danger" in markup.text
    assert "/console/items/41500" in {link["href"] for link in markup.attributes("a")}
