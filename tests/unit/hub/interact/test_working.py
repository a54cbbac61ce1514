"""What the team writes: taking on, tasks, helpers, visits, measures, the plan, and closing."""

from __future__ import annotations

from typing import Any

import pytest

from hub.interact.tables import Case, Helper, Measure, Plan, Referring, Seen, Task, Visit
from hub.tables import Arrived, Outgoing
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk, empty_view
from tests.unit.hub.interact.making import FORM, REFERRAL, case, rows, take_in

VISITED = {
    "tenure": "yes",
    "repair": "yes",
    "repair-note": "Window does not shut",
    "damp": "yes",
    "overcrowding": "no",
    "under-occupation": "no",
    "adaptations": "not-seen",
    "medicines": "yes",
    "breathing": "not-seen",
}
TASK = {
    "what": "Ask for a damp survey",
    "owner": "Housing specialist",
    "due-day": "30",
    "due-month": "11",
    "due-year": "2026",
}
STEPS = f"/v1/referrals/{REFERRAL}"


@pytest.fixture
async def joy(desk: Desk) -> Browser:
    desk.gateway.answers["GET /v1/sections"] = []
    desk.gateway.answers["POST /v1/views"] = empty_view
    await take_in(desk)
    return desk.sign_in()


async def post(desk: Desk, browser: Browser, path: str, **form: str) -> Any:
    return await desk.post(browser, f"/interact/cases/{case(desk).id}/{path}", **form)


async def words(desk: Desk, browser: Browser) -> str:
    return (await browser.get(f"/interact/cases/{case(desk).id}")).words


async def test_taking_on_is_told_to_the_gateway_once(desk: Desk, joy: Browser) -> None:
    for _ in range(2):
        assert (await post(desk, joy, "taking-on")).status == 303
    (call,) = desk.gateway.called("POST", f"{STEPS}/acceptance")
    assert call.token == "application-of-age-well-norfolk-hub"
    assert "Joy Alder, Social prescriber, leads." in await words(desk, joy)


async def test_while_the_gateway_is_away_the_page_says_that_it_was_not_told_yet(
    desk: Desk, joy: Browser
) -> None:
    desk.gateway.away = True
    await post(desk, joy, "taking-on")
    told = await words(desk, joy)
    assert "The gateway has not been told yet: that the team took this on." in told
    assert "It goes by itself as soon as it can." in told


async def test_not_taking_on_needs_a_reason_which_is_told(desk: Desk, joy: Browser) -> None:
    assert "Select why" in (await post(desk, joy, "refusal")).words
    assert (await joy.get(f"/interact/cases/{case(desk).id}/refusal")).status == 200
    for _ in range(2):
        await post(desk, joy, "refusal", reason="full")
    (call,) = desk.gateway.called("POST", f"{STEPS}/refusal")
    assert call.body == {"reason": "full"}
    assert "Not taken on" in await words(desk, joy)
    assert "The team is full at the moment" in (await joy.get("/interact/finished")).words
    assert (await post(desk, joy, "tasks", **TASK)).status == 404, "nobody works on it any more"


async def test_a_task_has_an_owner_a_day_and_an_end(desk: Desk, joy: Browser) -> None:
    await post(desk, joy, "taking-on")
    assert (await post(desk, joy, "tasks", **TASK)).status == 303
    told = await words(desk, joy)
    assert "Ask for a damp survey" in told
    assert "Housing specialist, by 30 November 2026" in told
    (task,) = rows(desk, Task)
    assert (await post(desk, joy, "tasks/unknown/done")).status == 404
    for _ in range(2):
        await post(desk, joy, f"tasks/{task.id}/done")
    assert "Done 23 November 2026 by Joy Alder" in await words(desk, joy)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"what": ""}, "Say what is to be done"),
        ({"owner": "Somebody"}, "Select who does it"),
        ({"due-day": "", "due-month": "", "due-year": ""}, "Enter the day until when"),
        ({"due-day": "31"}, "The day must be a real date"),
        ({"due-year": "later"}, "The day must be a real date"),
    ],
)
async def test_a_task_that_lacks_something_is_asked_again(
    desk: Desk, joy: Browser, change: dict[str, str], told: str
) -> None:
    answer = await post(desk, joy, "tasks", **{**TASK, **change})
    assert answer.status == 422
    assert told in answer.words
    assert rows(desk, Task) == []


