"""What a person said to a worker: four pages on a bad line, each kept; sent once, from when it was said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.front_door import items
from hub.front_door.reading import clock_time
from hub.front_door.saying import kinds_for
from hub.front_door.tables import Done, Saying
from hub.gateway import GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.front_door.house import an_item, connector, county, nurse, rows, triager, with_person

NUMBER = "9990000018"


async def begun(desk: Desk, browser: Browser, **sought: str) -> str:
    answer = await desk.post(
        browser, "/front-door/said/new", called="Ana", **(sought or {"nhs_number": NUMBER})
    )
    assert answer.status == 303, answer.words
    return str(answer.headers["location"]).removesuffix("/answer")


async def whole(desk: Desk, browser: Browser, decision: str = "yes", **when: str) -> str:
    """The address of one that only needs sending."""
    address = await begun(desk, browser)
    await desk.post(browser, f"{address}/answer", decision=decision, kinds="helps")
    answer = await desk.post(
        browser, f"{address}/how", **{"how": "in-person", "helped_by": "interpreter", "when": "now", **when}
    )
    assert answer.status == 303, answer.words
    return address


async def test_a_yes_is_written_down_step_by_step_and_the_paper_is_handed_over(desk: Desk) -> None:
    xan = connector(desk)
    assert "Nothing is open." in (await xan.get("/front-door/said")).words
    assert (await xan.get("/front-door/said/new")).status == 200
    address = await begun(desk, xan)
    page = await xan.get(f"{address}/answer")
    assert "I can only ask for you, not for anybody else in your family." in page.words
    assert (await xan.get(f"{address}/check")).headers["location"] == f"{address}/answer"
    await desk.post(xan, f"{address}/answer", decision="yes", kinds="helps")
    assert (await xan.get(f"{address}/check")).headers["location"] == f"{address}/how"
    assert (await xan.get(f"{address}/how")).status == 200
    await desk.post(xan, f"{address}/how", how="in-person", helped_by="interpreter", when="now")
    page = await xan.get(f"{address}/check")
    assert "Who is helping you already" in page.words
    assert "Face to face, with: An interpreter" in page.words
    done = await desk.post(xan, f"{address}/send")
    assert "K7PM-4X2Q" in done.words
    assert "Ana allowed it until 21 February 2027." in done.words
    (call,) = desk.gateway.called("POST", "/v1/consents")
    assert call.token == "token-of-xan"
    assert call.body == {
        "person": f"handle-of-{NUMBER}-for-token-of-xan",
        "purpose": "early-help-triage",
        "decision": "yes",
        "sections": ["involved-services"],
        "how": "in-person",
        "helped_by": ["interpreter"],
        "words": "front-door-consent-2026-1",
        "said_at": "2026-11-23T09:30:00+00:00",
        "reference": address.rpartition("/")[2],
    }


async def test_a_no_is_about_all_of_it(desk: Desk) -> None:
    xan = connector(desk)
    address = await whole(desk, xan, "no")
    done = await desk.post(xan, f"{address}/send")
    assert "Ana said no." in done.words
    (call,) = desk.gateway.called("POST", "/v1/consents")
    assert "sections" not in call.body


async def test_what_was_sent_is_sent_again_the_very_same_and_counts_once(desk: Desk) -> None:
    xan = connector(desk)
    address = await whole(desk, xan)
    await desk.post(xan, f"{address}/send")
    # Whoever goes back and changes something has to begin anew.
    await desk.post(xan, f"{address}/answer", decision="no")
    assert "Show the paper again" in (await xan.get("/front-door/said")).words
    again = await desk.post(xan, f"{address}/send")
    assert "K7PM-4X2Q" in again.words
    first, second = desk.gateway.called("POST", "/v1/consents")
    assert first.body == second.body
    desk.gateway.answers["POST /v1/consents"] = GatewayAwayError("cut")
    await desk.post(xan, f"{address}/send")
    assert [one.state for one in rows(desk, Saying)] == ["sent"]


async def test_a_broken_line_to_the_gateway_loses_nothing_and_what_finds_the_person_goes_at_once_after(
    desk: Desk,
) -> None:
    trace = desk.gateway.answers["POST /v1/people/trace"]
    desk.gateway.answers["POST /v1/people/trace"] = GatewayAwayError("cut")
    xan = connector(desk)
    address = await whole(desk, xan)
    assert NUMBER in rows(desk, Saying)[0].sought
    page = await desk.post(xan, f"{address}/send")
    assert "What you wrote is kept here." in page.words
    assert "Not sent yet:" in (await xan.get("/front-door/said")).words
    desk.gateway.answers["POST /v1/people/trace"] = trace
    desk.clock.go_on(days=2)
    xan = connector(desk)
    await desk.post(xan, f"{address}/send")
    (call,) = desk.gateway.called("POST", "/v1/consents")
    assert call.body["said_at"] == "2026-11-23T09:30:00+00:00"
    (kept,) = rows(desk, Saying)
    assert (kept.state, kept.sought) == ("sent", "")


async def test_demographics_wait_in_the_draft_too(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/people/trace"] = GatewayAwayError("cut")
    xan = connector(desk)
    await begun(
        desk,
        xan,
        **{
            "given_name": "Ana",
            "family_name": "Marram",
            "birth_date-day": "1",
            "birth_date-month": "2",
            "birth_date-year": "1980",
            "postcode": "NR2 1AB",
        },
    )
    assert "1980-02-01" in rows(desk, Saying)[0].sought


async def test_somebody_who_cannot_be_asked_for_so_is_told_at_once(desk: Desk) -> None:
    desk.gateway.answers["POST /v1/people/trace"] = GatewayRefusedError(422, "x", "")
    answer = await desk.post(connector(desk), "/front-door/said/new", called="Ana", nhs_number=NUMBER)
    assert "The gateway does not take this" in answer.words
    assert NUMBER in answer.text


@pytest.mark.parametrize(
    ("problem", "told", "state"),
    [
        (TokenNotGoodError("x"), "Your sign-in ran out.", "waiting"),
        (GatewayRefusedError(403, "nothing-to-ask", "Leave these out: debts."), "Leave these out", "refused"),
    ],
)
async def test_one_that_does_not_go_says_what_is_true(
    desk: Desk, problem: Exception, told: str, state: str
) -> None:
    desk.gateway.answers["POST /v1/consents"] = problem
    xan = connector(desk)
    address = await whole(desk, xan)
    assert told in (await desk.post(xan, f"{address}/send")).words
    assert [one.state for one in rows(desk, Saying)] == [state]
    assert (await xan.get("/front-door/said")).status == 200
    await desk.post(xan, f"{address}/delete")
    assert rows(desk, Saying) == []


async def test_what_was_written_on_paper_counts_from_when_it_was_said(desk: Desk) -> None:
    xan = connector(desk)
    earlier = {
        "when": "earlier",
        "said-day": "20",
        "said-month": "11",
        "said-year": "2026",
        "said_time": "4.07 pm",
    }
    address = await whole(desk, xan, **earlier)
    assert "20 November 2026 at 4:07pm" in (await xan.get(f"{address}/check")).words


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"said-day": "8"}, "Write a day in the last 2 weeks"),
        ({"said-day": "24"}, "Write a time that is not in the future"),
        ({"said-day": "x"}, "Write a day of the calendar"),
        ({"said_time": "noon"}, "Write about what time it was"),
        ({"how": ""}, "Choose how they said it"),
        ({"when": ""}, "Choose when they said it"),
    ],
)
async def test_a_time_that_cannot_be_is_told_and_what_was_typed_stays(
    desk: Desk, typed: dict[str, str], fault: str
) -> None:
    xan = connector(desk)
    address = await begun(desk, xan)
    form = {
        "how": "by-phone",
        "when": "earlier",
        "said-day": "20",
        "said-month": "11",
        "said-year": "2026",
        "said_time": "10:15",
        **typed,
    }
    answer = await desk.post(xan, f"{address}/how", **form)
    assert answer.status == 400
    assert fault in answer.words
    assert 'value="2026"' in answer.text


@pytest.mark.parametrize(
    ("typed", "fault"),
    [({}, "Choose what they said"), ({"decision": "yes"}, "Choose what they said yes to")],
)
async def test_a_yes_names_what_it_is_about(desk: Desk, typed: dict[str, str], fault: str) -> None:
    xan = connector(desk)
    answer = await desk.post(xan, f"{await begun(desk, xan)}/answer", **typed)
    assert answer.status == 400
    assert fault in answer.words


async def test_a_draft_is_its_writers_alone(desk: Desk) -> None:
    address = await begun(desk, connector(desk))
    for browser in (triager(desk), county(desk), nurse(desk)):
        assert (await browser.get(f"{address}/answer")).status == 404
    xan = connector(desk)
    assert (await desk.post(xan, f"{address}/send")).status == 404


async def test_it_begins_at_a_person_of_a_concern_and_stands_in_what_was_done(desk: Desk) -> None:
    wes = triager(desk)
    item = await an_item(desk, wes)
    person = await with_person(desk, wes, item, NUMBER, "Mum")
    answer = await desk.post(wes, f"{person}/said")
    address = str(answer.headers["location"]).removesuffix("/answer")
    await desk.post(wes, f"{address}/answer", decision="yes", kinds="money")
    await desk.post(wes, f"{address}/how", how="by-phone", when="now")
    for _ in range(2):
        page = await desk.post(wes, f"{address}/send")
        assert "Go on with the concern" in page.words
    (call, _) = desk.gateway.called("POST", "/v1/consents")
    assert call.body["sections"] == ["debts"]
    assert [one.what for one in rows(desk, Done)] == ["claimed", "person", "said"]
    other = await desk.post(county(desk), f"{person}/said")
    assert other.headers["location"] == f"{person}/find"


def test_a_connector_reads_out_only_what_their_role_may_see() -> None:
    assert list(kinds_for("community-connector")) == ["helps", "reach"]
    assert list(kinds_for("hub-triager")) == ["helps", "reach", "home", "money", "story"]


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("4:07pm", "16:07"),
        ("16.07", "16:07"),
        ("12:00am", "00:00"),
        ("12:30 pm", "12:30"),
        ("13:00pm", None),
        ("24:00", None),
        ("9", None),
    ],
)
def test_times_are_read_as_people_write_them(typed: str, read: str | None) -> None:
    found = clock_time(typed)
    assert (None if found is None else f"{found:%H:%M}") == read


async def test_drafts_go_after_two_weeks_and_sent_ones_after_a_day(desk: Desk) -> None:
    xan = connector(desk)
    await begun(desk, xan)
    address = await whole(desk, xan)
    await desk.post(xan, f"{address}/send")

    def left(after: timedelta) -> list[Any]:
        desk.hub.parts.database.write_now(lambda session: items.sweep(session, NOW + after))
        return [one.state for one in rows(desk, Saying)]

    assert sorted(left(timedelta(hours=23))) == ["draft", "sent"]
    assert left(timedelta(days=1, seconds=1)) == ["draft"]
    assert left(timedelta(days=14, seconds=1)) == []
