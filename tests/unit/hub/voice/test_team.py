"""The team: writing down what was said by phone and on paper, reading it, and sorting it."""

from __future__ import annotations

from datetime import date

import pytest

from hub.voice import heard
from hub.voice.codes import digest_of, new_code
from tests.unit.hub.browser import Answer
from tests.unit.hub.fakes import Desk
from tests.unit.hub.voice.steps import (
    SAID,
    YOU_SAID,
    all_heard,
    all_items,
    ask,
    code_in,
    listed,
    save,
    say,
)

PHONE = {
    "channel": "phone",
    "said-day": "21",
    "said-month": "11",
    "said-year": "2026",
    "hours": "out",
    "about": "service",
    "words": "The night line is good",
    "answer": "no",
}


async def write_down(desk: Desk, **changes: str) -> Answer:
    answer: Answer = await desk.post(desk.sign_in(), "/voice/team/write-down", **{**PHONE, **changes})
    return answer


@pytest.mark.parametrize("address", ["/voice/team", "/voice/team/write-down", "/voice/team/plans"])
async def test_only_the_team_finds_its_pages(desk: Desk, address: str) -> None:
    assert (await desk.browser().get(address)).status == 403
    assert (await desk.sign_in("wensum-valley-practice", "gp").get(address)).status == 404
    assert (await desk.sign_in().get(address)).status == 200


async def test_the_first_page_leads_the_team_to_its_own_page(desk: Desk) -> None:
    answer = await desk.sign_in().get("/")
    assert 'href="/voice/team"' in answer.text


async def test_a_call_at_a_weekend_is_written_down_with_who_took_it_down_and_when(desk: Desk) -> None:
    answer = await write_down(desk)
    assert (answer.status, answer.headers["location"]) == (303, "/voice/team/written")
    (one,) = all_heard(desk)
    assert (one.channel, one.said_on, one.out_of_hours) == ("phone", date(2026, 11, 21), True)
    assert one.taken_by == "Joy Alder, Listener, Age Well Norfolk"
    assert one.words_end == date(2027, 2, 21)
    page = await desk.sign_in().get(f"/voice/team/heard/{one.id}")
    assert "21 November 2026 , out of hours" in page.words or "21 November 2026, out of hours" in page.words
    assert "Joy Alder, Listener, Age Well Norfolk" in page.words
    assert "destroy the paper" in (await desk.sign_in().get("/voice/team/written")).words


async def test_a_caller_who_wants_the_answer_is_given_a_code(desk: Desk) -> None:
    answer = await write_down(desk, answer="new")
    assert answer.status == 200
    assert "We have not read it yet" in (await ask(desk, code_in(answer))).words


async def test_the_code_of_a_paper_works_once_it_was_written_down(desk: Desk) -> None:
    code = new_code()
    assert "We do not know this code" in (await ask(desk, code)).words
    await write_down(desk, channel="paper", answer="paper", code=code.lower().replace("-", ""))
    assert "We have not read it yet" in (await ask(desk, code)).words
    assert all_heard(desk)[0].code == digest_of(code)


async def test_one_code_does_not_stand_for_two_papers(desk: Desk) -> None:
    code = new_code()
    await write_down(desk, channel="paper", answer="paper", code=code)
    answer = await write_down(desk, channel="paper", answer="paper", code=code, words="Another")
    assert answer.status == 400
    assert "This code stands for something else already." in answer.words
    assert len(all_heard(desk)) == 1


async def test_a_group_counts_as_its_people(desk: Desk) -> None:
    await write_down(desk, channel="group", people="9")
    assert all_heard(desk)[0].people == 9


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"channel": "web"}, "Choose how they said it"),
        ({"channel": "group", "people": "1"}, "Write how many people were in the group, from 2 to 500"),
        ({"channel": "group", "people": "nine"}, "Write how many people were in the group"),
        ({"said-day": "31", "said-month": "2"}, "Write the day on which they said it"),
        ({"said-day": "", "said-month": "", "said-year": ""}, "Write the day on which they said it"),
        ({"said-day": "24"}, "Write a day that is not in the future"),
        ({"said-month": "7"}, "Write a day in the last 3 months"),
        ({"hours": ""}, "Choose at what time they said it"),
        ({"about": "gossip"}, "Choose what it is about"),
        ({"words": ""}, "Write what they said"),
        ({"answer": ""}, "Choose if they want to see the answer"),
        ({"answer": "paper", "code": "K7QP"}, "Copy the code as it is on the paper"),
    ],
)
async def test_what_is_missing_is_asked_for(desk: Desk, changes: dict[str, str], told: str) -> None:
    answer = await write_down(desk, **changes)
    assert answer.status == 400
    assert told in answer.words
    assert all_heard(desk) == []


async def test_where_too_much_waits_the_team_is_told_to_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard, "UNREAD_MAXIMUM", 0)
    answer = await write_down(desk)
    assert answer.status == 400
    assert "Too much waits to be read." in answer.words
    assert "The night line is good" in answer.text


