from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlmodel import Session, select

from hub.database import Database
from hub.insight.counting import Reading
from hub.insight.events import NOT_SAID, Circumstances, Event, Kind, events_of
from hub.insight.protecting import BASE
from hub.insight.recording import Published, correct, publish_due, published, record
from hub.insight.tables import SCHEMA, OpenCount, Owed, PublishedBatch, PublishedCount
from hub.migrations import migrate
from tests.unit.hub.insight.towns import POOR, RICH, WEST, geography, reading

READING = reading()
BORN = date(1980, 2, 3)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "hub.db")
    migrate(made, [SCHEMA])
    yield made
    made.close()


def told(count: int, day: date, *, placed: bool = True, theme: str = "housing") -> Callable[[Session], None]:
    def work(session: Session) -> None:
        for _ in range(count):
            person = Circumstances(placed, POOR, 2021, False, BORN, ("justice",))
            record(session, events_of(Kind.NEED, [theme], day, person), "age-well-norfolk", day)

    return work


def at(year: int, month: int, day: int = 1) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)


def now_published(database: Database) -> Published:
    return database.read_now(lambda session: published(session, READING))


def test_equal_events_are_one_count_and_leave_no_trace_of_their_order(database: Database) -> None:
    database.write_now(told(3, date(2026, 10, 5)))
    rows = database.read_now(lambda session: session.exec(select(OpenCount)).all())
    assert [(row.theme, row.month, row.groups, row.count) for row in rows] == [
        ("housing", "2026-10", "justice", 3)
    ]
    with pytest.raises(sqlite3.OperationalError, match="rowid"):
        database.engine.raw_connection().cursor().execute("SELECT rowid FROM insight_open")


def test_a_restricted_persons_area_is_nowhere_in_the_database(database: Database, tmp_path: Path) -> None:
    database.write_now(told(24, date(2026, 10, 5), placed=False))
    database.write_now(lambda session: publish_due(session, at(2026, 11), READING))
    counts = now_published(database).together()
    assert {event.area for event in counts} == {NOT_SAID}
    database.close()
    for file in tmp_path.iterdir():
        assert POOR.encode() not in file.read_bytes()


def test_a_month_is_published_once_it_is_over_and_its_true_counts_are_gone(database: Database) -> None:
    database.write_now(told(12, date(2026, 10, 5)))
    database.write_now(told(12, date(2026, 11, 2)))
    assert database.write_now(lambda session: publish_due(session, at(2026, 10, 31), READING)) == 0
    assert database.write_now(lambda session: publish_due(session, at(2026, 11, 3), READING)) == 1
    assert database.write_now(lambda session: publish_due(session, at(2026, 11, 30), READING)) == 0
    left = database.read_now(lambda session: session.exec(select(OpenCount)).all())
    assert [(row.month, row.count) for row in left] == [("2026-11", 12)]
    found = now_published(database)
    assert found.until == "2026-10"
    assert list(found.together().values()) == [10]
    assert found.at == {"2026-10": at(2026, 11, 3)}
    assert found.reporters == {month: frozenset({"age-well-norfolk"}) for month in ("2026-10", "2026-11")}


def test_what_comes_late_waits_for_the_next_batch_and_revises_openly(database: Database) -> None:
    database.write_now(told(10, date(2026, 10, 5)))
    database.write_now(lambda session: publish_due(session, at(2026, 11), READING))
    before = now_published(database).counts["2026-10"]
    database.write_now(told(7, date(2026, 10, 6)))
    database.write_now(lambda session: publish_due(session, at(2026, 11, 20), READING))
    assert now_published(database).counts == {"2026-10": before}
    database.write_now(lambda session: publish_due(session, at(2026, 12), READING))
    found = now_published(database)
    assert found.counts["2026-10"] == before
    assert found.revised() == {"2026-11": frozenset({"2026-10"})}
    assert set(found.together().values()) == {15}


def test_what_rounding_owes_is_kept_and_paid_later(database: Database) -> None:
    for month in (8, 9, 10):
        database.write_now(told(2, date(2026, month, 5)))
        database.write_now(partial(publish_due, now=at(2026, month + 1), reading=READING))
    found = now_published(database)
    assert [sum(counts.values()) for counts in found.counts.values()] == [0, BASE, 0]
    owed = database.read_now(lambda session: session.exec(select(Owed).where(Owed.code == "all")).all())
    assert [one.owed for one in owed] == [1]


