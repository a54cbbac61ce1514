"""Agreements live: suspended by a party, ended, wound down, taken over by another provider; each counts at once, everywhere.

Companions take one protection out each and show what would be disclosed without it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from audit.reader import LogReader, Query
from consent.permissions import Given
from gateway.authority import Authority, AuthorityState
from gateway.consenting import Grant
from gateway.policy.live import AgreementCalendar
from gateway.suspending import SuspendingError
from gateway.views.pipeline import Parts
from gateway.views.values import RefusedError, View
from tests.promises.test_promise_2_withdrawal_is_immediate import (
    CredulousAuthority,
    nothing_leaves_after,
    outcome_of,
)
from tests.support.clock import FakeClock
from tests.support.replicas import AGREEMENT, Replica, replica
from tests.support.walk import CALLERS, EVERYTHING, RECORDS, Walk, policy_over, registers, walk

PARTY, OTHER_PARTY = "norwich-city-council", "harbour-charity"
SUPPORT = "low-level-support"
ASKED, HOME = ("triager", "early-help-triage"), ("norfolk-adviser", "interact-home-health")
"""Who asks, and why."""


@pytest.fixture
def elsewhere(way: Walk, tmp_path: Path) -> Iterator[Replica]:
    with replica(way, tmp_path) as other:
        yield other


async def refused(way: Walk, code: str, parts: Parts | None = None, *asked: str) -> str:
    """The promise: a 403 that says why, and no source is asked. Gives its words."""
    for source in way.sources.values():
        source.asked.clear()
    with pytest.raises(RefusedError) as raised:
        await way.ask(*(asked or ASKED), parts=parts)
    assert raised.value.refusal.code == code
    assert all(source.asked == [] for source in way.sources.values())
    return raised.value.refusal.detail


# Suspended by a party


async def test_a_suspension_counts_from_the_next_request_of_every_replica(
    way: Walk, elsewhere: Replica
) -> None:
    await way.allow()
    assert (await way.ask()).sections
    assert (await way.ask(parts=elsewhere.parts)).sections
    elsewhere.suspending.suspend(AGREEMENT, PARTY, "It was signed in haste")
    await refused(way, "agreement-suspended", elsewhere.parts)
    await refused(way, "agreement-suspended")
    elsewhere.suspending.resume(AGREEMENT, PARTY, "Signed again")
    assert (await way.ask()).sections


class Remembers(Authority):
    """Reads the row once and goes by that, as a replica would that is told of changes later."""

    known: AuthorityState | None = None

    def state(self) -> AuthorityState | None:
        self.known = self.known or super().state()
        return self.known

    def stands(self, tx: Connection, revision: int) -> bool:
        return True


async def test_without_reading_the_row_a_suspension_would_not_reach_the_other_replicas(
    way: Walk, tmp_path: Path, elsewhere: Replica
) -> None:
    await way.allow()
    with replica(way, tmp_path, authority=Remembers) as deaf:
        assert (await way.ask(parts=deaf.parts)).sections
        elsewhere.suspending.suspend(AGREEMENT, PARTY, "It was signed in haste")
        with pytest.raises(pytest.fail.Exception):
            await refused(way, "agreement-suspended", deaf.parts)


async def test_a_request_under_way_when_an_agreement_is_suspended_discloses_nothing(
    way: Walk, elsewhere: Replica
) -> None:
    await way.allow()

    async def suspends() -> None:
        elsewhere.suspending.suspend(AGREEMENT, PARTY, "It was signed in haste")

    view = await nothing_leaves_after(way, suspends)
    assert outcome_of(way, view.receipt) == ("empty", "policy")


async def test_without_the_guard_a_request_under_way_would_disclose_under_a_suspended_agreement(
    way: Walk, elsewhere: Replica
) -> None:
    await way.allow()

    async def suspends() -> None:
        elsewhere.suspending.suspend(AGREEMENT, PARTY, "It was signed in haste")

    credulous = replace(way.parts.recording, authority=CredulousAuthority(way.home.database))
    with pytest.raises(AssertionError):
        await nothing_leaves_after(way, suspends, way.without(recording=credulous))


async def test_an_agreement_that_two_parties_suspended_waits_for_both(way: Walk, elsewhere: Replica) -> None:
    await way.allow()
    for party in (PARTY, OTHER_PARTY):
        elsewhere.suspending.suspend(AGREEMENT, party, "It was signed in haste")
    elsewhere.suspending.resume(AGREEMENT, PARTY, "Signed again")
    await refused(way, "agreement-suspended")
    elsewhere.suspending.resume(AGREEMENT, OTHER_PARTY, "Signed again")
    assert (await way.ask()).sections


async def test_every_partys_officers_see_who_suspended_an_agreement_and_why(
    way: Walk, elsewhere: Replica
) -> None:
    elsewhere.suspending.suspend(AGREEMENT, PARTY, "  It was signed in haste ")
    elsewhere.suspending.resume(AGREEMENT, PARTY, "Signed again")
    reader = LogReader(way.home.database, way.home.log.store, way.home.keys)
    for party in registers().agreements[AGREEMENT].parties:
        resumed, suspended = reader.search(Query(party, kind="administration"))
        assert (suspended.outcome, resumed.outcome) == ("agreement-suspended", "agreement-resumed")
        opening = reader.open(suspended)
        assert opening is not None
        assert opening.detail["detail"] == {
            "agreement": AGREEMENT,
            "by": PARTY,
            "reason": "It was signed in haste",
        }
    assert reader.search(Query("age-well-norfolk", kind="administration")) == ()


@pytest.mark.parametrize(
    ("agreement", "by", "reason", "words"),
    [
        ("no-such-agreement", PARTY, "why", "there is no agreement no-such-agreement"),
        (AGREEMENT, "age-well-norfolk", "why", "age-well-norfolk is no party"),
        (AGREEMENT, PARTY, "  ", "say why"),
        (AGREEMENT, PARTY, "two\nlines", "say why"),
        (AGREEMENT, PARTY, "x" * 501, "say why"),
    ],
)
async def test_what_cannot_be_suspended_is_said_and_leaves_no_trace(
    way: Walk, elsewhere: Replica, agreement: str, by: str, reason: str, words: str
) -> None:
    before = way.home.authority.state()
    with pytest.raises(SuspendingError, match=words):
        elsewhere.suspending.suspend(agreement, by, reason)
    with pytest.raises(SuspendingError, match=words):
        elsewhere.suspending.resume(agreement, by, reason)
    assert way.home.authority.state() == before


async def test_what_is_so_already_is_said_and_leaves_no_trace(way: Walk, elsewhere: Replica) -> None:
    with pytest.raises(SuspendingError, match="not suspended by"):
        elsewhere.suspending.resume(AGREEMENT, PARTY, "why")
    elsewhere.suspending.suspend(AGREEMENT, PARTY, "why")
    head = way.home.log.store.head()
    with pytest.raises(SuspendingError, match="suspended by norwich-city-council already"):
        elsewhere.suspending.suspend(AGREEMENT, PARTY, "why")
    with pytest.raises(SuspendingError, match="not suspended by harbour-charity"):
        elsewhere.suspending.resume(AGREEMENT, OTHER_PARTY, "why")
    assert way.home.log.store.head() == head


# Ended


@pytest.fixture
async def spring(tmp_path: Path) -> AsyncIterator[Walk]:
    """The last afternoon of an agreement that ends with April 2026."""
    async with walk(tmp_path, clock=FakeClock(datetime(2026, 4, 30, 16, 0, tzinfo=UTC))) as opened:
        yield opened


async def test_after_the_end_a_permission_that_still_runs_opens_nothing_and_the_renewal_is_named(
    spring: Walk,
) -> None:
    await spring.allow(*HOME)
    assert (await spring.ask(*HOME)).sections
    assert isinstance(spring.home.clock, FakeClock)
    spring.home.clock.advance(timedelta(days=1).total_seconds())
    told = await refused(spring, "agreement-ended", None, *HOME)
    assert "Its renewal is interact-home-health-2026." in told


class Standing(AgreementCalendar):
    """Goes by what was in force when it was first asked."""

    first: frozenset[str] | None = None

    def in_force(self, at: datetime) -> frozenset[str]:
        self.first = super().in_force(at) if self.first is None else self.first
        return self.first

    def next_change(self, at: datetime) -> datetime | None:
        return None


async def test_without_the_calendar_an_ended_agreement_would_go_on(spring: Walk) -> None:
    await spring.allow(*HOME)
    policy = replace(policy_over(registers(), spring.engine), calendar=Standing(registers()))
    parts = spring.under(policy)
    assert (await spring.ask(*HOME, parts=parts)).sections
    assert isinstance(spring.home.clock, FakeClock)
    spring.home.clock.advance(timedelta(days=1).total_seconds())
    with pytest.raises(pytest.fail.Exception):
        await refused(spring, "agreement-ended", parts, *HOME)


# Wound down, and taken over by another provider


@pytest.fixture
async def autumn(tmp_path: Path) -> AsyncIterator[Walk]:
    """Two weeks before Newleaf Support takes floating support over from Steadfast Support, on 1 October 2026."""
    async with walk(tmp_path, clock=FakeClock(datetime(2026, 9, 17, 10, 0, tzinfo=UTC))) as opened:
        yield opened


async def in_october(way: Walk) -> None:
    assert isinstance(way.home.clock, FakeClock)
    way.home.clock.advance(timedelta(days=21).total_seconds())


async def sees_nothing(way: Walk, who: str, parts: Parts | None = None) -> View:
    """The promise: the same empty view as of anybody who never allowed it; no source is asked."""
    for source in way.sources.values():
        source.asked.clear()
    view = await way.ask(who, SUPPORT, parts=parts)
    assert view.sections == ()
    assert all(source.asked == [] for source in way.sources.values())
    return view


async def test_whoever_allowed_it_before_the_winding_down_is_helped_on(autumn: Walk) -> None:
    await autumn.allow("steadfast", SUPPORT)
    await in_october(autumn)
    assert (await autumn.ask("steadfast", SUPPORT)).sections


async def test_a_permission_given_while_an_agreement_is_wound_down_counts_for_nothing(autumn: Walk) -> None:
    await in_october(autumn)
    await autumn.allow("steadfast", SUPPORT)
    await sees_nothing(autumn, "steadfast")


class Timeless(AgreementCalendar):
    """Does not ask when a permission was given."""

    def wound_down_after(self, given: datetime) -> frozenset[str]:
        return frozenset(registers().agreements)


async def test_without_its_day_a_permission_given_while_an_agreement_is_wound_down_would_count(
    autumn: Walk,
) -> None:
    await in_october(autumn)
    await autumn.allow("steadfast", SUPPORT)
    policy = replace(policy_over(registers(), autumn.engine), calendar=Timeless(registers()))
    with pytest.raises(AssertionError):
        await sees_nothing(autumn, "steadfast", autumn.under(policy))


async def test_a_provider_that_takes_over_inherits_nothing_and_asks_anew(autumn: Walk) -> None:
    await autumn.allow("steadfast", SUPPORT)
    await in_october(autumn)
    await sees_nothing(autumn, "newleaf")
    await autumn.allow("newleaf", SUPPORT)
    assert (await autumn.ask("newleaf", SUPPORT)).sections


async def test_a_permission_to_whoever_does_the_work_is_none_to_the_provider_that_takes_over(
    autumn: Walk,
) -> None:
    grant = Grant(SUPPORT, "*", EVERYTHING, frozenset(RECORDS), None)
    await autumn.consenting.give(autumn.person.key, grant, Given("assisted", autumn.person.id))
    await in_october(autumn)
    await sees_nothing(autumn, "newleaf")


async def test_a_permission_that_did_name_both_providers_would_be_inherited(autumn: Walk) -> None:
    """The companion: were permissions to follow the work, this is what the new provider would see."""
    both = frozenset(CALLERS[who].organisation for who in ("steadfast", "newleaf"))
    await autumn.allow("steadfast", SUPPORT)
    (given,) = autumn.home.ledger.standing(autumn.person.key).permissions
    with autumn.home.database.write() as tx:
        autumn.home.ledger.give(
            tx, autumn.person.key, replace(given, id="c_both", recipients=both), autumn.home.clock.now()
        )
    await in_october(autumn)
    with pytest.raises(AssertionError):
        await sees_nothing(autumn, "newleaf")
