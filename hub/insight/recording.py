"""Writing events, and closing months. Features call `record` in the transaction that changes their case or referral."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypedDict

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, delete, select

from hub.insight.counting import TOTAL, Cell, Reading
from hub.insight.events import Event, Kind
from hub.insight.protecting import protect
from hub.insight.tables import OpenCount, Owed, PublishedBatch, PublishedCount, Reporter
from hub.pages.words import london_day

NOT_YET: Final = ""


class EventColumns(TypedDict):
    """An event as the columns of its table, in the order of the key."""

    kind: str
    theme: str
    area: str
    vintage: int
    month: str
    age: str
    groups: str


def record(session: Session, events: Iterable[Event], organisation: str | None, day: date) -> None:
    """Count what happened on a day; `events_of` makes the events.

    organisation: whose staff told it; None where nobody's did, as on a page for everybody.
    A day of a month that is published already is no mistake: it goes out with the next batch.
    """
    for event in events:
        _add(session, event, 1)
    if organisation is not None and session.get(Reporter, (f"{day:%Y-%m}", organisation)) is None:
        session.add(Reporter(month=f"{day:%Y-%m}", organisation=organisation))


def correct(session: Session, before: Sequence[Event], after: Sequence[Event]) -> None:
    """Count otherwise what was counted so far: of the same kinds, themes and month, in the same order.

    Once its month is published nothing changes: what was published never does, and what came late is somebody else's.
    """
    latest = session.exec(select(func.max(PublishedBatch.batch))).one() or NOT_YET
    for old, new in zip(before, after, strict=True):
        row = session.get(OpenCount, tuple(_key(old).values()))
        if old != new and old.month > latest and row is not None:
            _add(session, old, -1)
            _add(session, new, 1)


@dataclass(frozen=True, slots=True)
class Published:
    """Everything that was ever published of a series, whole: nothing in it needs to be kept from anybody.

    counts: by batch, in order. at: when each batch was published. reporters: month -> organisations.
    """

    counts: Mapping[str, Mapping[Event, int]]
    at: Mapping[str, datetime]
    reporters: Mapping[str, frozenset[str]]

    @property
    def until(self) -> str:
        """The last month that is published; empty before the first."""
        return max(self.at, default=NOT_YET)

    def together(self) -> Counter[Event]:
        """All batches added up."""
        total: Counter[Event] = Counter()
        for counts in self.counts.values():
            total.update(counts)
        return total

    def revised(self) -> dict[str, frozenset[str]]:
        """Batch -> earlier months that it revised, because events came late."""
        found = {}
        for batch, before in zip(list(self.counts)[1:], self.counts, strict=False):
            late = frozenset(event.month for event in self.counts[batch] if event.month <= before)
            if late:
                found[batch] = late
        return found


def publish_due(session: Session, now: datetime, reading: Reading) -> int:
    """Publish the months that have ended, once each; gives how many counts went out of the open ones.

    What comes later for a month that is out waits for the next month's end: so there is never more than one batch a month,
    and no batch is made anew. Nothing is published before the first event.
    """
    today = london_day(now)
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    name, series = f"{year}-{month:02}", reading.series
    open_counts = session.exec(select(OpenCount).where(col(OpenCount.month) <= name)).all()
    batches = session.exec(select(PublishedBatch).where(PublishedBatch.series == series)).all()
    if max((one.batch for one in batches), default=NOT_YET) >= name or not (open_counts or batches):
        return 0
    owed = {
        Cell(one.code, one.period, one.row, one.column): one.owed
        for one in session.exec(select(Owed).where(Owed.series == series))
    }
    true = {_event(row): row.count for row in open_counts}
    batch = protect(true, reading.cells_of, TOTAL, owed, name)
    session.add(PublishedBatch(series=series, batch=name, published_at=now))
    for event, count in batch.counts.items():
        session.add(PublishedCount(series=series, batch=name, **_key(event), count=count))
    _clear(session, col(Owed.series) == series)
    for cell, debt in batch.owed.items():
        session.add(
            Owed(
                series=series,
                code=cell.table,
                period=cell.period,
                row=cell.row,
                column=cell.column,
                owed=debt,
            )
        )
    for row in open_counts:
        session.delete(row)
    return len(open_counts)


def first_due(session: Session, today: date) -> tuple[str, date]:
    """While nothing is published: the first month that will be, and the day on which that is; today where it is due."""
    month = f"{today:%Y-%m}"
    counted = session.exec(select(func.min(OpenCount.month))).one()
    first = min(month, counted or month)
    return first, max(next_month(first), today)


def next_month(month: str) -> date:
    """The first day after a month: of "2026-12", 1 January 2027."""
    year, number = (int(part) for part in month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1)


def published(session: Session, reading: Reading) -> Published:
    """What was published of this geography's series."""
    series = reading.series
    batches = session.exec(
        select(PublishedBatch).where(PublishedBatch.series == series).order_by(PublishedBatch.batch)
    ).all()
    counts: dict[str, dict[Event, int]] = {one.batch: {} for one in batches}
    for row in session.exec(select(PublishedCount).where(PublishedCount.series == series)):
        counts[row.batch][_event(row)] = row.count
    reporters: dict[str, set[str]] = {}
    for one in session.exec(select(Reporter)):
        reporters.setdefault(one.month, set()).add(one.organisation)
    return Published(
        counts,
        {one.batch: one.published_at for one in batches},
        {month: frozenset(names) for month, names in reporters.items()},
    )


def _add(session: Session, event: Event, count: int) -> None:
    key = _key(event)
    row = session.get(OpenCount, tuple(key.values())) or OpenCount(**key, count=0)
    row.count += count
    if row.count:
        session.add(row)
    else:
        session.delete(row)
    session.flush()


def _clear(session: Session, which: ColumnElement[bool]) -> None:
    session.exec(delete(Owed).where(which))
    session.flush()
    session.expire_all()


def _key(event: Event) -> EventColumns:
    return {
        "kind": event.kind.value,
        "theme": event.theme,
        "area": event.area,
        "vintage": event.vintage,
        "month": event.month,
        "age": event.age,
        "groups": ",".join(event.groups),
    }


def _event(row: OpenCount | PublishedCount) -> Event:
    groups = tuple(row.groups.split(",")) if row.groups else ()
    return Event(Kind(row.kind), row.theme, row.area, row.vintage, row.month, row.age, groups)