async def test_the_team_page_lists_by_the_next_step(desk: Desk, joy: Browser) -> None:
    assert "To look at first 1" in (await joy.get("/interact")).words
    await post(desk, joy, "taking-on")
    assert "Without a next step 1" in (await joy.get("/interact")).words
    await post(desk, joy, "tasks", **TASK)
    assert "Coming 1 Mary Sandbox Ask for a damp survey" in (await joy.get("/interact")).words
    desk.clock.go_on(days=8)
    late = desk.sign_in()
    assert "Due 1 Mary Sandbox Ask for a damp survey" in (await late.get("/interact")).words
    assert "(late)" in await words(desk, late)


async def test_nobody_waiting_is_a_real_state(desk: Desk) -> None:
    browser = desk.sign_in()
    assert "Nobody is waiting for the team" in (await browser.get("/interact")).words
    assert "Nothing is finished yet." in (await browser.get("/interact/finished")).words


async def test_who_else_helps_is_what_the_person_told(desk: Desk, joy: Browser) -> None:
    assert (await joy.get(f"/interact/cases/{case(desk).id}/helpers")).status == 200
    answer = await post(desk, joy, "helpers")
    assert "Say who helps" in answer.words
    assert "Say what they do" in answer.words
    await post(desk, joy, "helpers", who="The day centre", what="Lunch on Tuesdays")
    assert "The day centre Lunch on Tuesdays (Joy Alder)" in await words(desk, joy)


async def test_a_visit_answers_each_question(desk: Desk, joy: Browser) -> None:
    page = await joy.get(f"/interact/cases/{case(desk).id}/visits")
    assert "Is there damp or mould?" in page.words
    assert (await post(desk, joy, "visits", **VISITED)).status == 303
    told = await words(desk, joy)
    assert "23 November 2026 Is the person secure in this home? Yes" in told
    assert "Does anything need repair? Yes . Window does not shut" in told
    assert len(rows(desk, Seen)) == 8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"damp": ""}, "Answer: is there damp or mould?"),
        ({"damp-note": "x" * 501}, "Write 500 characters or fewer"),
        (
            {"visited_on-day": "1", "visited_on-month": "1", "visited_on-year": "2030"},
            "must not be in the future",
        ),
        ({"visited_on-day": "40", "visited_on-month": "1", "visited_on-year": "2026"}, "must be a real date"),
    ],
)
async def test_a_visit_that_lacks_something_is_asked_again(
    desk: Desk, joy: Browser, change: dict[str, str], told: str
) -> None:
    answer = await post(desk, joy, "visits", **{**VISITED, **change})
    assert answer.status == 422
    assert told in answer.words
    assert "Window does not shut" in answer.text
    assert rows(desk, Visit) == []


async def test_measures_are_what_the_person_says_before_and_after(desk: Desk, joy: Browser) -> None:
    await post(desk, joy, "measures", moment="before", home="2", health="3")
    await post(desk, joy, "measures", moment="before", home="1")
    page = await joy.get(f"/interact/cases/{case(desk).id}/measures")
    assert 'value="after" checked' in page.text
    await post(desk, joy, "measures", moment="after", home="8")
    assert {(one.moment, one.measure): one.score for one in rows(desk, Measure)} == {
        ("before", "home"): 1,
        ("before", "health"): 3,
        ("after", "home"): 8,
    }
    assert "My home is warm, dry and safe 1 8" in await words(desk, joy)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"moment": "before", "home": "11"}, "Enter a whole number from 0 to 10"),
        ({"moment": "before", "home": "two"}, "Enter a whole number from 0 to 10"),
        ({"moment": "before"}, "Enter at least one number"),
        ({"home": "3"}, "Select before or after"),
    ],
)
async def test_measures_that_lack_something_are_asked_again(
    desk: Desk, joy: Browser, form: dict[str, str], told: str
) -> None:
    answer = await post(desk, joy, "measures", **form)
    assert answer.status == 422
    assert told in answer.words


