"""Referrals on both databases, and by two gateways over one of them at once: one step is taken, and both are told it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from gateway.referrals.receiving import Receiving
from gateway.referrals.records import Referral
from gateway.referrals.states import MisfitError, Reason, Status, Step
from gateway.referrals.store import Referrals
from tests.support.referring import RECEIVER, SCOPES, SENDER, Refers, refers
from tests.support.replicas import replica
from tests.support.teams import sent_to_team, team_of
from tests.support.walk import caller, walk

COLLECTED, WITHDRAWN = Step(Status.COLLECTED), Step(Status.WITHDRAWN)
REFUSED = Step(Status.REFUSED, reason=Reason.FULL)


@dataclass
class Two:
    """Two gateways over one database."""

    desk: Refers
    one: Receiving
    other: Receiving

    async def take(self, by: Receiving, referral: str, step: Step) -> Referral | MisfitError:
        """What whoever takes a step is told."""
        who = caller(SENDER if step.is_senders else RECEIVER, "adviser", scopes=SCOPES)
        try:
            return await by.step(who, referral, step, "req_test")
        except MisfitError as error:
            return error

    def outcomes(self) -> list[str]:
        with self.desk.way.home.database.read() as tx:
            found = tx.execute(text('SELECT outcome FROM log_entry_detail ORDER BY "index"')).scalars()
            return [str(one) for one in found if str(one).startswith("ref")]

    def write(self, statement: str) -> None:
        with self.desk.way.home.database.write() as tx:
            tx.execute(text(statement))


@pytest.fixture
async def two(urls: tuple[str, str], tmp_path: Path) -> AsyncIterator[Two]:
    async with walk(tmp_path, urls, clock=SystemClock()) as way:
        with replica(way, tmp_path) as other:
            desk = refers(way)
            second = Receiving(other.parts, Referrals(other.parts.database, other.keys))
            yield Two(desk, desk.receiving, second)


async def test_of_two_collections_at_once_one_is_taken_and_both_are_told_the_same(two: Two) -> None:
    for _ in range(3):
        one, before = await two.desk.sent(), len(two.outcomes())
        told = await asyncio.gather(
            *(two.take(by, one, COLLECTED) for by in (two.one, two.other, two.one, two.other))
        )
        assert all(isinstance(each, Referral) and each.status is Status.COLLECTED for each in told)
        assert len({each.changed_at for each in told if isinstance(each, Referral)}) == 1
        assert two.outcomes()[before:] == ["referral-collected"]


async def test_of_two_different_ends_at_once_one_holds_and_the_other_is_told_it(two: Two) -> None:
    for _ in range(3):
        one = await two.desk.sent()
        told = await asyncio.gather(two.take(two.one, one, WITHDRAWN), two.take(two.other, one, REFUSED))
        (stands,) = [each for each in told if isinstance(each, Referral)]
        (misfit,) = [each for each in told if isinstance(each, MisfitError)]
        assert misfit.status is stands.status
        found = two.desk.referrals.find(one)
        assert found is not None
        assert found.status is stands.status
        assert two.desk.standing() == ()


async def test_what_is_due_is_ended_once_by_whoever_comes_by(two: Two) -> None:
    one = await two.desk.sent()
    two.write("UPDATE referral SET held_until_ms = 1")
    await asyncio.gather(two.one.expire_due(), two.other.expire_due(), two.one.expire_due())
    assert two.outcomes() == ["referred", "referral-expired"]
    found = two.desk.referrals.find(one)
    assert found is not None
    assert found.status is Status.EXPIRED


async def test_one_key_sent_twice_at_once_makes_one_referral(two: Two) -> None:
    body = two.desk.body()
    headers = {"idempotency-key": "one-and-the-same"}
    told = await asyncio.gather(
        *(two.desk.call("POST", "/v1/referrals", "sender", body, headers) for _ in range(4))
    )
    assert {each.status for each in told} == {201}
    assert len({str(each.document["id"]) for each in told}) == 1
    assert two.outcomes() == ["referred"]


async def test_pages_hold_each_once_even_of_one_moment(two: Two) -> None:
    made = {await two.desk.sent() for _ in range(5)}
    two.write("UPDATE referral SET sent_ms = 1795000000000")
    now, found, after = two.desk.parts.clock.now(), [], None
    while page := two.desk.referrals.page(SENDER, "out", None, after, now, 2):
        found += [one.id for one in page]
        after = (1795000000000, page[-1].id)
    assert found == sorted(made, reverse=True)


async def test_one_of_a_team_finds_each_once_and_by_its_state(two: Two) -> None:
    desk = team_of(two.desk.way)
    made = {await sent_to_team(desk) for _ in range(5)}
    two.write("UPDATE referral_team SET sent_ms = 1795000000000")
    now, found, after = desk.parts.clock.now(), [], None
    while page := desk.referrals.page("norwich-city-council", "with", None, after, now, 2):
        found += [one.id for one in page]
        after = (1795000000000, page[-1].id)
    assert found == sorted(made, reverse=True)
    assert (await desk.step(found[0], "withdrawal", "carys")).status == 200
    (ended,) = desk.referrals.page("norwich-city-council", "with", Status.WITHDRAWN, None, now, 10)
    assert ended.id == found[0]
    two.write(f"UPDATE referral SET gone_ms = 1 WHERE id = '{ended.id}'")  # noqa: S608 - an id of ours
    assert desk.referrals.purge(now) == 1
    assert ended.id not in {
        one.id for one in desk.referrals.page("norwich-city-council", "with", None, None, now, 9)
    }


async def test_a_state_is_found_as_it_counts_now(two: Two) -> None:
    waits, due, orphaned = [await two.desk.sent() for _ in range(3)]
    two.write(f"UPDATE referral SET held_until_ms = 1 WHERE id = '{due}'")  # noqa: S608 - ids of ours
    two.write(f"DELETE FROM referral_person WHERE referral = '{orphaned}'")  # noqa: S608
    now = two.desk.parts.clock.now()
    for status, one in ((Status.SENT, waits), (Status.EXPIRED, due), (Status.WITHDRAWN, orphaned)):
        (found,) = two.desk.referrals.page(RECEIVER, "in", status, None, now, 10)
        assert found.id == one
        assert found.at(now).status is status
    # Whose person is gone has nothing to be ended.
    assert two.desk.referrals.due(now, 10) == (due,)


async def test_what_is_over_long_ago_goes_with_what_is_beside_it(two: Two) -> None:
    gone, stays = [await two.desk.sent() for _ in range(2)]
    two.write(f"UPDATE referral SET gone_ms = 1 WHERE id = '{gone}'")  # noqa: S608
    now = two.desk.parts.clock.now()
    assert two.desk.referrals.purge(now) == 1
    assert two.desk.referrals.find(gone) is None
    assert [one.id for one, _ in two.desk.referrals.of_person(two.desk.way.person.id)] == [stays]
    assert two.desk.referrals.purge(now + timedelta(days=1)) == 0
