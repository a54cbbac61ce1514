from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from hub.insight.events import NO_FIXED_ABODE, NOT_SAID, Circumstances, Event, Kind, age_band, events_of

DAY = date(2026, 11, 23)
HOME = "E01026791"
WARD = "E05012910"
PLACED = True


@pytest.mark.parametrize("home", [HOME, WARD])
def test_who_may_not_be_placed_is_nowhere_from_the_first_writing(home: str) -> None:
    (event,) = events_of(Kind.NEED, ["housing"], DAY, Circumstances(may_be_placed=False, area=home))
    assert event.area == NOT_SAID
    assert home not in repr(event)


def test_who_may_be_placed_counts_where_they_live() -> None:
    (event,) = events_of(Kind.REFERRAL, ["damp"], DAY, Circumstances(PLACED, HOME, 2021))
    assert event == Event(Kind.REFERRAL, "damp", HOME, 2021, "2026-11")


@pytest.mark.parametrize("placed", [True, False])
def test_no_fixed_address_is_no_place_even_with_an_old_area(*, placed: bool) -> None:
    (event,) = events_of(Kind.NEED, ["housing"], DAY, Circumstances(placed, HOME, no_fixed_abode=True))
    assert event.area == NO_FIXED_ABODE
    assert HOME not in repr(event)


def test_a_ward_is_an_area_where_only_that_is_known() -> None:
    (event,) = events_of(Kind.NEED, ["housing"], DAY, Circumstances(PLACED, WARD))
    assert event.area == WARD


@pytest.mark.parametrize("code", ["12 Elm Road", "W01026791", "E0102679", "E010267911", "", None])
def test_what_is_no_area_code_is_never_written(code: str | None) -> None:
    (event,) = events_of(Kind.NEED, ["housing"], DAY, Circumstances(PLACED, code))
    assert event.area == NOT_SAID


def test_each_theme_counts_once_and_words_that_are_no_theme_become_other() -> None:
    events = events_of(Kind.NEED, ["money", "damp", "damp", "she told me that"], DAY, Circumstances(PLACED))
    assert [event.theme for event in events] == ["damp", "money", "other"]
    assert [event.theme for event in events_of(Kind.NEED, [], DAY, Circumstances(PLACED))] == ["other"]


def test_only_groups_of_the_list_are_kept() -> None:
    person = Circumstances(PLACED, groups=("justice", "lives next to the mayor", "armed-forces", "justice"))
    assert events_of(Kind.NEED, ["food"], DAY, person)[0].groups == ("armed-forces", "justice")


def test_an_event_has_no_room_for_a_person() -> None:
    assert [field.name for field in dataclasses.fields(Event)] == [
        "kind",
        "theme",
        "area",
        "vintage",
        "month",
        "age",
        "groups",
    ]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 11, 23), "0-17"),
        (date(2008, 11, 24), "0-17"),
        (date(2008, 11, 23), "18-34"),
        (date(1991, 11, 24), "18-34"),
        (date(1961, 11, 23), "65-79"),
        (date(1946, 11, 23), "80-plus"),
        (date(2026, 11, 24), NOT_SAID),
        (None, NOT_SAID),
    ],
)
def test_ages_fall_into_bands_on_the_birthday(born: date | None, band: str) -> None:
    assert age_band(born, DAY) == band