def test_a_month_without_events_is_published_too_so_that_silence_shows(database: Database) -> None:
    assert database.write_now(lambda session: publish_due(session, at(2026, 9), READING)) == 0
    assert now_published(database).until == ""
    database.write_now(told(6, date(2026, 9, 5)))
    database.write_now(lambda session: publish_due(session, at(2026, 10), READING))
    database.write_now(lambda session: publish_due(session, at(2026, 11), READING))
    assert list(now_published(database).counts) == ["2026-09", "2026-10"]


def test_december_closes_in_january(database: Database) -> None:
    database.write_now(told(6, date(2026, 12, 31)))
    database.write_now(lambda session: publish_due(session, at(2027, 1), READING))
    assert now_published(database).until == "2026-12"


def test_another_geography_begins_a_series_of_its_own(database: Database) -> None:
    database.write_now(told(10, date(2026, 9, 5)))
    database.write_now(lambda session: publish_due(session, at(2026, 10), READING))
    database.write_now(told(10, date(2026, 10, 5)))
    other = Reading(geography())
    database.write_now(lambda session: publish_due(session, at(2026, 11), other))
    assert list(now_published(database).counts) == ["2026-09"]
    assert list(database.read_now(lambda session: published(session, other)).counts) == ["2026-10"]


def test_published_rows_add_up_to_what_is_told(database: Database) -> None:
    for area, count in ((POOR, 4), (RICH, 13)):
        day = date(2026, 10, 1)
        events = events_of(Kind.REFERRAL, ["food"], day, Circumstances(may_be_placed=True, area=area))
        for _ in range(count):
            database.write_now(partial(record, events=events, organisation="x", day=day))
    database.write_now(lambda session: publish_due(session, at(2026, 11), READING))
    rows = database.read_now(lambda session: session.exec(select(PublishedCount)).all())
    assert all(row.count % BASE == 0 and row.batch == "2026-10" for row in rows)
    assert Counter({row.area: row.count for row in rows}).total() == 15
    batches = database.read_now(lambda session: session.exec(select(PublishedBatch)).all())
    assert [one.published_at for one in batches] == [at(2026, 11)]


def events(area: str | None, *themes: str) -> tuple[Event, ...]:
    return events_of(Kind.NEED, themes, date(2026, 10, 5), Circumstances(area is not None, area))


def counts(database: Database) -> dict[tuple[str, str], int]:
    rows = database.read_now(lambda session: session.exec(select(OpenCount)).all())
    return {(row.theme, row.area): row.count for row in rows}


def test_what_is_known_later_moves_a_count_and_makes_no_other(database: Database) -> None:
    unknown, ward = events(None, "food", "money"), events(WEST, "food", "money")
    for _ in range(2):
        database.write_now(partial(record, events=unknown, organisation="x", day=date(2026, 10, 5)))
    database.write_now(partial(correct, before=unknown, after=ward))
    database.write_now(partial(correct, before=ward, after=ward))
    assert counts(database) == {(theme, area): 1 for theme in ("food", "money") for area in (NOT_SAID, WEST)}
    database.write_now(partial(correct, before=unknown, after=events(POOR, "food", "money")))
    assert counts(database) == {(theme, area): 1 for theme in ("food", "money") for area in (POOR, WEST)}
    database.write_now(partial(correct, before=unknown, after=ward))
    assert sum(counts(database).values()) == 4, "what was never counted is not moved"


def test_what_was_published_stays_as_it_was(database: Database) -> None:
    database.write_now(told(6, date(2026, 10, 5), placed=False))
    database.write_now(partial(publish_due, now=at(2026, 11), reading=READING))
    # Somebody else's, which came late for that month.
    unknown = events(None, "housing")
    database.write_now(partial(record, events=unknown, organisation="x", day=date(2026, 10, 5)))
    database.write_now(partial(correct, before=unknown, after=events(POOR, "housing")))
    assert counts(database) == {("housing", NOT_SAID): 1}
