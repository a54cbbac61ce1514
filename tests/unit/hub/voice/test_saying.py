"""Saying something on the website: what is taken, what is asked for again, and what is limited."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hub.voice import heard
from hub.voice.codes import digest_of
from hub.voice.feature import FEATURE
from hub.voice.saying import out_of_hours
from tests.unit.hub.fakes import NOW, Desk, hub_in
from tests.unit.hub.voice.conftest import VOICE_PARTNERS
from tests.unit.hub.voice.steps import SAID, all_heard, ask, code_in, say


async def test_the_form_is_open_to_everybody_and_asks_for_no_name(desk: Desk) -> None:
    answer = await desk.browser().get("/voice")
    assert answer.status == 200
    assert "We do not ask who you are." in answer.words
    assert "set-cookie" not in answer.headers
    assert 'name="name"' not in answer.text
    assert "<script" not in answer.text


async def test_what_was_said_is_kept_with_its_day_and_nothing_else(desk: Desk) -> None:
    answer = await say(desk)
    assert (answer.status, answer.headers["location"]) == (303, "/voice/thanks")
    assert "set-cookie" not in answer.headers
    (one,) = all_heard(desk)
    assert one.model_dump(exclude={"id"}) == {
        "channel": "web",
        "about": "form",
        "words": SAID,
        "people": 1,
        "said_on": date(2026, 11, 23),
        "out_of_hours": False,
        "taken_by": None,
        "words_end": date(2027, 2, 21),
        "code": None,
        "code_ends": date(2028, 11, 22),
        "state": "new",
        "item": None,
        "aside": None,
    }
    assert "You did not ask for a code" in (await desk.browser().get("/voice/thanks")).words


async def test_whoever_wants_the_answer_gets_a_code_of_which_only_the_digest_is_kept(desk: Desk) -> None:
    answer = await say(desk, answer="yes")
    code = code_in(answer)
    (one,) = all_heard(desk)
    assert one.code == digest_of(code)
    assert "We have not read it yet" in (await ask(desk, code)).words


async def test_a_form_sent_twice_on_a_bad_line_is_kept_once_and_shows_one_code(desk: Desk) -> None:
    code = "K7QP-3MXD-9T2W"
    first, second = [await say(desk, answer="yes", code=code) for _ in range(2)]
    assert code_in(first) == code_in(second) == code
    assert len(all_heard(desk)) == 1


async def test_a_page_that_is_used_again_for_other_words_gives_a_code_of_their_own(desk: Desk) -> None:
    code = "K7QP-3MXD-9T2W"
    await say(desk, answer="yes", code=code)
    other = code_in(await say(desk, "Something else", answer="yes", code=code))
    assert other != code
    assert {one.words for one in all_heard(desk)} == {SAID, "Something else"}
    assert "We have not read it yet" in (await ask(desk, other)).words


async def test_what_is_missing_is_asked_for_and_nothing_typed_is_lost(desk: Desk) -> None:
    answer = await desk.browser().post("/voice", {"words": "It is <b>good</b>", "answer": "yes"})
    assert answer.status == 400
    assert "Choose what it is about" in answer.words
    assert "It is &lt;b&gt;good&lt;/b&gt;" in answer.text
    assert "checked" in answer.text
    assert "<title>Error: " in answer.text
    assert all_heard(desk) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("", "Write what you think"),
        ("x" * 2001, "Write 2,000 letters at most. This has 2,001"),
        ("bell \a", "Take out signs that cannot be read"),
    ],
)
async def test_words_that_cannot_be_kept_are_told_apart(desk: Desk, words: str, told: str) -> None:
    answer = await say(desk, words)
    assert answer.status == 400
    assert told in answer.words
    assert all_heard(desk) == []


async def test_lines_stay_lines(desk: Desk) -> None:
    await say(desk, "one\r\ntwo")
    assert all_heard(desk)[0].words == "one\ntwo"


async def test_a_form_filled_by_a_program_is_not_kept_and_a_person_is_told_what_to_do(desk: Desk) -> None:
    answer = await say(desk, website="https://example.org")
    assert answer.status == 400
    assert "Leave this box empty" in answer.words
    assert SAID in answer.text
    assert all_heard(desk) == []


async def test_a_form_of_another_site_is_not_taken(desk: Desk) -> None:
    answer = await desk.browser().post(
        "/voice", {"about": "form", "words": SAID}, origin="https://elsewhere.example"
    )
    assert answer.status == 403
    assert all_heard(desk) == []


async def test_too_much_in_one_hour_closes_the_form_keeps_the_words_and_opens_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_VOICE_PER_HOUR", "2")
    desk = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    assert [(await say(desk)).status for _ in range(3)] == [303, 303, 429]
    answer = await say(desk, "Is anybody there?")
    assert "We cannot take this just now" in answer.words
    assert "Is anybody there?" in answer.text
    desk.clock.go_on(hours=1)
    assert (await say(desk)).status == 303
    desk.hub.parts.database.close()


async def test_where_too_much_waits_to_be_read_no_more_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heard, "UNREAD_MAXIMUM", 1)
    assert (await say(desk)).status == 303
    answer = await say(desk)
    assert answer.status == 503
    assert "We cannot take this just now" in answer.words


async def test_the_paper_form_has_a_code_of_its_own_each_time(desk: Desk) -> None:
    first, second = [await desk.browser().get("/voice/paper") for _ in range(2)]
    assert code_in(first) != code_in(second)
    assert first.text.count(code_in(first)) == 2
    assert "Somebody looked at my information" in first.words


async def test_other_ways_are_shown_where_there_are_some(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HUB_VOICE_TELEPHONE", "01603 000000")
    monkeypatch.setenv("HUB_VOICE_OUT_OF_HOURS", "leave a message")
    monkeypatch.setenv("HUB_VOICE_POST_TO", "FREEPOST YOUR VOICE")
    desk = hub_in(tmp_path, (FEATURE,), VOICE_PARTNERS)
    words = (await desk.browser().get("/voice")).words
    assert "Ring us: 01603 000000. At night and at weekends: leave a message." in words
    assert "post it to FREEPOST YOUR VOICE" in words
    desk.hub.parts.database.close()


async def test_leaving_leads_to_a_page_that_tells_nothing(desk: Desk) -> None:
    answer = await desk.browser().get("/voice/leave")
    assert (answer.status, answer.headers["location"]) == (303, "https://www.bbc.co.uk/weather")


@pytest.mark.parametrize(
    ("at", "out"),
    [
        (NOW, False),
        (datetime(2026, 11, 23, 8, 59, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), True),
        # Summer time: 8:30 in UTC is half past nine in Norwich.
        (datetime(2026, 7, 1, 8, 30, tzinfo=UTC), False),
    ],
)
def test_evenings_nights_and_weekends_are_out_of_hours(at: datetime, out: bool) -> None:
    assert out_of_hours(at) is out
