"""What was said ends, and nothing tells who said it: the database's files and the logs are searched."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import structlog
from sqlmodel import Session

from hub.voice.feature import sweep
from tests.unit.hub.browser import Answer
from tests.unit.hub.fakes import Desk
from tests.unit.hub.voice.steps import SAID, all_heard, ask, code_in, listed, say

PLANTED = {
    "x-forwarded-for": "203.0.113.77",
    "x-real-ip": "203.0.113.78",
    "forwarded": "for=203.0.113.79",
    "user-agent": "PlantedBrowser/77.1 (PlantedPhone)",
    "accept-language": "cy-planted",
    "referer": "https://hub.test/voice?from=planted-referer",
    "cookie": "planted=planted-cookie",
    "sec-ch-ua": "planted-hints",
}


def on_disk(folder: Path) -> bytes:
    """All that the database's files hold, the write-ahead log with them."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("hub.db*")))


async def test_a_round_of_the_background_leaves_no_ended_words_in_any_file_while_the_hub_runs(
    desk: Desk,
) -> None:
    await say(desk)
    assert SAID.encode() in on_disk(desk.folder)
    desk.clock.go_on(days=90)
    await desk.hub.background.sweep()
    assert SAID.encode() not in on_disk(desk.folder)


def swept(desk: Desk) -> int:
    now = desk.clock.now()
    return desk.hub.parts.database.write_now(lambda session: sweep(session, now))


async def test_nothing_of_who_sent_it_is_in_the_database_or_in_the_logs(
    desk: Desk, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        code = code_in(await say_with(desk, PLANTED, answer="yes"))
        # A page that fails writes a line, too.
        desk.hub.parts.database.write_now(drop)
        assert (await say_with(desk, PLANTED, words="Planted words")).status == 500
    assert any(line["event"] == "page-failed" for line in logs), "the failing page left no line to search"
    kept = on_disk(desk.folder)
    assert SAID.encode() in kept, "what was said is not where the search looks"
    printed = capfd.readouterr()
    everything = kept + (str(logs) + caplog.text + printed.out + printed.err).encode()
    for header in (*PLANTED.values(), "127.0.0.1", code, code.replace("-", "")):
        assert header.encode() not in everything
    for marker in (b"203.0.113", b"lanted"):
        assert marker not in everything


async def say_with(desk: Desk, headers: dict[str, str], words: str = SAID, **more: str) -> Answer:
    return await desk.browser().post("/voice", {"about": "form", "words": words, **more}, **headers)


def drop(session: Session) -> None:
    session.connection().exec_driver_sql("ALTER TABLE voice_heard RENAME TO voice_gone")


async def test_the_words_end_on_their_day_in_the_files_too_and_the_code_still_answers(desk: Desk) -> None:
    code = code_in(await say(desk, answer="yes"))
    await listed(desk, desk.sign_in())
    desk.clock.go_on(days=89)
    assert swept(desk) == 0
    assert all_heard(desk)[0].words == SAID
    desk.clock.go_on(days=1)
    assert swept(desk) == 1
    assert swept(desk) == 0
    (one,) = all_heard(desk)
    assert (one.words, one.taken_by, one.state) == (None, None, "listed")
    assert "We have read it" in (await ask(desk, code)).words
    desk.hub.parts.database.settle()
    assert SAID.encode() not in on_disk(desk.folder)


async def test_words_that_nobody_read_in_time_end_all_the_same_and_the_code_says_sorry(desk: Desk) -> None:
    code = code_in(await say(desk, answer="yes"))
    desk.clock.go_on(days=90)
    assert swept(desk) == 1
    (one,) = all_heard(desk)
    assert (one.state, one.aside, one.words) == ("aside", "too-late", None)
    assert "We did not read it in time" in (await ask(desk, code)).words
    page = await desk.sign_in().get(f"/voice/team/heard/{one.id}")
    assert "Its words ended before anybody had read them" in page.words


async def test_the_code_ends_too_and_the_number_of_people_stays(desk: Desk) -> None:
    code = code_in(await say(desk, answer="yes"))
    item = await listed(desk, desk.sign_in())
    desk.clock.go_on(days=730)
    assert swept(desk) == 1
    assert "We do not know this code" in (await ask(desk, code)).words
    (one,) = all_heard(desk)
    assert (one.code, one.item, one.people) == (None, item.id, 1)


async def test_anybody_may_read_how_long_words_are_kept(desk: Desk) -> None:
    words = (await desk.browser().get("/what-is-kept")).words
    assert "What people told us, in their own words" in words
    assert "90 days after it reached us" in words
