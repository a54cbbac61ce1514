"""Messages leave after the commit, once when all goes well, and none is lost; what they say names nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog.testing

from core.errors import ClosedError
from gateway.channels.messages import text_of
from gateway.channels.outbox import FIRST_PAUSE, LONGEST_PAUSE, Outbox, pause
from gateway.channels.ports import About, By, NobodyReachable, NotSentError, Reachable
from gateway.channels.worker import TRIES_MAXIMUM, Messenger
from tests.support.asking import FakeChannel, FakeReach
from tests.support.clock import FakeClock
from tests.support.house import House, house, sqlite_urls

PERSON = "p_somebody"
PORTAL = "https://oncetold.test/portal/"
DAY = timedelta(days=1)


class Sending:
    """A messenger over a real outbox, and what it sends to."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.outbox = Outbox(home.database)
        self.reach = FakeReach()
        self.channel = FakeChannel()
        self.wants = True
        clock = home.clock
        assert isinstance(clock, FakeClock)
        self.clock = clock
        self.messenger = Messenger(self.outbox, self.reach, (self.channel,), self.wanted, clock, PORTAL)

    async def wanted(self, _person: str, _about: About) -> bool:
        return self.wants

    def put(self, person: str = PERSON, about: About = About.REQUEST, after: timedelta = timedelta()) -> None:
        with self.home.database.write() as tx:
            self.outbox.put(tx, person, about, self.clock.now() + after)

    def left(self) -> int:
        """How many would still be sent some time."""
        return len(self.outbox.take(self.clock.now() + 1000 * DAY))


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    with house(*sqlite_urls(tmp_path), FakeClock()) as home:
        yield Sending(home)


async def test_a_message_is_sent_once_and_names_nobody(sending: Sending) -> None:
    sending.put()
    assert await sending.messenger.look() == 1
    assert await sending.messenger.look() == 0
    (message,) = sending.channel.sent
    assert (message.by, message.address, message.about) == (By.EMAIL, "somebody@mail.test", About.REQUEST)
    assert message.subject == "Somebody asks you something at OnceTold"
    assert PORTAL in message.body
    for word in (PERSON, message.reference, "county", "council", "health", "debt"):
        assert word not in f"{message.subject} {message.body}".casefold()
    assert sending.left() == 0


@pytest.mark.parametrize("about", list(About))
def test_every_message_says_the_same_to_everybody_and_links_to_the_front_door_only(about: About) -> None:
    text = text_of(about, PORTAL, str)
    assert text.body.count("http") == 1
    assert f"{PORTAL}\n" in text.body
    assert "You can choose there how we reach you, or that we never do." in text.body
    assert text_of(about, PORTAL, lambda words: f"po polsku: {words}").subject == f"po polsku: {text.subject}"


async def test_several_requests_make_one_message_and_endings_come_on_their_day(sending: Sending) -> None:
    for _ in range(3):
        sending.put()
    sending.put(about=About.ENDING, after=DAY)
    sending.put("p_another")
    assert await sending.messenger.look() == 2
    sending.clock.advance(DAY.total_seconds())
    assert await sending.messenger.look() == 1
    assert [one.about for one in sending.channel.sent] == [About.REQUEST, About.REQUEST, About.ENDING]


async def test_two_endings_of_one_day_make_one_message(sending: Sending) -> None:
    sending.put(about=About.ENDING)
    sending.put(about=About.ENDING)
    assert await sending.messenger.look() == 1
    assert await sending.messenger.look() == 0
    assert sending.left() == 0


async def test_whoever_is_not_to_be_reached_is_not(sending: Sending) -> None:
    sending.reach.reachable = None
    sending.put()
    assert await sending.messenger.look() == 0
    assert (sending.channel.sent, sending.left()) == ([], 0)
    assert await NobodyReachable().of(PERSON) is None


async def test_the_settings_count_as_they_are_when_it_is_sent(sending: Sending) -> None:
    sending.channel.faults = [NotSentError("busy", again=True)]
    sending.put()
    assert await sending.messenger.look() == 0
    sending.reach.reachable = None
    sending.clock.advance(FIRST_PAUSE.total_seconds())
    assert await sending.messenger.look() == 0
    assert (sending.channel.sent, sending.left()) == ([], 0)


