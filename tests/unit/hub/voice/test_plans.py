"""Local plans: made and changed by the team, read by everybody, late things said to be late."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from hub.voice.plans import is_late
from hub.voice.tables import Action
from tests.unit.hub.browser import Browser
from tests.unit.hub.fakes import Desk
from tests.unit.hub.voice.steps import YOU_SAID, all_plans, listed, save, say

PLAN = {
    "title": "Warm homes",
    "area": "Mile Cross",
    "theme": "damp",
    "why": "Too many homes are cold and damp.",
    "owner": "norwich-city-council",
    "shown_to": "all",
}
ACTION = {
    "what": "Look at all homes with damp",
    "owner": "norwich-city-council",
    "team": "Repairs",
    "due-day": "30",
    "due-month": "11",
    "due-year": "2026",
    "progress": "doing",
    "item": "",
}


async def planned(desk: Desk, staff: Browser, **changes: str) -> str:
    """A plan; gives its id."""
    answer = await desk.post(staff, "/voice/team/plans/new", **{**PLAN, **changes})
    assert answer.status == 303, answer.words
    return str(answer.headers["location"].rpartition("/")[2])


async def to_do(desk: Desk, staff: Browser, plan: str, **changes: str) -> str:
    """An action of the plan; gives its id."""
    answer = await desk.post(staff, f"/voice/team/plans/{plan}/actions/new", **{**ACTION, **changes})
    assert answer.status == 303, answer.words
    work = desk.hub.parts.database.read_now
    return work(lambda session: session.exec(select(Action.id)).all())[-1]


async def test_without_plans_the_pages_say_so(desk: Desk) -> None:
    assert "There are no plans to show yet." in (await desk.browser().get("/voice/plans")).words
    staff = desk.sign_in()
    assert "There are no plans yet." in (await staff.get("/voice/team/plans")).words
    plan = await planned(desk, staff)
    assert "Nothing is decided yet." in (await desk.browser().get("/voice/plans")).words
    assert "Nothing is decided yet." in (await desk.browser().get(f"/voice/plans/{plan}")).words
    assert "Nothing is decided yet." in (await staff.get(f"/voice/team/plans/{plan}")).words


async def test_everybody_reads_what_is_done_by_whom_and_until_when(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    action = await to_do(desk, staff, plan)
    page = await desk.browser().get(f"/voice/plans/{plan}")
    assert "Who: Norwich City Council, Repairs. By 30 November 2026." in page.words
    assert "Late" not in page.words
    note = f"/voice/team/plans/{plan}/actions/{action}/note"
    assert (await desk.post(staff, note, note="We looked at 40 homes.")).status == 303
    page = await desk.browser().get(f"/voice/plans/{plan}")
    assert "23 November 2026: We looked at 40 homes." in page.words
    assert "Joy Alder" not in page.text
    assert (
        "Joy Alder, Listener, Age Well Norfolk: We looked"
        in (await staff.get(f"/voice/team/plans/{plan}")).words
    )


async def test_late_is_said_plainly_to_everybody_until_it_is_done(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    action = await to_do(desk, staff, plan)
    desk.clock.go_on(days=8)
    public, staff = desk.browser(), desk.sign_in()
    assert "0 of 1 done. 1 late." in (await public.get("/voice/plans")).words
    assert "Late: we wanted it done by 30 November 2026." in (await public.get(f"/voice/plans/{plan}")).words
    assert "1 late." in (await staff.get("/voice/team/plans")).words
    await desk.post(staff, f"/voice/team/plans/{plan}/actions/{action}", **{**ACTION, "progress": "done"})
    assert "1 of 1 done." in (await public.get("/voice/plans")).words
    page = await public.get(f"/voice/plans/{plan}")
    assert "Late" not in page.words
    assert "We wanted it done by 30 November 2026." in page.words


@pytest.mark.parametrize(
    ("progress", "due", "late"),
    [
        ("not-started", date(2026, 11, 22), True),
        ("doing", date(2026, 11, 22), True),
        ("doing", date(2026, 11, 23), False),
        ("done", date(2026, 11, 22), False),
        ("stopped", date(2026, 11, 22), False),
    ],
)
def test_late_is_what_is_open_after_its_day(progress: str, due: date, late: bool) -> None:
    action = Action(
        id="a", plan="p", what="x", owner="o", due=due, progress=progress, moved_on=date(2026, 11, 1)
    )
    assert is_late(action, date(2026, 11, 23)) is late


async def test_a_plan_for_the_team_is_no_page_for_others(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff, shown_to="team")
    assert (await desk.browser().get(f"/voice/plans/{plan}")).status == 404
    assert "Warm homes" not in (await desk.browser().get("/voice/plans")).words
    assert "Warm homes" in (await staff.get("/voice/team/plans")).words


async def test_a_plan_is_changed_on_a_form_that_shows_what_is_kept(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    form = await staff.get(f"/voice/team/plans/{plan}/change")
    assert 'value="Warm homes"' in form.text
    answer = await desk.post(staff, f"/voice/team/plans/{plan}/change", **{**PLAN, "title": "Dry homes"})
    assert answer.status == 303
    assert [one.title for one in all_plans(desk)] == ["Dry homes"]


async def test_an_action_is_changed_on_a_form_that_shows_what_is_kept(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    action = await to_do(desk, staff, plan)
    form = await staff.get(f"/voice/team/plans/{plan}/actions/{action}")
    assert 'value="30"' in form.text
    assert "Look at all homes with damp</textarea>" in form.text


async def test_what_people_said_stands_beside_the_action_that_comes_from_it_once_it_is_public(
    desk: Desk,
) -> None:
    staff = desk.sign_in()
    await say(desk)
    item = await listed(desk, staff)
    plan = await planned(desk, staff)
    await to_do(desk, staff, plan, item=item.id)
    assert YOU_SAID not in (await desk.browser().get(f"/voice/plans/{plan}")).words
    await save(desk, staff, item, shown_to="all", checked="yes")
    assert YOU_SAID in (await desk.browser().get(f"/voice/plans/{plan}")).words


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"title": ""}, "Write what the plan is called"),
        ({"title": "x" * 121}, "Write 120 letters at most"),
        ({"area": ""}, "Write where the plan is for"),
        ({"area": "NR3 1AB"}, "This looks like a postcode. Everybody may read it: take it out"),
        ({"theme": ""}, "Choose a theme"),
        ({"why": ""}, "Write why there is this plan"),
        ({"owner": "somebody"}, "Choose who looks after the plan"),
    ],
)
async def test_what_a_plan_lacks_is_asked_for(desk: Desk, changes: dict[str, str], told: str) -> None:
    staff = desk.sign_in()
    answer = await desk.post(staff, "/voice/team/plans/new", **{**PLAN, **changes})
    assert answer.status == 400
    assert told in answer.words
    plan = await planned(desk, staff)
    answer = await desk.post(staff, f"/voice/team/plans/{plan}/change", **{**PLAN, **changes})
    assert answer.status == 400
    assert f'href="/voice/team/plans/{plan}"' in answer.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"what": ""}, "Write what is to be done"),
        ({"owner": ""}, "Choose who does it"),
        ({"team": "Mr Able"}, "This looks like somebody's name"),
        ({"due-day": "31"}, "Write until when"),
        ({"due-day": "", "due-month": "", "due-year": ""}, "Write until when"),
        ({"progress": "nearly"}, "Choose how far it is"),
        ({"item": "none"}, "Choose a thing from the list, or none"),
    ],
)
async def test_what_an_action_lacks_is_asked_for(desk: Desk, changes: dict[str, str], told: str) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    address = f"/voice/team/plans/{plan}/actions/new"
    answer = await desk.post(staff, address, **{**ACTION, **changes})
    assert answer.status == 400
    assert told in answer.words


async def test_an_action_without_a_team_is_the_owners(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    await to_do(desk, staff, plan, team="", owner="partnership")
    assert "Who: All of us together. By" in (await desk.browser().get(f"/voice/plans/{plan}")).words


async def test_a_note_that_shows_somebody_is_not_added_and_not_lost(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    action = await to_do(desk, staff, plan)
    address = f"/voice/team/plans/{plan}/actions/{action}/note"
    answer = await desk.post(staff, address, note="Ring Mrs Able on 01603 000123")
    assert answer.status == 400
    assert "Everybody may read it: take it out" in answer.words
    assert "Ring Mrs Able" in answer.text
    assert (await desk.post(staff, address, note="")).status == 400
    assert "01603" not in (await desk.browser().get(f"/voice/plans/{plan}")).words


async def test_an_action_is_found_in_its_own_plan_only(desk: Desk) -> None:
    staff = desk.sign_in()
    plan, other = await planned(desk, staff), await planned(desk, staff, title="Another")
    action = await to_do(desk, staff, plan)
    address = f"/voice/team/plans/{other}/actions/{action}"
    assert (await staff.get(address)).status == 404
    assert (await desk.post(staff, f"{address}/note", note="x")).status == 404
    assert (await staff.get(f"/voice/team/plans/{other}/actions/none")).status == 404
    assert (await staff.get("/voice/team/plans/none/actions/new")).status == 404


async def test_the_form_of_an_action_can_be_opened_empty(desk: Desk) -> None:
    staff = desk.sign_in()
    plan = await planned(desk, staff)
    assert "Until when?" in (await staff.get(f"/voice/team/plans/{plan}/actions/new")).words
    assert "What is the plan called?" in (await staff.get("/voice/team/plans/new")).words
