from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

from hub.insight.counting import (
    ALL,
    CORE20,
    ELSEWHERE,
    NO_GROUP,
    NOT_CORE20,
    TABLES,
    TOTAL,
    Cell,
    Reading,
    add_up,
    period_of,
)
from hub.insight.events import NO_FIXED_ABODE, NOT_SAID, Event, Kind
from tests.unit.hub.insight.towns import MIDDLE, POOR, RICH, WEST, event, geography, reading


def test_one_need_counts_once_in_each_table_and_margin() -> None:
    cells = reading().cells_of(event())
    assert len(cells) == len(set(cells))
    assert set(cells) == {
        TOTAL,
        Cell("themes", "2026-10", "housing", "need"),
        Cell("themes", "2026-10", ALL, "need"),
        Cell("wards", "2026-Q4", WEST, "need"),
        Cell("wards", "2026-Q4", ALL, "need"),
        Cell("ward-needs", "2026-Q4", WEST, "housing"),
        Cell("ward-needs", "2026-Q4", WEST, ALL),
        Cell("ward-needs", "2026-Q4", ALL, "housing"),
        Cell("ward-needs", "2026-Q4", ALL, ALL),
        Cell("small-areas", "2026", POOR, "need"),
        Cell("small-areas", "2026", ALL, "need"),
        Cell("deprivation", "2026-Q4", CORE20, "need"),
        Cell("deprivation", "2026-Q4", ALL, "need"),
        Cell("ages", "2026-Q4", "18-34", "need"),
        Cell("ages", "2026-Q4", ALL, "need"),
        Cell("groups", "2026-Q4", NO_GROUP, "need"),
        Cell("groups", "2026-Q4", ALL, "need"),
    }


def test_somebody_in_two_groups_counts_in_both_and_once_in_all() -> None:
    found = add_up({event(groups=("armed-forces", "justice")): 3}, reading().cells_of)
    rows = {cell.row: count for cell, count in found.items() if cell.table == "groups"}
    assert rows == {"armed-forces": 3, "justice": 3, ALL: 3}


@pytest.mark.parametrize("place", [NO_FIXED_ABODE, NOT_SAID])
def test_people_without_an_address_stand_in_a_row_of_their_own(place: str) -> None:
    cells = reading().cells_of(event(area=place))
    assert {cell.row for cell in cells if cell.table in {"wards", "small-areas", "deprivation"}} == {
        place,
        ALL,
    }


def test_where_only_the_ward_is_known_smaller_places_are_not_said() -> None:
    rows = {cell.table: cell.row for cell in reading().cells_of(event(area=WEST)) if cell.row != ALL}
    assert (rows["wards"], rows["small-areas"], rows["deprivation"]) == (WEST, NOT_SAID, NOT_SAID)
    both = add_up({event(area=WEST): 5, event(area=POOR): 10, event(area=MIDDLE): 5}, reading().cells_of)
    assert (
        both[Cell("wards", "2026-Q4", WEST, "need")] == both[Cell("small-areas", "2026", ALL, "need")] == 20
    )


def test_an_area_of_another_district_or_another_vintage_is_elsewhere() -> None:
    other = dataclasses.replace(event(), vintage=2011)
    for one in (event(area="E01999999"), other):
        cells = reading().cells_of(one)
        rows = {cell.row for cell in cells if cell.table in {"wards", "small-areas", "deprivation"}}
        assert rows == {ELSEWHERE, ALL}


def test_areas_fall_into_the_most_deprived_fifth_or_not() -> None:
    rows = [reading().rows("deprivation", event(area=code)) for code in (POOR, MIDDLE, RICH)]
    assert rows == [(CORE20,), (NOT_CORE20,), (NOT_CORE20,)]


def test_without_an_index_of_the_right_vintage_there_is_no_table_of_deprivation() -> None:
    plain = Reading(geography())
    assert "deprivation" not in {cell.table for cell in plain.cells_of(event())}
    assert [table.code for table in reading().tables if table not in plain.tables] == ["deprivation"]
    assert plain.rows("deprivation", event()) == (ELSEWHERE,)


def test_every_row_and_column_that_an_event_can_fall_into_has_a_title() -> None:
    found = reading()
    for kind in Kind:
        for area in (POOR, MIDDLE, RICH, NO_FIXED_ABODE, NOT_SAID, "E01999999"):
            for table in TABLES:
                one = Event(kind, "food", area, 2021, "2026-01", NOT_SAID, ("justice",))
                assert set(found.rows(table.rows, one)) <= set(found.titles(table.rows))
    assert list(found.titles("kind")) == [kind.value for kind in Kind]


def test_refusals_are_counted_by_ward_in_a_table_of_their_own() -> None:
    tables = {cell.table for cell in reading().cells_of(event(kind=Kind.REFUSAL))}
    assert "ward-refusals" in tables
    assert "ward-needs" not in tables


def test_a_month_is_in_its_quarter_and_year() -> None:
    found = [period_of(f"2026-{month:02}", "quarter") for month in (1, 3, 4, 12)]
    assert found == ["2026-Q1", "2026-Q1", "2026-Q2", "2026-Q4"]
    assert (period_of("2026-04", "month"), period_of("2026-04", "year")) == ("2026-04", "2026")


def test_margins_are_the_sums_of_their_rows() -> None:
    counts = Counter({event(area=POOR): 2, event(area=RICH): 5, event(theme="food", area=MIDDLE): 1})
    found = add_up(counts, reading().cells_of)
    assert found[Cell("wards", "2026-Q4", WEST, "need")] == 3
    assert found[Cell("wards", "2026-Q4", ALL, "need")] == found[TOTAL] == 8
