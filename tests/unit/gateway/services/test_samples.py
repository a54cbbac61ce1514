"""Spot checks: drawn by a leaf that nobody knew before, once a week, and decided like every other review."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from audit.console.ports import NotDecided
from audit.entries import Kind
from audit.reader import Query
from core.pages.words import LONDON
from core.times import to_ms
from gateway.reviews.sampling import MOST, OUTCOME, StoredDraw, Week, draw
from gateway.reviews.store import ERASED, SAMPLE
from tests.unit.gateway.services.looking import LOOKED, decide, history, officer
from tests.unit.gateway.services.served import CITY, COUNTY, Served, choice
from tests.unit.gateway.services.test_console import append

WEEK = 7 * 24 * 3600
LEAF = bytes(range(41))


async def looks_of_last_week(served: Served, many: int) -> list[int]:
    """The county's looks, now a week ago."""
    indexes = append(served, "disclosed", {"person": "ABCD-EFGH"}, kind=Kind.DISCLOSURE, count=many)
    append(served, "empty", {}, count=5)
    served.clock.advance(WEEK)
    append(served, "disclosed", {}, kind=Kind.DISCLOSURE, count=3)
    return indexes


async def drawn(served: Served, organisation: str = COUNTY) -> list[int]:
    tasks = await served.officers.tasks(officer(organisation))
    return sorted(one.row.index for one in tasks if one.kind == "sample")


def test_a_draw_follows_from_its_leaf_and_from_nothing_else() -> None:
    places = list(range(100, 1_100))
    first = draw(LEAF, places, 5)
    assert first == draw(LEAF, places[::-1], 5)
    assert len(first) == 50
    assert set(first) <= set(places)
    assert first == tuple(sorted(first))
    assert draw(bytes(41), places, 5) != first


def test_every_look_is_about_as_likely_to_be_drawn() -> None:
    counts = dict.fromkeys(range(50), 0)
    for seed in range(400):
        for place in draw(seed.to_bytes(41), list(counts), 10):
            counts[place] += 1
    # 400 draws of 5 in 50: 40 each, with a standard deviation of 6.
    assert sum(counts.values()) == 2_000
    assert all(15 < count < 65 for count in counts.values())


@pytest.mark.parametrize(
    ("places", "percent", "many"), [(0, 20, 0), (1, 1, 1), (3, 20, 1), (101, 1, 2), (90_000, 20, MOST)]
)
def test_of_few_looks_at_least_one_is_drawn_and_of_many_no_more_than_can_be_checked(
    places: int, percent: int, many: int
) -> None:
    assert len(draw(LEAF, range(places), percent)) == many


async def test_last_weeks_looks_of_the_organisation_are_drawn_and_wait_in_its_queue(served: Served) -> None:
    looks = await looks_of_last_week(served, 30)
    await served.officers.draw(officer(COUNTY), 10)
    waiting = await drawn(served)
    assert len(waiting) == 3
    assert set(waiting) <= set(looks)
    found = await served.officers.samples(officer(COUNTY))
    (one,) = found.draws
    assert (one.percent, one.looks, one.drawn, one.right, one.wrong, one.left) == (10, 30, 3, 0, 0, 3)
    assert (one.first_day, one.last_day) == (found.first_day, found.last_day)
    assert not found.open
    entry = served.officers.reader.entry(one.index)
    assert entry is not None
    assert entry.outcome == OUTCOME
    assert waiting == list(draw(entry.leaf, looks, 10))
    assert await drawn(served, CITY) == []
    assert (await served.officers.samples(officer(CITY))).open


async def test_a_week_is_drawn_once(served: Served) -> None:
    await looks_of_last_week(served, 10)
    await served.officers.draw(officer(COUNTY), 1)
    size = (await served.officers.log_state()).size
    with pytest.raises(NotDecided, match="not decided"):
        await served.officers.draw(officer(COUNTY), 20)
    assert (await served.officers.log_state()).size == size
    assert len(await drawn(served)) == 1


async def test_the_next_week_can_be_drawn_when_it_is_over(served: Served) -> None:
    await looks_of_last_week(served, 10)
    await served.officers.draw(officer(COUNTY), 10)
    served.clock.advance(WEEK)
    assert (await served.officers.samples(officer(COUNTY))).open
    await served.officers.draw(officer(COUNTY), 10)
    newest, oldest = (await served.officers.samples(officer(COUNTY))).draws
    assert (newest.looks, oldest.looks) == (3, 10)
    assert newest.first_day > oldest.last_day


