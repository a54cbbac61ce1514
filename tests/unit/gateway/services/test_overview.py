"""How an officer's organisation is doing, counted day by day from its own entries."""

from __future__ import annotations

from datetime import timedelta

from audit.console.overviews import Counted
from audit.entries import Kind
from audit.reader import Query
from gateway.services.overview import DAYS, MOST
from tests.support.walk import registers
from tests.unit.gateway.services.served import CITY, COUNTY, PURPOSE, Served, choice, officer
from tests.unit.gateway.services.test_console import append


async def test_looks_and_refusals_of_the_organisation_are_counted_by_day(served: Served) -> None:
    append(served, "purpose-not-agreed", {}, count=2)
    served.clock.advance(2 * 24 * 3600)
    await served.residents.allow(served.person, choice("tenancy"))
    await served.way.ask()
    append(served, "disclosed", {}, kind=Kind.BREAK_GLASS)
    found = await served.officers.overview(officer())
    assert len(found.days) == DAYS
    assert [(one.shown, one.refused, one.emergencies) for one in found.days if one.total] == [
        (0, 2, 0),
        (1, 0, 1),
    ]
    assert found.days[-1].total == 2
    assert found.refusals == (Counted("Purpose not agreed", 2),)
    assert found.organisations == (Counted(registers().organisations[COUNTY].title, 2),)
    assert found.purposes == (Counted(registers().purposes[PURPOSE].title, 2),)
    assert (found.shown, found.refused, found.emergencies) == (1, 2, 1)
    # The city's tenancy was shown once; the refusals and the emergency were none of its business.
    city = await served.officers.overview(officer(CITY))
    assert (city.shown, city.refused, city.emergencies) == (1, 0, 0)


async def test_what_is_older_than_the_weeks_shown_is_not_counted(served: Served) -> None:
    append(served, "empty", {}, count=3)
    served.clock.advance(timedelta(days=DAYS).total_seconds())
    assert (await served.officers.overview(officer())).refused == 0


async def test_counts_kept_in_memory_stay_true_while_the_log_grows(served: Served) -> None:
    append(served, "empty", {})
    assert (await served.officers.overview(officer())).refused == 1
    append(served, "empty", {})
    assert (await served.officers.overview(officer())).refused == 2
    served.clock.advance(24 * 3600)
    append(served, "empty", {})
    assert [one.refused for one in (await served.officers.overview(officer())).days[-2:]] == [2, 1]
    append(served, "empty", {})
    assert [one.refused for one in (await served.officers.overview(officer())).days[-2:]] == [2, 2]


async def test_what_is_seldom_stands_in_one_line_together(served: Served) -> None:
    for number in range(MOST + 2):
        append(served, f"odd-{number:02}", {}, count=2 if number == 0 else 1)
    refusals = (await served.officers.overview(officer())).refusals
    assert refusals[0] == Counted("Odd 00", 2)
    assert (len(refusals), refusals[-1]) == (MOST + 1, Counted("All others together", 2))


async def test_looking_at_the_counts_is_written_down(served: Served) -> None:
    await served.officers.overview(officer())
    (entry,) = served.officers.reader.search(Query(COUNTY, kind="audit-read"))
    assert entry.outcome == "searched"
