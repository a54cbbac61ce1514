"""The same rows once more without a log: what the database alone takes for the batches that a log has just written.

Every row that the batches left is read back and written again on the same kind of connection, by the driver alone, one
transaction a batch: leaves, details, organisations, tiles, the batch and the head. No guard, no hashing, no signing, no
thread to hand over to, and no lock to ask for; nothing is computed while the clock runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, text

from audit import merkle, tiles
from core.storage import Database

Rows = Sequence[tuple[object, ...]]
_BY_INDEX = {
    "log_entry": ("index", "leaf"),
    "log_entry_detail": (
        "index",
        "at_ms",
        "kind",
        "outcome",
        "recipient",
        "role",
        "purpose",
        "tag",
        "sealed",
    ),
    "log_entry_organisation": ("organisation", "index", "facet", "code"),
}
_TILE = ("level", "n", "hashes")
_BATCH = ("id", "first", "size", "checkpoint")


@dataclass(frozen=True, slots=True)
class Written:
    """One batch as it was written: statements with their rows, and how many entries."""

    entries: int
    writes: tuple[tuple[str, Rows], ...]
    bare: tuple[tuple[str, Rows], ...]
    """The rows of the entries alone, without batch, tiles and head."""


def _move_head(mark: str) -> str:
    columns = ("size", "frontier", "checkpoint", "at_ms")
    return f"UPDATE log_head SET {', '.join(f'{column} = {mark}' for column in columns)} WHERE id = 1"  # noqa: S608 - names of our own tables


def written(database: Database) -> list[Written]:
    """The batches of a log, in order."""
    mark = "?" if database.dialect == "sqlite" else "%s"
    frontier = merkle.Frontier.empty()
    known: dict[tuple[int, int], bytes] = {}
    found = []
    with database.read() as tx:
        batches = tx.execute(text("SELECT id, first, size, checkpoint FROM log_batch ORDER BY size")).all()
        for id_, first, size, checkpoint in batches:
            rows = {name: _rows(tx, name, columns, first, size) for name, columns in _BY_INDEX.items()}
            leaves = [merkle.leaf_hash(cast("bytes", leaf)) for _, leaf in rows["log_entry"]]
            extension = merkle.extend(frontier, leaves)
            frontier = extension.frontier
            grown = tiles.updated_tiles(lambda level, n: known[level, n], extension.completed)
            bare = tuple((_insert(name, _BY_INDEX[name], mark), one) for name, one in rows.items() if one)
            at_ms = rows["log_entry_detail"][0][1]
            head = (size, frontier.to_bytes(), checkpoint, at_ms)
            found.append(
                Written(
                    size - first,
                    (
                        *bare,
                        *_tiles(known, grown, mark),
                        (_insert("log_batch", _BATCH, mark), [(id_, first, size, checkpoint)]),
                        (_move_head(mark), [head]),
                    ),
                    bare,
                )
            )
            known.update(grown)
    return found


def replay(database: Database, batches: Sequence[Written]) -> float:
    """Seconds that the batches take, one transaction each."""
    return _timed(database, (batch.writes for batch in batches))


def one_by_one(database: Database, batches: Sequence[Written], most: int) -> float:
    """Entries a second with one transaction for each, and nothing but the entry's own rows; at most so many entries."""
    alone = [
        tuple((statement, [row for row in rows if entry in row[:2]]) for statement, rows in batch.bare)
        for batch in batches
        for entry in _places(batch)
    ][:most]
    return len(alone) / _timed(database, iter(alone))


def _places(batch: Written) -> list[object]:
    return [row[0] for row in batch.bare[0][1]]


def _timed(database: Database, transactions: Iterator[Sequence[tuple[str, Rows]]]) -> float:
    connection = database.writer.raw_connection()
    try:
        cursor = connection.cursor()
        began = time.perf_counter()
        for writes in transactions:
            if database.dialect == "sqlite":
                cursor.execute("BEGIN IMMEDIATE")
            for statement, rows in writes:
                cursor.executemany(statement, rows)
            connection.commit()
        return time.perf_counter() - began
    finally:
        connection.close()


def _rows(tx: Connection, name: str, columns: Sequence[str], first: int, size: int) -> Rows:
    named = ", ".join(f'"{column}"' for column in columns)
    wanted = f'SELECT {named} FROM {name} WHERE "index" >= :first AND "index" < :size ORDER BY "index"'  # noqa: S608 - names of our own tables
    return [tuple(row) for row in tx.execute(text(wanted), {"first": first, "size": size})]


def _insert(name: str, columns: Sequence[str], mark: str) -> str:
    named = ", ".join(f'"{column}"' for column in columns)
    return f"INSERT INTO {name} ({named}) VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608 - names of our own tables


def _tiles(
    known: dict[tuple[int, int], bytes], grown: dict[tuple[int, int], bytes], mark: str
) -> Iterator[tuple[str, Rows]]:
    new = [(level, n, hashes) for (level, n), hashes in grown.items() if (level, n) not in known]
    longer = [(hashes, level, n) for (level, n), hashes in grown.items() if (level, n) in known]
    if new:
        yield _insert("log_tile", _TILE, mark), new
    if longer:
        yield f"UPDATE log_tile SET hashes = {mark} WHERE level = {mark} AND n = {mark}", longer  # noqa: S608 - names of our own tables
