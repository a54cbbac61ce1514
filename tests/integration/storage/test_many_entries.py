"""The console's search and counts over made-up entries, on both databases, against a plain walk over all of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import column, insert, table, text

from audit import searching
from audit.facets import Query
from audit.reader import LogReader, StoredEntry
from audit.store import LogStore
from core.vocabulary import JsonObject
from tests.support.house import House
from tests.support.many_entries import DAY_MS, ORGANISATIONS, Spread, fill

UNTIL_MS = 1_795_392_000_000
SPREAD = Spread(3_000, UNTIL_MS, days=30, stock=800, people=60)
"""Few enough for a test; `python -m bench.console` does it with a million."""


@pytest.fixture
def reader(home: House) -> LogReader:
    fill(home.database, home.keys, SPREAD)
    return LogReader(home.database, LogStore(home.database), home.keys)


ASKED = (ORGANISATIONS[0], ORGANISATIONS[-1])
Walked = tuple[StoredEntry, object, frozenset[str]]
"""An entry, its person's code, and the organisations that it concerns."""


def walk(reader: LogReader) -> list[Walked]:
    """Each entry, the newest first."""
    found: list[Walked] = []
    for index in range(SPREAD.entries - 1, -1, -1):
        entry = reader.entry(index)
        assert entry is not None
        opening = reader.open(entry)
        assert opening is not None
        person = dict(opening.detail["detail"] or {})["person"]  # type: ignore[arg-type] # an object, as we wrote it
        concerned = frozenset(one for one in ASKED if reader.concerns(index, one))
        found.append((entry, person, concerned))
    return found


def plain(walked: list[Walked], query: Query) -> list[int]:
    """The same question, asked of each entry."""
    found = []
    for entry, person, concerned in walked:
        texts = (entry.recipient, entry.role, entry.purpose, entry.outcome)
        if (
            query.organisation in concerned
            and query.kind in {None, entry.kind}
            and query.outcome in {None, entry.outcome}
            and query.purpose in {None, entry.purpose}
            and any(query.text in (one or "") for one in texts)
            and (query.from_ms is None or entry.at_ms >= query.from_ms)
            and (query.until_ms is None or entry.at_ms < query.until_ms)
            and (query.before is None or entry.index < query.before)
            and query.code in {None, person}
        ):
            found.append(entry.index)
    return found[: query.limit]


def test_the_search_finds_what_a_walk_over_all_entries_finds(reader: LogReader) -> None:
    first = Query(ORGANISATIONS[0], limit=40)
    some = reader.open(reader.search(replace(first, kind="refusal"))[0])
    assert some is not None
    detail: JsonObject = some.detail["detail"]  # type: ignore[assignment] # an object, as we wrote it
    week = replace(first, from_ms=UNTIL_MS - 20 * DAY_MS, until_ms=UNTIL_MS - 13 * DAY_MS)
    queries = [
        first,
        replace(first, kind="break-glass"),
        replace(first, outcome="empty", purpose="social-prescribing"),
        replace(first, text="adviser", before=1_500),
        week,
        replace(week, kind="disclosure"),
        replace(first, text="nowhere"),
        replace(first, code=str(detail["person"])),
        replace(first, code=str(detail["person"]), kind="disclosure"),
        Query(ORGANISATIONS[-1], limit=40),
    ]
    found = [[entry.index for entry in reader.search(query)] for query in queries]
    walked = walk(reader)
    assert found == [plain(walked, query) for query in queries]
    assert [bool(one) for one in found] == [True] * 6 + [False] + [True] * 3


def test_counts_by_day_add_up_to_all_entries(reader: LogReader) -> None:
    edges = range(UNTIL_MS - 31 * DAY_MS, UNTIL_MS + DAY_MS + 1, DAY_MS)
    for _ in range(2):
        counts = reader.counts(ORGANISATIONS[0], edges)
        total = sum(sum(one.values()) for one in counts)
        assert total == len(reader.search(Query(ORGANISATIONS[0], limit=SPREAD.entries)))


def test_counts_grow_with_the_log_although_places_are_remembered(reader: LogReader) -> None:
    """Only places behind which an entry stands are remembered: the log's end moves on."""
    organisation = ORGANISATIONS[0]
    edges = (UNTIL_MS - 2 * DAY_MS, UNTIL_MS + 1, UNTIL_MS + DAY_MS)
    before = [sum(one.values()) for one in reader.counts(organisation, edges)]
    with reader._database.write() as tx:
        last = searching.end(tx)
        for name in ("log_entry_detail", "log_entry", "log_entry_organisation"):
            row = tx.execute(text(f'SELECT * FROM {name} WHERE "index" = :at'), {"at": last - 1}).mappings()  # noqa: S608
            for one in row.all():
                later = {**one, "index": last, **({"at_ms": UNTIL_MS + 1} if "at_ms" in one else {})}
                whose = {"organisation": organisation} if "organisation" in one else {}
                into = table(name, *map(column, later))
                tx.execute(insert(into).values({**later, **whose}))
                break
    after = [sum(one.values()) for one in reader.counts(organisation, edges)]
    assert after == [before[0], before[1] + 1]