async def test_what_is_answered_meanwhile_is_told_to_nobody(sending: Sending) -> None:
    sending.put()
    sending.wants = False
    assert await sending.messenger.look() == 0
    assert (sending.channel.sent, sending.reach.asked, sending.left()) == ([], [], 0)


async def test_quiet_hours_are_waited_out_and_count_as_no_try(sending: Sending) -> None:
    morning = sending.clock.now() + timedelta(hours=9)
    assert sending.reach.reachable is not None
    sending.reach.reachable = replace(sending.reach.reachable, not_before=morning)
    sending.put()
    assert await sending.messenger.look() == 0
    sending.clock.advance(timedelta(hours=9).total_seconds())
    (due,) = sending.outbox.take(sending.clock.now())
    assert due.tries == 1
    sending.clock.advance(FIRST_PAUSE.total_seconds())
    assert await sending.messenger.look() == 1


async def test_a_failure_is_tried_again_later_and_later_and_under_the_same_reference(
    sending: Sending,
) -> None:
    sending.put()
    seen = []
    for tries in range(1, 4):
        sending.channel.faults = [NotSentError("busy", again=True)]
        assert await sending.messenger.look() == 0
        assert await sending.messenger.look() == 0
        seen.append(pause(tries))
        sending.clock.advance(pause(tries).total_seconds())
    assert seen == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]
    assert await sending.messenger.look() == 1
    assert pause(40) == LONGEST_PAUSE


async def test_what_can_never_be_taken_is_given_up_at_once_and_the_rest_after_its_tries(
    sending: Sending,
) -> None:
    sending.put()
    sending.channel.faults = [NotSentError("address-unusable", again=False)]
    assert await sending.messenger.look() == 0
    assert sending.left() == 0
    sending.put()
    sending.channel.faults = [NotSentError("busy", again=True)] * TRIES_MAXIMUM
    for tries in range(1, TRIES_MAXIMUM + 1):
        await sending.messenger.look()
        sending.clock.advance(pause(tries).total_seconds())
    assert (sending.channel.faults, sending.channel.sent, sending.left()) == ([], [], 0)


async def test_a_process_that_is_killed_while_it_sends_loses_none(sending: Sending) -> None:
    sending.put()
    (taken,) = sending.outbox.take(sending.clock.now())
    # The process is gone here; another finds nothing until the lease is over.
    assert await sending.messenger.look() == 0
    sending.clock.advance(FIRST_PAUSE.total_seconds())
    assert await sending.messenger.look() == 1
    assert sending.channel.sent[0].reference == taken.id


async def test_one_that_fails_unexpectedly_holds_up_none_of_the_others(sending: Sending) -> None:
    sending.put()
    sending.put("p_another")
    sending.channel.faults = [ClosedError("key store", "secret words")]
    with structlog.testing.capture_logs() as lines:
        assert await sending.messenger.look() == 1
    assert "secret words" not in str(lines)
    assert "somebody@mail.test" not in str(lines)
    sending.clock.advance(FIRST_PAUSE.total_seconds())
    assert await sending.messenger.look() == 1


async def test_what_no_channel_carries_is_said_to_the_operator_and_given_up(sending: Sending) -> None:
    sending.reach.reachable = Reachable(By.TEXT, "01632 960001")
    sending.put()
    with structlog.testing.capture_logs() as lines:
        assert await sending.messenger.look() == 0
    assert [line["event"] for line in lines] == ["messages.no-channel"]
    assert "01632" not in str(lines) + str(sending.reach.reachable)
    assert sending.left() == 0


async def test_it_goes_on_after_a_round_that_failed_until_it_is_stopped(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = asyncio.Event()
    rounds = 0

    async def look(_self: Messenger) -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise ClosedError("database", "gone")
        looked.set()
        return 0

    monkeypatch.setattr(Messenger, "look", look)
    monkeypatch.setattr("gateway.channels.worker.EVERY_SECONDS", 0.0)
    task = asyncio.create_task(sending.messenger.run(0.0))
    await asyncio.wait_for(looked.wait(), 30)
    task.cancel()
    sending.messenger.start()
    await sending.messenger.stop()
    await sending.messenger.stop()
    assert rounds >= 2
