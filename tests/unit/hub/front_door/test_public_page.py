"""/concern: anybody's concern, with the least possible data, and nothing typed lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from hub.database import Database
from hub.front_door.limits import HourlyLimit
from tests.unit.hub.fakes import NOW, Desk
from tests.unit.hub.front_door.house import CONCERN, all_items, front_door_in


async def test_anybody_can_say_what_worries_them_without_signing_in(desk: Desk) -> None:
    browser = desk.browser()
    page = await browser.get("/concern")
    assert page.status == 200
    assert "What happens with it" in page.words
    assert "<script" not in page.text
    answer = await browser.post("/concern", CONCERN)
    assert answer.status == 303
    (item,) = all_items(desk)
    assert answer.headers["location"] == f"/concern/thanks/{item.reference}"
    assert (item.themes, item.soon, item.state, item.agreed) == ("damp", "soon", "new", "yes")
    thanks = await browser.get(answer.headers["location"])
    assert item.reference in thanks.words
    assert browser.cookies == {}


async def test_what_was_typed_is_still_there_when_something_is_missing(desk: Desk) -> None:
    answer = await desk.browser().post("/concern", {**CONCERN, "themes": "", "soon": ""})
    assert answer.status == 400
    for kept in ("The bedroom wall is black.", "01632 960123", "Mornings, leave no message", 'value="Ana"'):
        assert kept in answer.text
    assert "Choose what is the matter" in answer.words
    assert all_items(desk) == []


async def test_the_same_form_sent_twice_on_a_bad_line_is_one_concern(desk: Desk) -> None:
    page = await desk.browser().get("/concern")
    entry = re.search(r'name="entry" value="([^"]+)"', page.text)
    assert entry is not None
    answers = [await desk.browser().post("/concern", {**CONCERN, "entry": entry[1]}) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    assert len(all_items(desk)) == 1


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"agreed": "no", "whose": "theirs"}, "They did not say yes. Let us get in touch with you"),
        ({"agreed": "knows", "whose": "mine", "words": "Ring 01632 960 555"}, "looks like a phone number"),
        ({"agreed": "no", "whose": "mine", "words": "at NR2 1AB"}, "looks like a postcode"),
        ({"agreed": "no", "whose": "mine", "words": "a@b.test"}, "looks like an email address"),
        ({}, "Choose if they know about this"),
    ],
)
async def test_of_somebody_who_did_not_agree_nothing_is_taken_to_find_them_by(
    desk: Desk, typed: dict[str, str], fault: str
) -> None:
    answer = await desk.browser().post("/concern", {**CONCERN, "about": "other", **typed})
    assert answer.status == 400
    assert fault in answer.words
    assert all_items(desk) == []


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"reach": ""}, "Write a phone number, an email address or a place"),
        ({"words": "x" * 501}, "Write 500 letters at most. This has 501"),
        ({"words": "a\x00b"}, "Take out signs that cannot be read"),
        ({"about": "nobody"}, "Choose who needs help"),
    ],
)
async def test_a_fault_is_told_beside_its_field(desk: Desk, typed: dict[str, str], fault: str) -> None:
    answer = await desk.browser().post("/concern", {**CONCERN, **typed})
    assert answer.status == 400
    assert answer.words.count(fault) >= 2
    assert "Error: Tell us what worries you" in answer.words


async def test_a_concern_that_cannot_be_kept_stays_on_the_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Database, work: object) -> None:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr(Database, "write_now", broken)
    answer = await desk.browser().post("/concern", CONCERN)
    assert answer.status == 503
    assert "Nothing was sent. What you wrote is still below. Try again in a few minutes" in answer.words
    assert "The bedroom wall is black." in answer.text


async def test_a_flood_is_stopped_for_an_hour_and_loses_nobodys_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_FRONT_DOOR_PER_HOUR", "1")
    desk = front_door_in(tmp_path)
    assert (await desk.browser().post("/concern", CONCERN)).status == 303
    answer = await desk.browser().post("/concern", CONCERN)
    assert answer.status == 429
    assert "Try again in an hour" in answer.words
    assert "The bedroom wall is black." in answer.text
    desk.clock.go_on(hours=1)
    assert (await desk.browser().post("/concern", CONCERN)).status == 303
    desk.hub.parts.database.close()


async def test_a_form_that_another_site_sends_is_not_taken(desk: Desk) -> None:
    answer = await desk.browser().post("/concern", CONCERN, origin="https://elsewhere.test")
    assert answer.status == 403
    assert all_items(desk) == []


async def test_leaving_leads_to_a_harmless_page(desk: Desk) -> None:
    assert (await desk.browser().get("/concern/leave")).headers["location"].startswith("https://www.bbc")


@pytest.mark.parametrize("reference", ["short", "<b>bad</b>", "abcdef"])
async def test_the_page_of_thanks_repeats_no_strangers_words(desk: Desk, reference: str) -> None:
    assert (await desk.browser().get(f"/concern/thanks/{reference}")).status == 404


def test_a_limit_counts_an_hour_and_forgets_it() -> None:
    limit = HourlyLimit(1)
    assert [limit.take(NOW), limit.take(NOW)] == [True, False]


async def test_staff_write_a_concern_down_and_the_team_is_led_to_it(desk: Desk) -> None:
    nurse = desk.sign_in("norwich-acute-hospital", "ae-nurse", name="Kit", subject="kit")
    assert (await nurse.get("/front-door/new")).status == 200
    assert (await nurse.get("/front-door")).status == 404
    answer = await desk.post(nurse, "/front-door/new", **CONCERN)
    (item,) = all_items(desk)
    assert (item.channel, item.organisation) == ("staff", "norwich-acute-hospital")
    told = await nurse.get(answer.headers["location"])
    assert item.reference in told.words
    faulty = await desk.post(nurse, "/front-door/new", **{**CONCERN, "themes": ""})
    assert faulty.status == 400
    assert "The bedroom wall is black." in faulty.text
    wes = desk.sign_in("norwich-help-hub", "hub-triager", subject="wes")
    answer = await desk.post(wes, "/front-door/new", **CONCERN)
    assert answer.headers["location"].startswith("/front-door/items/")


async def test_strangers_are_asked_to_sign_in_for_the_list(desk: Desk) -> None:
    assert (await desk.browser().get("/front-door")).status == 403


def test_two_references_are_never_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub.front_door import items
    from hub.front_door.concerns import Concern

    given = iter(["AAAAAA", "AAAAAA", "BBBBBB"])
    monkeypatch.setattr(items, "new_reference", lambda: next(given))

    def work(session: Session) -> list[str]:
        concerns = [
            Concern(f"entry-{one}-of-the-form", "me", "yes", ("damp",), "soon", "", "", "x", "mine", "")
            for one in range(2)
        ]
        return [items.add(session, one, "web", None, NOW).reference for one in concerns]

    assert desk.hub.parts.database.write_now(work) == ["AAAAAA", "BBBBBB"]
