"""Whoever is referred learns of it by the channel they chose: once, with nothing of it, and alike outside for everybody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import text

import gateway.referrals.sending
from consent.requests.store import Requests
from core.vocabulary import Label
from gateway.channels.messages import Text
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About, By
from gateway.channels.worker import Messenger
from gateway.idempotency.store import Idempotency
from gateway.messaging import StillWanted
from gateway.reach.reaching import Reaching
from gateway.reach.wishes import Wishes, WishStore
from gateway.referrals.records import HELD_FOR
from gateway.referrals.telling import tell
from tests.promises.test_promise_1_audit_or_nothing import FAULTS
from tests.support.asking import FakeChannel
from tests.support.clock import FakeClock
from tests.support.referring import PLANTED, RECEIVER, SENDER, WHY, Refers, refers
from tests.support.walk import NHS_NUMBER, STRANGER_NUMBER, Walk

CHOSEN = Wishes(channel="email", address="somebody@mail.test", others_read=False, language="pl")


@dataclass
class Told:
    """A gateway's messenger, and what it sent."""

    desk: Refers
    channel: FakeChannel
    messenger: Messenger

    async def messages(self) -> int:
        """How many leave now."""
        return await self.messenger.look()

    def wishes(self, wishes: Wishes) -> None:
        home = self.desk.way.home
        with home.database.write() as tx:
            WishStore(home.database).put(tx, home.keys.get(self.desk.way.person.id), wishes)

    def rows(self) -> int:
        with self.desk.way.home.database.read() as tx:
            return int(tx.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def told_by(desk: Refers) -> Told:
    home, channel = desk.way.home, FakeChannel()
    messenger = Messenger(
        Outbox(home.database),
        Reaching(WishStore(home.database), home.locator, home.clock),
        (channel,),
        StillWanted(Requests(home.database), home.ledger, home.keys, home.clock),
        home.clock,
        "https://gateway.test/portal/",
        lambda language: lambda words: f"[{language}] {words}",
    )
    return Told(desk, channel, messenger)


@pytest.fixture
def told(way: Walk) -> Told:
    found = told_by(refers(way))
    found.wishes(CHOSEN)
    return found


async def nothing_of_it_is_said(told: Told) -> None:
    """The promise: what is sent names nobody, and says nothing of what the referral says, nor whose it is."""
    one = await told.desk.sent()
    assert await told.messages() == 1
    (message,) = told.channel.sent
    assert (message.by, message.address, message.about) == (By.EMAIL, CHOSEN.address, About.REFERRAL)
    said = f"{message.subject} {message.body}".casefold()
    for secret in (
        PLANTED,
        WHY,
        "grandchildren",
        "damp",
        SENDER,
        RECEIVER,
        "harbour",
        "advice",
        NHS_NUMBER,
        one,
    ):
        assert secret.casefold() not in said + message.reference
    assert said.count("https://") == 1
    assert message.subject == "[pl] News for you at OnceTold"


async def told_once(told: Told) -> None:
    """The promise: a referral or a step that is sent again, because nobody knows if it came through, is told of once."""
    first = await told.desk.send(key="one-and-the-same-key")
    assert first.status == 201
    assert await told.messages() == 1
    again = await told.desk.send(key="one-and-the-same-key")
    assert again.document["id"] == first.document["id"]
    assert await told.messages() == 0
    one = str(first.document["id"])
    for step, tells in (("collection", 0), ("acceptance", 1), ("acceptance", 0)):
        assert (await told.desk.step(one, step)).status == 200
        assert await told.messages() == tells
    for tells in (1, 0):
        assert (await told.desk.step(one, "closing", body={"outcomes": ["moved"]})).status == 200
        assert await told.messages() == tells


async def alike_for(told: Told, numbers: tuple[str | None, ...]) -> None:
    """The promise: one row whoever it is, so that neither what is written nor its time tells who can be reached."""
    for number in numbers:
        before = told.rows()
        await told.desk.sent(person=... if number is None else told.desk.handle(nhs_number=number))
        assert told.rows() == before + 1
        await told.messages()


async def test_the_person_is_told_and_nothing_of_it_is_said(told: Told) -> None:
    await nothing_of_it_is_said(told)


async def test_did_a_message_say_why_the_promise_would_break(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chatty(_about: About, _address: str, _translate: Callable[[str], str]) -> Text:
        return Text("[pl] News for you at OnceTold", f"https://gateway.test/portal/ {WHY}")

    monkeypatch.setattr("gateway.channels.worker.text_of", chatty)
    with pytest.raises(AssertionError):
        await nothing_of_it_is_said(told)


async def test_the_person_is_told_once_and_never_twice(told: Told) -> None:
    await told_once(told)


async def test_were_it_not_known_that_it_was_sent_before_the_person_would_be_told_twice(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing_made(_self: Idempotency, _tx: object, _once: object, _now: object) -> None:
        return None

    def keep_nothing(_self: Idempotency, _tx: object, _once: object, _made: str, _now: object) -> None:
        return None

    monkeypatch.setattr(Idempotency, "made", nothing_made)
    monkeypatch.setattr(Idempotency, "keep", keep_nothing)
    with pytest.raises(AssertionError):
        await told_once(told)


async def test_outside_it_is_alike_whoever_is_told(told: Told) -> None:
    await alike_for(told, (NHS_NUMBER, STRANGER_NUMBER, None))
    assert len(told.channel.sent) == 1


async def test_were_only_people_told_whom_we_know_it_would_show(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_people_only(tx, outbox, key, status, now):  # type: ignore[no-untyped-def] # as `tell`
        if tx.execute(text("SELECT 1 FROM person WHERE id = :id"), {"id": key.subject}).first():
            tell(tx, outbox, key, status, now)

    monkeypatch.setattr(gateway.referrals.sending, "tell", of_people_only)
    with pytest.raises(AssertionError):
        await alike_for(told, (NHS_NUMBER, STRANGER_NUMBER))


@pytest.mark.parametrize("body", [{"reason": "full"}, {"reason": "unsafe"}])
async def test_that_it_was_refused_is_told_too(told: Told, body: dict[str, object]) -> None:
    one = await told.desk.sent()
    await told.messages()
    await told.desk.step(one, "refusal", body=body)
    assert await told.messages() == 1


async def test_that_nobody_fetched_it_is_told_and_what_was_taken_back_is_not(told: Told) -> None:
    back, stopped, left = [await told.desk.sent() for _ in range(3)]
    assert await told.messages() == 1
    await told.desk.step(back, "withdrawal", "sender")
    await told.desk.stopped(stopped)
    assert await told.messages() == 0
    clock = told.desk.way.home.clock
    assert isinstance(clock, FakeClock)
    clock.advance(HELD_FOR.total_seconds())
    assert (await told.desk.read(left, "sender")).document["status"] == "expired"
    assert await told.messages() == 1


async def test_nobody_is_told_of_what_was_not_recorded(told: Told) -> None:
    FAULTS["the-writer-has-stopped"](told.desk.way.home)
    assert (await told.desk.send()).status == 503
    assert told.rows() == 0


@pytest.mark.parametrize("wishes", [Wishes(), Wishes(channel="none"), Wishes("email", "a@mail.test", True)])
async def test_whoever_chose_no_channel_that_is_theirs_alone_is_not_told(told: Told, wishes: Wishes) -> None:
    told.wishes(wishes)
    await told.desk.sent()
    assert (await told.messages(), told.rows()) == (0, 0)


async def test_whom_a_message_would_endanger_is_not_told(told: Told) -> None:
    home = told.desk.way.home
    with home.database.write() as tx:
        home.locator.observe_label(tx, told.desk.way.person, Label.VERY_RESTRICTED, home.clock.now())
    await told.desk.sent()
    assert (await told.messages(), told.rows()) == (0, 0)


async def test_a_person_without_a_number_whom_nobody_knows_is_nobody_to_be_told(way: Walk) -> None:
    found = told_by(refers(way))
    await found.desk.sent(person=...)
    assert (await found.messages(), found.channel.sent, found.rows()) == (0, [], 0)
