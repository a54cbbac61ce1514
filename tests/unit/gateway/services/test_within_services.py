"""The services of somebody who acts refuse what is beyond their scope also where no page leads to it, and write it down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit.entries import Kind
from audit.reader import LogReader
from consent.permissions import Given
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import NotPossible, Resident
from consent.portal.requests_ports import Reply
from consent.representing.store import Representations
from core.errors import ClosedError
from gateway.consenting import Grant
from gateway.services.acting import Acting
from gateway.services.could_see import NOBODY, PolicyServices
from gateway.services.renewing import Renewing
from gateway.services.requests import ResidentRequests
from tests.support.asking import PURPOSE, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import COUNCIL, walk

COUNTY = "norfolk-county-council"
ONE = Reply(frozenset({"tenancy"}), 7)


@pytest.fixture
async def asks(tmp_path: Path) -> AsyncIterator[Asks]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield asks_over(way)


def acting(asks: Asks) -> Acting:
    home = asks.way.home
    representations = Representations(home.database, home.keys)
    return Acting(representations, home.locator, home.handles, home.keys, home.committer, home.clock)


def resident(asks: Asks, *sections: str) -> Resident:
    authority = ActingFor("a_1", "p_rep", "attorney", "aunt", frozenset(sections), None)
    return Resident(asks.way.person.id, "Ben", "token", "P9", authority)


def refusals(asks: Asks) -> int:
    home = asks.way.home
    reader = LogReader(home.database, home.log.store, home.keys)
    found = reader.of_tag(asks.way.person.key.tag, [Kind.CONSENT.value], None, 50)
    return sum(one.outcome == "acting-refused" for one in found)


async def test_a_request_beyond_the_scope_is_neither_allowed_nor_declined_and_the_try_is_written_down(
    asks: Asks,
) -> None:
    await asks.ask()
    (request,) = asks.waiting
    person = asks.way.person.id
    served = ResidentRequests(asks.asking, asks.consenting, acting(asks)).serving(resident(asks, "tenancy"))
    assert await served.waiting(person) == ()
    assert await served.asked(person, request.id) is None
    with pytest.raises(NotPossible):
        await served.allow(person, request.id, ONE)
    with pytest.raises(NotPossible):
        await served.decline(person, request.id)
    assert refusals(asks) == 2
    with pytest.raises(NotPossible):
        await served.decline(person, "nobody's")
    assert asks.waiting[0].answer is None
    assert refusals(asks) == 2


async def test_what_was_answered_is_for_the_person_alone_to_read(asks: Asks) -> None:
    await asks.ask()
    (request,) = asks.waiting
    person, own = asks.way.person.id, ResidentRequests(asks.asking, asks.consenting, acting(asks))
    served = own.serving(resident(asks, "tenancy", "home-condition"))
    assert served.serving(replace(resident(asks), acting=None)) is own
    found = await served.asked(person, request.id)
    assert found is not None
    assert (found.seen, found.instead) == (None, ())
    await own.decline(person, request.id)
    assert await served.asked(person, request.id) is None


async def test_what_is_beyond_the_scope_or_the_time_is_not_kept(asks: Asks) -> None:
    way = asks.way
    home, clock = way.home, way.home.clock
    args = (home.database, home.ledger, home.keys, asks.consenting, way.parts.policy, clock)
    grant = Grant(
        PURPOSE,
        COUNTY,
        {"tenancy": frozenset({"status"})},
        frozenset({COUNCIL}),
        clock.now() + timedelta(days=9),
    )
    one = (await asks.consenting.give(way.person.key, grant, Given("portal", way.person.id))).value.id
    own = Renewing(*args, acting(asks))
    with pytest.raises(NotPossible):
        await own.serving(resident(asks, "debts")).keep(way.person.id, one, 30)
    assert refusals(asks) == 1
    held = resident(asks, "tenancy")
    assert held.acting is not None
    short = replace(held, acting=replace(held.acting, until=clock.now() + timedelta(days=2)))
    with pytest.raises(NotPossible):
        await own.serving(short).keep(way.person.id, one, 30)
    longer = replace(held, acting=replace(held.acting, until=clock.now() + timedelta(days=20)))
    done = await own.serving(longer).keep(way.person.id, one, 15)
    assert done.permitted is not None
    assert own.serving(replace(held, acting=None)) is own


async def test_who_could_look_at_nobody_is_nobody_and_nothing_is_served_where_nobody_acts(asks: Asks) -> None:
    own = PolicyServices(asks.way.parts, acting(asks))
    served = own.serving(resident(asks, "tenancy"))
    assert await served.who_could_look("p_nobody") == NOBODY
    assert served.serving(replace(resident(asks), acting=None)) is own
    with pytest.raises(ClosedError):
        PolicyServices(asks.way.parts).serving(resident(asks, "tenancy"))
