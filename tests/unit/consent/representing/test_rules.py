"""Who may be recorded as acting for somebody, and when it ends by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.representing.rules import checked, ends, sixteenth_birthday, stands
from consent.representing.values import (
    SECTIONS,
    Area,
    Authority,
    AuthorityError,
    Because,
    Capacity,
    Recorded,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
WHO = Recorded("norwich-city-council", "housing-officer", "hal", "lpa-access-code", "file 7", NOW)
BOTH = frozenset(Area)

ATTORNEY = Authority("a_1", Capacity.ATTORNEY, frozenset({Area.PROPERTY}), Because.AGREED, NOW, None, WHO)
HEALTH = replace(ATTORNEY, areas=frozenset({Area.HEALTH}), because=Because.LACKS_CAPACITY)
DEPUTY = replace(
    HEALTH, capacity=Capacity.DEPUTY, until=NOW + timedelta(days=365), because=Because.LACKS_CAPACITY
)
PARENT = replace(
    ATTORNEY, capacity=Capacity.PARENT, areas=BOTH, because=Because.UNDER_16, born=date(2014, 5, 1)
)


@pytest.mark.parametrize("one", [ATTORNEY, HEALTH, DEPUTY, PARENT])
def test_what_the_law_knows_may_be_recorded_and_opens_as_it_was_sealed(one: Authority) -> None:
    assert checked(one, NOW) == one
    assert Authority.from_json(one.to_json()) == one
    assert stands(one, NOW, decides_alone=False)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (replace(ATTORNEY, areas=frozenset()), "at least one area"),
        (replace(ATTORNEY, because=Because.UNDER_16), "for an adult"),
        (replace(HEALTH, because=Because.AGREED), "cannot decide this themselves"),
        (replace(ATTORNEY, born=date(1950, 1, 1)), "parental responsibility only"),
        (replace(DEPUTY, until=None), "order ends"),
        (replace(DEPUTY, because=Because.AGREED), "cannot decide this themselves"),
        (replace(DEPUTY, until=NOW), "must end after it begins"),
        (replace(PARENT, because=Because.AGREED, born=None), "child under 16"),
        (replace(PARENT, born=None), "day of birth, or"),
        (replace(PARENT, until=NOW + timedelta(days=365 * 20)), "16th birthday"),
        (replace(PARENT, born=date(2010, 11, 23)), "must end after it begins"),
    ],
)
def test_what_it_does_not_know_is_refused_with_what_to_mend(one: Authority, words: str) -> None:
    with pytest.raises(AuthorityError, match=words):
        checked(one, NOW)


def test_parental_responsibility_ends_at_the_sixteenth_birthday_by_itself() -> None:
    birthday = datetime(2030, 4, 30, 23, 0, tzinfo=UTC)
    assert ends(PARENT) == birthday
    assert stands(PARENT, birthday - timedelta(milliseconds=1), decides_alone=False)
    assert not stands(PARENT, birthday, decides_alone=False)


def test_or_at_the_stated_end_where_that_is_sooner_or_the_birthday_is_not_known() -> None:
    sooner = replace(PARENT, until=NOW + timedelta(days=30))
    assert ends(sooner) == NOW + timedelta(days=30)
    assert ends(replace(sooner, born=None)) == NOW + timedelta(days=30)


def test_a_child_who_decides_alone_shuts_parents_out_at_once_and_nobody_else() -> None:
    assert not stands(PARENT, NOW, decides_alone=True)
    assert stands(DEPUTY, NOW, decides_alone=True)


def test_a_birthday_on_a_day_that_the_year_does_not_have_is_the_day_after() -> None:
    assert sixteenth_birthday(date(2012, 2, 29)).date() == date(2028, 2, 29)
    assert sixteenth_birthday(date(2084, 2, 29)).date() == date(2100, 3, 1)


def test_it_counts_from_its_beginning_only() -> None:
    assert not stands(replace(ATTORNEY, from_=NOW + timedelta(seconds=1)), NOW, decides_alone=False)


def test_nobodys_scope_holds_the_persons_story_or_what_may_warn_of_a_representative() -> None:
    own = {"my-story", "safeguarding-alerts", "offence-risk", "staff-safety"}
    assert PARENT.sections == SECTIONS[Area.HEALTH] | SECTIONS[Area.PROPERTY]
    assert own.isdisjoint(PARENT.sections)
    assert "health-summary" not in ATTORNEY.sections
    assert "debts" not in HEALTH.sections


@given(
    born=st.dates(date(2011, 1, 1), date(2026, 1, 1)),
    days=st.one_of(st.none(), st.integers(1, 365 * 15)),
    at=st.integers(0, 365 * 20),
    alone=st.booleans(),
)
def test_no_parent_ever_acts_after_the_birthday_the_stated_end_or_a_child_deciding_alone(
    born: date, days: int | None, at: int, *, alone: bool
) -> None:
    until = None if days is None else NOW + timedelta(days=days)
    now = NOW + timedelta(days=at)
    one = replace(PARENT, born=born, until=until)
    over = now >= sixteenth_birthday(born) or (until is not None and now >= until)
    assert stands(one, now, decides_alone=alone) is not (over or alone)


def test_who_wrote_it_down_shows_in_no_log_line() -> None:
    assert "hal" not in repr(WHO)
    assert "file 7" not in repr(ATTORNEY)
    assert "2014" not in repr(PARENT)
