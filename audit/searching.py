"""The search in SQL: a few index ranges whatever is asked, so that it takes no longer in a log of a million entries.

Statements name each facet's range on its own: neither database would walk `facet IN (...)` in the order of the index.
Times need no index of their own, since no entry is older than the one before it: days become a range of places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import ColumnElement, Connection, column, func, literal_column, select, table, text

from audit.facets import Facet, Query

BEYOND = 2**62
"""Larger than any place in a log."""
RANGES = 400
"""How many facets one statement names; SQLite takes 500 parts of a compound at most."""
TRIES = 50

_DETAIL = table(
    "log_entry_detail",
    *(column(name) for name in ("index", "at_ms", "kind", "outcome", "recipient", "role", "purpose")),
)
_ORGANISATION = table(
    "log_entry_organisation", *(column(name) for name in ("organisation", "index", "facet", "code"))
)
_FACET_COLUMNS = tuple(_DETAIL.c[name] for name in ("kind", "outcome", "recipient", "role", "purpose"))

# A loose scan: one seek for each facet, not one row for each entry.
_FACETS = text("""
WITH RECURSIVE seen(facet) AS (
  SELECT min(facet) FROM log_entry_organisation WHERE organisation = :organisation
  UNION ALL
  SELECT (SELECT min(facet) FROM log_entry_organisation WHERE organisation = :organisation AND facet > seen.facet)
  FROM seen WHERE seen.facet IS NOT NULL
)
SELECT facet FROM seen WHERE facet IS NOT NULL
""")
_RANGE = (
    'SELECT * FROM (SELECT "index" FROM log_entry_organisation WHERE organisation = :organisation AND facet = {facet}'
    ' AND "index" >= :first AND "index" < :before ORDER BY "index" DESC LIMIT :most) AS f{n}'
)


@dataclass(frozen=True, slots=True)
class Places:
    """A range of the log: from `first` on, up to and without `before`."""

    first: int
    before: int


def places(tx: Connection, query: Query) -> Places:
    """Where in the log the entries stand that the query's days and its `before` leave."""
    first = 0 if query.from_ms is None else place_at(tx, query.from_ms)
    before = BEYOND if query.until_ms is None else place_at(tx, query.until_ms)
    return Places(first, before if query.before is None else min(before, query.before))


def end(tx: Connection) -> int:
    """The place behind the newest entry."""
    newest = tx.execute(select(_DETAIL.c.index).order_by(_DETAIL.c.index.desc()).limit(1)).scalar()
    return 0 if newest is None else int(newest) + 1


def place_at(tx: Connection, at_ms: int, first: int = 0, before: int | None = None) -> int:
    """The first place whose entry is not older than that time; beyond the log where all are older.

    first, before: where it is known to lie between, `before` included, so that fewer places are looked at.
    """
    low, high = first, end(tx) if before is None else before
    while low < high:
        middle = (low + high) // 2
        row = tx.execute(
            # Where retention took details away, the next one that stands tells.
            select(_DETAIL.c.index, _DETAIL.c.at_ms)
            .where(_DETAIL.c.index >= middle)
            .order_by(_DETAIL.c.index)
            .limit(1)
        ).first()
        if row is None or row[1] >= at_ms:
            high = middle
        else:
            low = row[0] + 1
    return low


def facet_numbers(tx: Connection, organisation: str) -> tuple[int, ...]:
    """The numbers of the facets that stand in the organisation's entries."""
    return tuple(tx.execute(_FACETS, {"organisation": organisation}).scalars())


def facet_named(tx: Connection, organisation: str, number: int) -> Facet | None:
    """What a number stands for, from the newest entries that have it; None where none of them says so (any more)."""
    wanted = (
        select(*_FACET_COLUMNS)
        .join(_ORGANISATION, _ORGANISATION.c.index == _DETAIL.c.index)
        .where(_ORGANISATION.c.organisation == organisation, _ORGANISATION.c.facet == number)
        .order_by(_ORGANISATION.c.index.desc())
        .limit(TRIES)
    )
    found = (Facet(*row) for row in tx.execute(wanted))
    return next((one for one in found if one.number == number), None)


def newest(
    tx: Connection, query: Query, within: Places, facets: Iterable[int] | None, most: int
) -> list[int]:
    """The newest places in that range that concern the organisation, newest first; facets: None for whichever."""
    if query.code is not None or facets is None:
        wanted = select(_ORGANISATION.c.index).where(
            _ORGANISATION.c.organisation == query.organisation,
            _ORGANISATION.c.index >= within.first,
            _ORGANISATION.c.index < within.before,
        )
        if query.code is not None:
            wanted = wanted.where(_ORGANISATION.c.code == query.code)
        if facets is not None:
            wanted = wanted.where(_ORGANISATION.c.facet.in_(list(facets)))
        return list(tx.execute(wanted.order_by(_ORGANISATION.c.index.desc()).limit(most)).scalars())
    values = {
        "organisation": query.organisation,
        "first": within.first,
        "before": within.before,
        "most": most,
    }
    found: list[int] = []
    for some in _by_hundreds(facets):
        ranges = (_RANGE.format(facet=int(facet), n=n) for n, facet in enumerate(some))
        found += tx.execute(text(" UNION ALL ".join(ranges)), values).scalars()
    return sorted(found, reverse=True)[:most]


def counts(tx: Connection, organisation: str, within: Places) -> Mapping[int, int]:
    """How many of the organisation's entries in that range have each facet."""
    # As a sum, so that SQLite walks the range of places, not the whole organisation in the order of its facets.
    facet: ColumnElement[int] = literal_column("facet + 0")
    wanted = (
        select(facet, func.count())
        .where(
            _ORGANISATION.c.organisation == organisation,
            _ORGANISATION.c.index >= within.first,
            _ORGANISATION.c.index < within.before,
        )
        .group_by(facet)
    )
    return {row[0]: row[1] for row in tx.execute(wanted)}


def _by_hundreds(facets: Iterable[int]) -> Iterator[list[int]]:
    left = iter(facets)
    while some := list(islice(left, RANGES)):
        yield some
