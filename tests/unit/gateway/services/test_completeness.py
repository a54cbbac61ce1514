"""Up to which day a history is complete: everybody's day, never one that a hold of their own would give away."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from audit import retired
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from consent.portal.ports import Complete
from core.times import to_ms
from core.unit_of_work import only
from gateway.retaining import Retaining
from gateway.retention import Retention
from gateway.reviews.opening import COUNTERSIGN_WITHIN
from gateway.services.completeness import MARGIN, cut_off
from tests.support.walk import registers
from tests.unit.gateway.services.looking import enquiry, history
from tests.unit.gateway.services.served import Served, choice

DAY = 24 * 3600
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LONGEST = max(one.hold_back.look_again_days for one in registers().purposes.values() if one.hold_back)


async def complete(served: Served) -> Complete:
    found = await served.residents.complete(served.person)
    assert found is not None
    return found


def test_the_day_is_the_first_of_a_month_and_older_than_the_longest_hold_can_be_unseen() -> None:
    for days in range(400):
        now = NOW + timedelta(days=days)
        day = cut_off(now, registers(), None)
        assert day.day == 1
        assert now.date() - day >= timedelta(days=LONGEST) + COUNTERSIGN_WITHIN + MARGIN
        assert now.date() - day <= timedelta(days=LONGEST + 31 + 1) + COUNTERSIGN_WITHIN + MARGIN


@pytest.mark.parametrize(
    ("oldest", "day"),
    [
        (None, date(2026, 11, 1)),
        (datetime(2026, 11, 20, tzinfo=UTC), date(2026, 11, 1)),
        (datetime(2026, 8, 15, tzinfo=UTC), date(2026, 8, 1)),
        (datetime(2026, 8, 1, 12, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_an_older_hold_of_anybody_stops_the_day_of_everybody(oldest: datetime | None, day: date) -> None:
    assert cut_off(NOW, replace(registers(), purposes={}), oldest) == day
    assert oldest is None or cut_off(NOW, registers(), oldest) <= oldest.date()


async def test_what_is_older_than_the_day_is_counted_and_newer_things_are_not(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    await served.way.ask()
    assert (await complete(served)).many == 0
    served.clock.advance((LONGEST + 60) * DAY)
    await served.way.ask()
    found = await complete(served)
    assert found.many == len(await history(served)) - 1
    assert found.kept_since is None


async def test_neither_day_nor_number_tells_that_a_look_is_held_back(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    served.clock.advance((LONGEST + 60) * DAY)
    before = await complete(served)
    await enquiry(served)
    assert await complete(served) == before


async def test_a_hold_that_was_extended_stops_the_day_before_it_and_the_number_stays_true(
    served: Served,
) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    served.clock.advance(40 * DAY)
    held = (await enquiry(served)).receipt.index
    served.clock.advance((LONGEST + 90) * DAY)
    found = await complete(served)
    entry = served.officers.reader.entry(held)
    assert entry is not None
    assert to_day(entry.at_ms) > found.up_to
    assert found.many == len(await history(served)) == 1


async def test_the_day_of_others_stops_there_too(served: Served) -> None:
    served.clock.advance(40 * DAY)
    await enquiry(served)
    served.clock.advance((LONGEST + 90) * DAY)
    other = served.way.home.person("9990000026")
    found = await served.residents.complete(other.id)
    assert found is not None
    assert found.up_to == (await complete(served)).up_to
    assert found.many == 0


async def test_what_was_deleted_after_its_time_is_said(served: Served) -> None:
    before = datetime(2020, 10, 1, tzinfo=UTC)
    told = {Kind.DISCLOSURE.value: to_ms(before), Kind.SIGN_IN.value: to_ms(NOW)}
    draft = Draft(Kind.ADMINISTRATION, retired.OUTCOME, frozenset(), retired.detail_of(told))
    key = served.way.home.keys.get_or_create(retired.KEEPER)
    served.way.home.log.append(Append(only(None, seal_entry(draft, key))))
    assert (await complete(served)).kept_since == before.date()


def retain(served: Served, kept: timedelta) -> dict[str, int]:
    """What `oncetold audit retain` does, with a register of its own."""
    home = served.way.home
    register = Retention({Kind.DISCLOSURE.value: kept}, kept)
    return Retaining(home.log, home.database, home.keys, register, served.clock).run()


async def test_after_retention_the_history_says_since_when_it_is_kept_and_counts_what_is_left(
    served: Served,
) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    await served.way.ask()
    served.clock.advance(200 * DAY)
    await served.way.ask()
    served.clock.advance((LONGEST + 60) * DAY)
    before = await complete(served)
    assert before.kept_since is None
    since = served.clock.now() - timedelta(days=LONGEST + 100)
    assert retain(served, timedelta(days=LONGEST + 100)) == {"disclosure": 1}
    after = await complete(served)
    assert after.kept_since == since.date()
    assert after.many == before.many - 1
    assert retain(served, timedelta(days=5000)) == {}
    assert (await complete(served)).kept_since == since.date(), "a longer time brings nothing back"


async def test_a_deletion_that_nobody_was_told_of_would_leave_the_day_unsaid(served: Served) -> None:
    """The companion: were details to go without the log's word, nothing would tell that the history begins later."""
    await served.residents.allow(served.person, choice("tenancy"))
    await served.way.ask()
    served.clock.advance((LONGEST + 60) * DAY)
    before = await complete(served)
    with served.way.home.database.write() as tx:
        tx.execute(text("UPDATE log_entry_detail SET sealed = x'', tag = x'' WHERE kind = 'disclosure'"))
    after = await complete(served)
    assert (after.kept_since, after.many) == (None, before.many - 1)


async def test_nobody_has_no_history_to_be_complete(served: Served) -> None:
    served.erase()
    assert await served.residents.complete(served.person) is None


def to_day(at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()
