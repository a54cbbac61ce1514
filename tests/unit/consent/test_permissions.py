"""Permissions as values: what they cover, when they are in force, and when that next changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.permissions import Given, NonsenseError, Permission, in_force, next_change
from core.vocabulary import Kind

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def permission(from_: datetime = NOW, until: datetime | None = None, id_: str = "c_1") -> Permission:
    return Permission(
        id=id_,
        kind=Kind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({"early-help-triage"}),
        sections={"contact": frozenset({"telephone", "email"}), "tenancy": frozenset({"*"})},
        sources=frozenset({"norwich-city-council"}),
        recipients=frozenset({"norfolk-county-council"}),
        from_=from_,
        until=until,
        given=Given("representative", "p_1", "attorney"),
    )


def test_a_permission_is_in_force_from_its_first_moment() -> None:
    assert permission().in_force(NOW)
    assert not permission(NOW + HOUR).in_force(NOW)


def test_a_permission_is_no_longer_in_force_at_its_last_moment() -> None:
    ends = permission(NOW - HOUR, NOW)
    assert not ends.in_force(NOW)
    assert ends.in_force(NOW - timedelta(milliseconds=1))


def test_a_permission_without_an_end_goes_on() -> None:
    assert permission().in_force(NOW + timedelta(days=36_500))


@pytest.mark.parametrize("until", [NOW, NOW - HOUR])
def test_a_permission_that_ends_before_it_begins_is_nonsense(until: datetime) -> None:
    with pytest.raises(NonsenseError, match="end after it begins"):
        permission(NOW, until)


@pytest.mark.parametrize("emptied", ["purposes", "sections", "sources", "recipients"])
def test_a_permission_that_covers_nothing_is_nonsense(emptied: str) -> None:
    nothing: object = {} if emptied == "sections" else frozenset()
    with pytest.raises(NonsenseError, match="cover something"):
        replace(permission(), **{emptied: nothing})  # type: ignore[arg-type] # one field at a time


@given(
    st.sampled_from(Kind),
    st.integers(0, 4_000_000_000_000),
    st.none() | st.integers(1, 10_000_000_000),
    st.frozensets(st.text(min_size=1), min_size=1, max_size=4),
    st.dictionaries(st.text(min_size=1), st.frozensets(st.text()), min_size=1, max_size=3),
)
def test_what_is_sealed_reads_back_as_it_was(
    kind: Kind, from_ms: int, lasts_ms: int | None, names: frozenset[str], sections: dict[str, frozenset[str]]
) -> None:
    begins = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=from_ms)
    ends = None if lasts_ms is None else begins + timedelta(milliseconds=lasts_ms)
    one = Permission("c", kind, names, sections, names, names, begins, ends, Given("portal", "p"))
    assert Permission.from_json(one.to_json()) == one


def test_what_is_in_force_leaves_out_what_is_over_and_what_has_not_begun() -> None:
    past, now, later = permission(NOW - HOUR, NOW), permission(), permission(NOW + HOUR)
    assert in_force([past, now, later], NOW) == (now,)
    assert in_force([], NOW) == ()


def test_the_next_change_is_the_nearest_beginning_or_end_still_to_come() -> None:
    assert next_change([permission(NOW - HOUR, NOW + 3 * HOUR), permission(NOW + 2 * HOUR)], NOW) == NOW + (
        2 * HOUR
    )
    assert next_change([permission(NOW - HOUR, NOW + HOUR), permission(NOW + 2 * HOUR)], NOW) == NOW + HOUR


def test_time_alone_changes_nothing_where_nothing_ends() -> None:
    assert next_change([permission(NOW - HOUR)], NOW) is None
    assert next_change([permission(NOW, NOW + HOUR)], NOW + HOUR) is None
    assert next_change([], NOW) is None


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.none() | st.integers(1, 50)), max_size=6), st.integers(0, 120)
)
def test_until_the_next_change_the_same_is_in_force(spans: list[tuple[int, int | None]], ahead: int) -> None:
    given_ = [
        permission(NOW + begin * HOUR, None if lasts is None else NOW + (begin + lasts) * HOUR, f"c_{n}")
        for n, (begin, lasts) in enumerate(spans)
    ]
    change, later = next_change(given_, NOW), NOW + ahead * HOUR
    if change is None or later < change:
        assert in_force(given_, later) == in_force(given_, NOW)
    else:
        assert in_force(given_, change) != in_force(given_, NOW)


@pytest.mark.parametrize(
    "by",
    [
        Given("portal", "p_1"),
        Given("portal", "p_1", why="Because."),
        Given("assisted", "p_2", "deputy", evidence="talk-7"),
        Given("imported", "practice", "self", "Because.", "Consent/1 sha256:00"),
    ],
)
def test_who_gave_it_why_and_by_what_evidence_is_kept_and_what_was_not_said_stands_nowhere(by: Given) -> None:
    kept = by.to_json()
    assert Given.from_json(kept) == by
    assert ("why" in kept, "evidence" in kept) == (bool(by.why), bool(by.evidence))
    assert by.untold() == replace(by, why="")


def test_a_giver_that_was_kept_before_there_was_a_why_is_read_as_before() -> None:
    assert Given.from_json({"how": "portal", "by": "p_1", "capacity": "self"}) == Given("portal", "p_1")
    with pytest.raises(KeyError):
        Given.from_json({"how": "portal"})
