"""The network is cut in the middle of a referral: at each step, at each kind of place, and at places by chance.

A real gateway stands at the other end of a real line (tests/integration/hub/line.py). The hub is not told what happened.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.gateway import Gateway, GatewayAwayError
from hub.gateway_answers import Referral, Sent
from hub.inbox import Inbox
from hub.outbox import Outbox
from hub.partners import Organisation
from hub.tables import Outgoing
from hub.tokens import Token
from tests.integration.hub.cutting import CARYS, STEPS, Journey, rig
from tests.integration.hub.line import Cut, Part, Way
from tests.support.running import RunningGateway, running

PLACES = {
    "before the head of the request is through": Cut("head", 0.5),
    "in the middle of the request": Cut("body", 0.5),
    "after the request and before any byte of the answer": Cut("answer", 0),
    "in the middle of the answer": Cut("answer", 0.7),
    "and nothing is heard until the hub's time is over": Cut("answer", 0, "silent"),
    "and connections are refused for a while": Cut("head", 0, "refused"),
}
PARTS: tuple[Part, ...] = ("head", "body", "answer")
WAYS: tuple[Way, ...] = ("closed", "reset")
SECONDS, ROUNDS = 20, 60


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    """A gateway without a hub beside it: the hubs of these tests take in what arrives."""
    with running(tmp_path_factory.mktemp("cut")) as found:
        yield found


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Whatever goes wrong here is printed with this."""
    try:
        yield
    except Exception as error:
        error.add_note(what)
        raise


async def no_referral_is_lost_none_delivered_twice_and_the_sender_told_what_is_true(
    house: RunningGateway, folder: Path, step: str, cut: Cut
) -> None:
    """The mission's words, for one referral and one cut."""
    async with rig(house, folder) as found:
        journey = Journey.begun(found)
        await journey.go(step, cut)
        await journey.came_through()


@pytest.mark.parametrize("place", PLACES)
async def test_network_cut_in_the_middle_of_a_referral_none_lost_none_twice_the_sender_told_what_is_true(
    house: RunningGateway, tmp_path: Path, place: str
) -> None:
    async with rig(house, tmp_path) as found:
        for step in STEPS:
            journey = Journey.begun(found)
            with telling(f"{step}, {place}"):
                await journey.go(step, PLACES[place])
                await journey.came_through()


async def test_network_cut_at_any_byte_of_a_referral_none_lost_none_twice_the_sender_told_what_is_true(
    house: RunningGateway, tmp_path: Path
) -> None:
    seed = secrets.randbelow(1_000_000)
    chance, begun = random.Random(seed), time.monotonic()
    async with rig(house, tmp_path) as found:
        for at in range(ROUNDS):
            if time.monotonic() - begun > SECONDS:
                break
            step = STEPS[at % len(STEPS)]
            cut = Cut(chance.choice(PARTS), chance.random(), chance.choice(WAYS))
            journey = Journey.begun(found)
            with telling(f"seed {seed}, round {at}: {step}, {cut}"):
                await journey.go(step, cut)
                await journey.came_through()


async def test_a_referral_whose_answer_was_lost_is_found_although_its_sender_never_comes_back(
    house: RunningGateway, tmp_path: Path
) -> None:
    async with rig(house, tmp_path) as found:
        journey = Journey.begun(found)
        found.line.cut_at("send", Cut("answer", 0))
        await journey._refer()
        await journey.says_what_is_true()
        sessions = found.hub.parts.doors.sessions
        sessions._by_digest.clear()
        await found.line.mend()
        for _ in range(3):
            await found.round()
        assert journey.told().state == "collected", "it was there all the time"
        assert found.line.reached["send"] == 1, "nobody sent it again"
        assert len(await journey.at_the_gateway()) == 1
        journey.carys = found.browser(CARYS)
        await journey.says_what_is_true()


async def test_with_another_key_at_each_try_a_referral_is_delivered_twice(
    house: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Gateway.send_referral

    async def careless(self: Gateway, token: Token, body: bytes, _: str) -> Sent:
        return await send(self, token, body, secrets.token_urlsafe(24))

    monkeypatch.setattr(Gateway, "send_referral", careless)
    with pytest.raises(AssertionError, match="delivered twice"):
        await no_referral_is_lost_none_delivered_twice_and_the_sender_told_what_is_true(
            house, tmp_path, "send", Cut("answer", 0)
        )


async def test_acknowledged_before_it_is_kept_a_referral_is_lost(
    house: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Inbox._take

    async def careless(self: Inbox, organisation: Organisation, listed: Referral) -> bool:
        content = await self.gateway.referral(await self.tokens(organisation), listed.id)
        await self.gateway.collect(await self.tokens(organisation), content.id)
        return await take(self, organisation, listed)

    monkeypatch.setattr(Inbox, "_take", careless)
    with pytest.raises(AssertionError, match="lost"):
        await no_referral_is_lost_none_delivered_twice_and_the_sender_told_what_is_true(
            house, tmp_path, "collect", Cut("answer", 0.5)
        )


async def test_an_answer_that_never_came_taken_for_a_yes_is_told_and_is_not_true(
    house: RunningGateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = Outbox._try

    async def careless(self: Outbox, row: Outgoing) -> bool:
        try:
            return await attempt(self, row)
        except GatewayAwayError:
            return await self._done(row, None, "sent")

    monkeypatch.setattr(Outbox, "_try", careless)
    with pytest.raises(AssertionError, match="not true: sent, but it is not-sent-yet"):
        await no_referral_is_lost_none_delivered_twice_and_the_sender_told_what_is_true(
            house, tmp_path, "send", Cut("head", 0.5)
        )
