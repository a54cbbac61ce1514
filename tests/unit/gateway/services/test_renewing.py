"""What ends soon is told with how it was used, and the same again is kept for as long as it may last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from consent.permissions import Given
from consent.portal.ports import NotPossible
from core.times import to_ms
from gateway.channels.ports import About
from gateway.consenting import Grant
from gateway.messaging import StillWanted
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Status
from gateway.services.renewing import Renewing
from tests.support.asking import PURPOSE, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import COUNCIL, PRACTICE, policy_over, registers, walk

COUNTY = "norfolk-county-council"
DAY = timedelta(days=1)
TENANCY = {"tenancy": frozenset({"status", "tenancy_type"})}


class Ends:
    """Something allowed for 60 days, of which 50 are over."""

    def __init__(self, asks: Asks) -> None:
        self.asks = asks
        way = asks.way
        self.person, self.key, self.home = way.person.id, way.person.key, way.home
        assert isinstance(way.home.clock, FakeClock)
        self.clock = way.home.clock
        self.renewing = Renewing(
            way.home.database, way.home.ledger, way.home.keys, asks.consenting, way.parts.policy, self.clock
        )

    async def give(self, grant: Grant | None = None, days: int = 60) -> str:
        given = grant or Grant(PURPOSE, COUNTY, TENANCY, frozenset({COUNCIL, PRACTICE}), None)
        until = self.clock.now() + days * DAY
        by = Given("portal", self.person)
        committed = await self.asks.consenting.give(self.key, replace(given, until=until), by)
        return committed.value.id

    def later(self, days: float) -> None:
        self.clock.advance(days * DAY.total_seconds())


@pytest.fixture
async def ends(tmp_path: Path) -> AsyncIterator[Ends]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield Ends(asks_over(way))


async def test_nothing_is_said_until_two_weeks_before_the_end(ends: Ends) -> None:
    await ends.give()
    ends.later(45.9)
    assert await ends.renewing.endings(ends.person) == ()
    ends.later(0.1)
    (ending,) = await ends.renewing.endings(ends.person)
    assert (ending.used, ending.last_used, ending.days) == (0, None, 60)
    ends.later(14)
    assert await ends.renewing.endings(ends.person) == ()


async def test_how_often_it_was_used_comes_from_the_log(ends: Ends) -> None:
    await ends.asks.way.allow(sections=TENANCY)
    await ends.asks.way.ask(sections=frozenset({"tenancy"}))
    ends.later(1)
    await ends.give()
    for _ in range(2):
        ends.later(1)
        await ends.asks.way.ask(sections=frozenset({"tenancy"}))
    last = ends.clock.now()
    ends.later(46)
    (ending,) = await ends.renewing.endings(ends.person)
    assert (ending.used, ending.last_used) == (2, last)
    assert ending.since == last - 2 * DAY


async def test_keeping_it_gives_the_same_from_now_on(ends: Ends) -> None:
    permission = await ends.give()
    ends.later(50)
    done = await ends.renewing.keep(ends.person, permission, 60)
    assert done.permitted is not None
    (kept,) = ends.home.ledger.standing(ends.key).permissions
    assert kept.id != permission
    assert kept.sections == TENANCY
    assert kept.until == ends.clock.now() + 60 * DAY
    assert await ends.renewing.endings(ends.person) == ()
    with pytest.raises(NotPossible):
        await ends.renewing.keep(ends.person, permission, 60)


async def test_no_longer_than_its_purpose_lets_it_last(ends: Ends) -> None:
    permission = await ends.give()
    ends.later(50)
    for days in (91, 0):
        with pytest.raises(NotPossible) as problem:
            await ends.renewing.keep(ends.person, permission, days)
        assert "shorter" in problem.value.words


async def test_no_wider_than_the_agreement_is_today(ends: Ends) -> None:
    wide = {"tenancy": TENANCY["tenancy"] | {"no-longer-there"}, "offence-risk": frozenset({"risk"})}
    permission = await ends.give(Grant(PURPOSE, COUNTY, wide, frozenset({COUNCIL}), None))
    ends.later(50)
    (ending,) = await ends.renewing.endings(ends.person)
    assert [kind.section for kind in ending.offer.kinds] == ["tenancy"]
    await ends.renewing.keep(ends.person, permission, 30)
    (kept,) = ends.home.ledger.standing(ends.key).permissions
    assert kept.sections == TENANCY


async def test_what_is_being_wound_down_ends_and_cannot_be_kept(ends: Ends) -> None:
    permission = await ends.give()
    ends.later(50)
    known = registers()
    winding = replace(
        known,
        agreements={name: replace(one, status=Status.WINDING_DOWN) for name, one in known.agreements.items()},
    )
    policy = LivePolicy(policy_over(winding, ends.asks.way.engine))
    renewing = replace(ends.renewing, policy=policy)
    (ending,) = await renewing.endings(ends.person)
    assert ending.offer.kinds == ()
    assert ending.offer.organisation_name == known.organisations[COUNTY].title
    with pytest.raises(NotPossible) as problem:
        await renewing.keep(ends.person, permission, 30)
    assert "it ends" in problem.value.words


async def test_what_was_never_given_by_the_pages_is_not_offered(ends: Ends) -> None:
    grant = Grant("*", COUNTY, TENANCY, frozenset({COUNCIL}), None)
    await ends.give(grant)
    ends.later(50)
    (ending,) = await ends.renewing.endings(ends.person)
    assert ending.offer.kinds == ()


async def test_somebody_erased_has_nothing_that_ends(ends: Ends) -> None:
    permission = await ends.give()
    ends.later(50)
    ends.home.keys.erase(ends.person, to_ms(ends.clock.now()))
    assert await ends.renewing.endings(ends.person) == ()
    with pytest.raises(NotPossible):
        await ends.renewing.keep(ends.person, permission, 30)


async def test_without_a_row_in_the_ledger_keeping_is_refused(ends: Ends) -> None:
    permission = await ends.give()
    ends.later(50)
    found = ends.renewing._standing(ends.person, permission)
    with ends.home.database.write() as tx:
        tx.execute(text("DELETE FROM person_state"))

    class Late(Renewing):
        def _standing(self, person: str, permission_id: str):  # type: ignore[no-untyped-def] # what was read a moment ago
            return found

    renewing = ends.renewing
    late = Late(
        ends.home.database, renewing.ledger, renewing.keys, renewing.consenting, renewing.policy, ends.clock
    )
    with pytest.raises(NotPossible) as problem:
        await late.keep(ends.person, permission, 30)
    assert "Sign in again" in problem.value.words


async def test_a_message_is_wanted_only_while_there_is_something_to_tell(ends: Ends) -> None:
    wanted = StillWanted(ends.asks.requests, ends.home.ledger, ends.home.keys, ends.clock)
    assert not await wanted(ends.person, About.REQUEST)
    assert not await wanted(ends.person, About.ENDING)
    await ends.asks.ask()
    await ends.give()
    assert await wanted(ends.person, About.REQUEST)
    ends.later(50)
    assert not await wanted(ends.person, About.REQUEST)
    assert await wanted(ends.person, About.ENDING)
    ends.home.keys.erase(ends.person, to_ms(ends.clock.now()))
    assert not await wanted(ends.person, About.ENDING)