async def test_the_team_sees_what_waits_and_what_ends_soon(desk: Desk) -> None:
    staff = desk.sign_in()
    assert "Nothing waits to be read." in (await staff.get("/voice/team")).words
    await say(desk)
    page = await staff.get("/voice/team")
    assert "1 thing waits to be read." in page.words
    assert "voice-late" not in page.text
    desk.clock.go_on(days=80)
    staff = desk.sign_in()
    await say(desk)
    page = await staff.get("/voice/team")
    assert "2 things wait to be read." in page.words
    assert page.text.count("voice-late") == 1


async def test_a_new_thing_stands_on_the_list_for_the_team_only(desk: Desk) -> None:
    await say(desk)
    staff = desk.sign_in()
    item = await listed(desk, staff)
    assert (item.status, item.public, item.about) == ("heard", False, "form")
    (one,) = all_heard(desk)
    assert (one.state, one.item) == ("listed", item.id)
    assert YOU_SAID in (await staff.get("/voice/team")).words
    assert YOU_SAID not in (await desk.browser().get("/voice/you-said")).words
    assert YOU_SAID in (await staff.get(f"/voice/team/heard/{one.id}")).words


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"you_said": SAID}, "Say it in your own words, not as it was said"),
        ({"you_said": "Ring 01603 000123"}, "This looks like a phone number"),
        ({"you_said": ""}, "Write in your own words what they said"),
        ({"you_said": "x" * 301}, "Write 300 letters at most"),
        ({"theme": "weather"}, "Choose a theme"),
        ({"owner": "nobody"}, "Choose who answers"),
    ],
)
async def test_what_cannot_stand_on_the_list_is_told(desk: Desk, changes: dict[str, str], told: str) -> None:
    await say(desk)
    (one,) = all_heard(desk)
    form = {"you_said": YOU_SAID, "theme": "forms", "owner": "partnership", **changes}
    answer = await desk.post(desk.sign_in(), f"/voice/team/heard/{one.id}/new", **form)
    assert answer.status == 400
    assert told in answer.words
    assert all_items(desk) == []


async def test_what_others_said_before_joins_them(desk: Desk) -> None:
    staff = desk.sign_in()
    await say(desk)
    item = await listed(desk, staff)
    await say(desk, "Nobody answers the phone")
    other = next(one for one in all_heard(desk) if one.state == "new")
    assert (await desk.post(staff, f"/voice/team/heard/{other.id}/join", item="")).status == 400
    assert (await desk.post(staff, f"/voice/team/heard/{other.id}/join", item=item.id)).status == 303
    assert {one.item for one in all_heard(desk)} == {item.id}


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("one-person", "We cannot answer this here"),
        ("unclear", "We did not understand it"),
        ("unkind", "It says hurtful things about somebody."),
        ("nothing", "It is not about what we do."),
    ],
)
async def test_what_is_put_aside_is_told_with_its_reason_to_whoever_has_the_code(
    desk: Desk, reason: str, told: str
) -> None:
    code = code_in(await say(desk, answer="yes"))
    (one,) = all_heard(desk)
    address = f"/voice/team/heard/{one.id}"
    staff = desk.sign_in()
    assert (await desk.post(staff, f"{address}/aside", reason="boring")).status == 400
    assert (await desk.post(staff, f"{address}/aside", reason=reason)).status == 303
    assert told in (await ask(desk, code)).words
    assert "Not on the list" in (await staff.get(address)).words


async def test_what_shows_who_it_is_can_be_taken_out_and_the_rest_once_it_is_sorted(desk: Desk) -> None:
    await say(desk, "I am Planted Name and the form is hard")
    (one,) = all_heard(desk)
    address, staff = f"/voice/team/heard/{one.id}", desk.sign_in()
    for words, status in (("", 400), ("x" * 2001, 400), ("The form is hard", 303)):
        assert (await desk.post(staff, f"{address}/words", words=words)).status == status
    assert all_heard(desk)[0].words == "The form is hard"
    await desk.post(staff, f"{address}/aside", reason="unclear")
    assert (await desk.post(staff, f"{address}/words", words="")).status == 303
    assert all_heard(desk)[0].words is None
    assert "The words were deleted." in (await staff.get(address)).words
    answer = await desk.post(staff, f"{address}/words", words="back again")
    assert (answer.status, all_heard(desk)[0].words) == (400, None)


async def test_a_thing_that_is_gone_is_no_page(desk: Desk) -> None:
    staff = desk.sign_in()
    assert (await staff.get("/voice/team/heard/none")).status == 404
    assert (await staff.get("/voice/team/items/none")).status == 404
    assert (await desk.post(staff, "/voice/team/items/none", you_said="x")).status == 404


async def test_a_form_without_the_pages_token_changes_nothing(desk: Desk) -> None:
    await say(desk)
    (one,) = all_heard(desk)
    answer = await desk.sign_in().post(f"/voice/team/heard/{one.id}/aside", {"reason": "unclear"})
    assert answer.status == 403
    assert all_heard(desk)[0].state == "new"


async def test_how_a_thing_went_on_is_shown_to_the_team_with_who_changed_it(desk: Desk) -> None:
    await say(desk)
    staff = desk.sign_in()
    item = await listed(desk, staff)
    await save(desk, staff, item, status="doing")
    page = await staff.get(f"/voice/team/items/{item.id}")
    assert "We have heard it 23 November 2026, Joy Alder" in page.words
    assert "We are doing it 23 November 2026, Joy Alder" in page.words
    assert "23 November 2026, on this website" in page.words