async def test_where_nobody_looked_nothing_is_drawn(served: Served) -> None:
    await served.officers.draw(officer(COUNTY), 20)
    (one,) = (await served.officers.samples(officer(COUNTY))).draws
    assert (one.looks, one.drawn, one.left) == (0, 0, 0)
    assert await drawn(served) == []


async def test_a_draw_that_was_cut_off_ends_as_it_would_have(served: Served) -> None:
    looks = await looks_of_last_week(served, 30)
    sampling = served.officers.sample_desk.sampling
    announced = await sampling.announce("officer-1", COUNTY, last_week(served), 10)
    assert await drawn(served) == []
    assert (await served.officers.samples(officer(COUNTY))).draws[0].drawn == 3
    entry = served.officers.reader.entry(announced.index)
    assert entry is not None
    assert await drawn(served) == list(draw(entry.leaf, looks, 10))
    sampling.carry_out(announced)
    assert len(await drawn(served)) == 3


async def test_nothing_is_drawn_by_an_announcement_that_is_gone(served: Served) -> None:
    sampling = served.officers.sample_desk.sampling
    sampling.carry_out(StoredDraw(COUNTY, 0, 1, 5, 9_999, None, None, None, None))
    assert sampling.draws(COUNTY, 5) == ()


async def test_what_was_found_is_counted_and_told_to_the_person(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    looked = (await served.way.ask()).receipt.index
    served.clock.advance(WEEK)
    await served.officers.draw(officer(COUNTY), 20)
    assert await drawn(served) == [looked]
    await decide(served, officer(COUNTY, "officer-2"), "sample", looked, "wrong", words="No reason for it")
    (one,) = (await served.officers.samples(officer(COUNTY))).draws
    assert (one.right, one.wrong, one.left) == (0, 1, 0)
    newest = (await history(served))[0]
    assert newest.about is not None
    assert (newest.what, newest.about.index, newest.about.said) == ("checked", looked, "wrong")


@pytest.mark.parametrize("key_gone", [True, False], ids=["erased", "erasure-under-way"])
async def test_a_look_at_somebody_who_was_erased_is_drawn_and_waits_for_nobody(
    served: Served, *, key_gone: bool
) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    assert (await served.way.ask()).sections
    (other,) = append(served, "disclosed", {}, kind=Kind.DISCLOSURE)
    served.clock.advance(WEEK)
    if key_gone:
        served.erase()
    served.tamper("DELETE FROM person_state WHERE person = :person", person=served.person)
    # All are drawn, that there be no luck in it.
    sampling = served.officers.sample_desk.sampling
    announced = await sampling.announce("officer-1", COUNTY, last_week(served), 20)
    sampling.carry_out(replace(announced, percent=100))
    assert await drawn(served) == [other]
    (one,) = (await served.officers.samples(officer(COUNTY))).draws
    assert (one.looks, one.drawn, one.right, one.wrong) == (2, 2, 0, 0)
    assert sampling.outcomes(sampling.draws(COUNTY, 1)[0]) == {None: 1, ERASED: 1}


async def test_nobody_checks_their_own_look(served: Served) -> None:
    await served.residents.allow(served.person, choice("tenancy"))
    looked = (await served.way.ask()).receipt.index
    served.clock.advance(WEEK)
    await served.officers.draw(officer(COUNTY), 20)
    with pytest.raises(NotDecided):
        await decide(served, officer(COUNTY, LOOKED), "sample", looked, "right")
    assert served.officers.reviews.task(looked, SAMPLE, COUNTY) is not None


async def test_looking_at_the_draws_is_written_down(served: Served) -> None:
    await served.officers.samples(officer(COUNTY))
    (entry,) = served.officers.reader.search(Query(COUNTY, kind="audit-read"))
    assert entry.outcome == "searched"


def last_week(served: Served) -> Week:
    found = served.officers.sample_desk.samples(COUNTY)
    days = (found.first_day, found.last_day + timedelta(days=1))
    return Week(*(to_ms(datetime.combine(day, time(), LONDON)) for day in days))