async def test_a_plan_is_written_and_changed(desk: Desk, joy: Browser) -> None:
    empty = await post(desk, joy, "plan")
    assert "Write what the person wants to reach" in empty.words
    assert "Select where the plan stands" in empty.words
    wrong = {"review-day": "0", "review-month": "1", "review-year": "2027"}
    assert "must be a real date" in (await post(desk, joy, "plan", goals="x", status="active", **wrong)).words
    await post(desk, joy, "plan", goals="A dry bedroom\n\n A garden ", status="draft")
    review = {"review-day": "1", "review-month": "2", "review-year": "2027"}
    await post(desk, joy, "plan", goals="A dry bedroom", status="active", **review)
    desk.clock.go_on(days=1)
    browser = desk.sign_in()
    page = await browser.get(f"/interact/cases/{case(desk).id}/plan")
    assert 'value="2027"' in page.text
    (plan,) = rows(desk, Plan)
    assert (plan.goals, plan.start_date.isoformat()) == ("A dry bedroom", "2026-11-23")
    assert "Active; looked at again 1 February 2027. Social prescriber leads. A dry bedroom" in await words(
        desk, browser
    )


async def test_closing_ends_the_sharing_and_is_told_once(desk: Desk, joy: Browser) -> None:
    await post(desk, joy, "taking-on")
    await post(desk, joy, "plan", goals="A dry bedroom", status="active")
    assert "Select what came of it" in (await post(desk, joy, "closing", note="x" * 2001)).words
    assert (await joy.get(f"/interact/cases/{case(desk).id}/closing")).status == 200
    for _ in range(2):
        await desk.post(
            joy, f"/interact/cases/{case(desk).id}/closing", outcomes="adapted", note="New rails, thank you"
        )
    (call,) = desk.gateway.called("POST", f"{STEPS}/closing")
    assert call.body == {"outcomes": ["adapted"]}
    looks = len(desk.gateway.called("POST", "/v1/views"))
    told = await words(desk, joy)
    assert "Closed 23 November 2026: The home was adapted." in told
    assert "New rails, thank you" in told
    assert len(desk.gateway.called("POST", "/v1/views")) == looks, "closed: nobody looks any more"
    assert "The home was adapted" in (await joy.get("/interact/finished")).words
    assert rows(desk, Plan)[0].status == "completed"


async def test_a_case_that_was_never_taken_on_is_accepted_and_closed_in_this_order(
    desk: Desk, joy: Browser
) -> None:
    await post(desk, joy, "closing", outcomes="lost-contact")
    await desk.hub.parts.outbox.send_due()
    steps = [one.path.rpartition("/")[2] for one in desk.gateway.calls if one.path.startswith(STEPS + "/")]
    assert steps == ["collection", "acceptance", "closing"]


async def test_until_the_gateway_is_told_the_page_says_that_looking_has_not_ended(
    desk: Desk, joy: Browser
) -> None:
    await post(desk, joy, "taking-on")
    desk.gateway.away = True
    await post(desk, joy, "closing", outcomes="moved")
    assert "that this is closed; until then looking has not ended" in await words(desk, joy)


async def test_what_is_past_its_end_is_deleted_and_nothing_else(desk: Desk, joy: Browser) -> None:
    await post(desk, joy, "taking-on")
    await post(desk, joy, "tasks", **TASK)
    await post(desk, joy, "visits", **VISITED)
    await post(desk, joy, "measures", moment="before", home="1")
    await post(desk, joy, "plan", goals="A dry bedroom", status="active")
    await post(desk, joy, "helpers", who="The day centre", what="Lunch")
    await post(desk, joy, "closing", outcomes="moved")
    await desk.post(joy, "/interact/refer", **FORM)
    desk.clock.go_on(days=91)
    await desk.hub.background.sweep()
    assert rows(desk, Referring) == []
    assert len(rows(desk, Case)) == 1
    desk.clock.go_on(days=6 * 365)
    await desk.hub.background.sweep()
    for table in (Case, Task, Visit, Seen, Measure, Plan, Helper, Outgoing, Arrived):
        assert rows(desk, table) == [], table.__name__
