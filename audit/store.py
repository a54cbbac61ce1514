"""The log's rows: reading and writing them, inside a caller's transaction or on their own. No decisions here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, bindparam, column, func, insert, literal, select, table, update
from sqlalchemy.sql import TableClause

from audit import merkle, tiles
from audit.entries import Draft, SealedEntry
from audit.facets import code_of, facet_number
from core.storage import Database, Prepared

_HEAD = table("log_head", *(column(name) for name in ("id", "size", "frontier", "checkpoint", "at_ms")))
_BATCH = table("log_batch", *(column(name) for name in ("id", "first", "size", "checkpoint")))
_ENTRY = table("log_entry", column("index"), column("leaf"))
_TILE = table("log_tile", column("level"), column("n"), column("hashes"))
_DETAIL = table(
    "log_entry_detail",
    *(
        column(name)
        for name in ("index", "at_ms", "kind", "outcome", "recipient", "role", "purpose", "tag", "sealed")
    ),
)
_ORGANISATION = table(
    "log_entry_organisation", *(column(name) for name in ("organisation", "index", "facet", "code"))
)

_HEAD_COLUMNS = (_HEAD.c.size, _HEAD.c.frontier, _HEAD.c.checkpoint, _HEAD.c.at_ms)
_LOCK_HEAD = {
    "sqlite": Prepared(select(*_HEAD_COLUMNS, literal(None)).where(_HEAD.c.id == bindparam("id"))),
    # The database's own clock comes with the lock, at no extra round trip.
    "postgresql": Prepared(
        select(*_HEAD_COLUMNS, func.extract("epoch", func.clock_timestamp()) * 1000)
        .where(_HEAD.c.id == bindparam("id"))
        .with_for_update()
    ),
}
_MOVE_HEAD = Prepared(
    update(_HEAD)
    .where(_HEAD.c.id == bindparam("head_id"))
    .values(
        size=bindparam("size"),
        frontier=bindparam("frontier"),
        checkpoint=bindparam("checkpoint"),
        at_ms=bindparam("at_ms"),
    )
)


def _insert(into: TableClause) -> Prepared:
    return Prepared(insert(into).values({one.name: bindparam(one.name) for one in into.columns}))


_ADD_BATCH, _ADD_ENTRY, _ADD_TILE = _insert(_BATCH), _insert(_ENTRY), _insert(_TILE)
_ADD_DETAIL, _ADD_ORGANISATION = _insert(_DETAIL), _insert(_ORGANISATION)
_READ_TILE = Prepared(
    select(_TILE.c.hashes).where(_TILE.c.level == bindparam("level"), _TILE.c.n == bindparam("n"))
)
_PUT_TILE = Prepared(
    update(_TILE)
    .where(_TILE.c.level == bindparam("tile_level"), _TILE.c.n == bindparam("tile_n"))
    .values(hashes=bindparam("hashes"))
)


def _found_by(draft: Draft) -> tuple[int, str | None]:
    number = facet_number(draft.kind.value, draft.outcome, draft.recipient, draft.role, draft.purpose)
    return number, code_of(draft.detail.get("person"))


@dataclass(frozen=True, slots=True)
class Head:
    """The log as it stands: frontier of the tree, last signed checkpoint, time of the last batch.

    database_ms: the database's own clock, where it has one (PostgreSQL).
    """

    frontier: merkle.Frontier
    checkpoint: str
    at_ms: int
    database_ms: int | None = None


class LogStore:
    """Reads and writes of the log's tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lock_head(self, tx: Connection) -> Head | None:
        """The head, held until the transaction ends; None for a log that has not begun."""
        rows = _LOCK_HEAD[self._database.dialect].rows(tx, id=1)
        if not rows:
            return None
        size, frontier, checkpoint, at_ms, database_ms = rows[0]
        return Head(
            merkle.Frontier.from_bytes(size, bytes(frontier)),
            checkpoint,
            at_ms,
            None if database_ms is None else int(database_ms),
        )

    def begin(self, tx: Connection, head: Head) -> None:
        """Write the first head: an empty tree with its signed checkpoint."""
        tx.execute(
            insert(_HEAD).values(
                id=1,
                size=head.frontier.size,
                frontier=head.frontier.to_bytes(),
                checkpoint=head.checkpoint,
                at_ms=head.at_ms,
            )
        )

    def add(
        self,
        tx: Connection,
        batch_id: str,
        before: Head,
        after: Head,
        leaves: Sequence[bytes],
        entries: Sequence[SealedEntry],
        completed: Sequence[tuple[int, int, bytes]],
    ) -> None:
        """Store one batch: leaves, index rows, tiles, its checkpoint and the new head."""
        new, longer = self._grown_tiles(tx, completed)
        with self._one_round_trip(tx):
            self._add(tx, batch_id, before, after, leaves, entries)
            if new:
                _ADD_TILE.write(tx, new)
            if longer:
                _PUT_TILE.write(tx, longer)

    def _add(
        self,
        tx: Connection,
        batch_id: str,
        before: Head,
        after: Head,
        leaves: Sequence[bytes],
        entries: Sequence[SealedEntry],
    ) -> None:
        first = before.frontier.size
        _ADD_ENTRY.write(tx, [{"index": first + n, "leaf": one} for n, one in enumerate(leaves)])
        _ADD_DETAIL.write(
            tx,
            [
                {
                    "index": first + n,
                    "at_ms": after.at_ms,
                    "kind": entry.draft.kind.value,
                    "outcome": entry.draft.outcome,
                    "recipient": entry.draft.recipient,
                    "role": entry.draft.role,
                    "purpose": entry.draft.purpose,
                    "tag": entry.tag,
                    "sealed": entry.sealed,
                }
                for n, entry in enumerate(entries)
            ],
        )
        concerned = [
            {"organisation": organisation, "index": first + n, "facet": facet, "code": code}
            for n, entry in enumerate(entries)
            for facet, code in (_found_by(entry.draft),)
            for organisation in sorted(entry.draft.organisations)
        ]
        if concerned:
            _ADD_ORGANISATION.write(tx, concerned)
        size = after.frontier.size
        _ADD_BATCH.write(tx, [{"id": batch_id, "first": first, "size": size, "checkpoint": after.checkpoint}])
        _MOVE_HEAD.write(
            tx,
            [
                {
                    "head_id": 1,
                    "size": size,
                    "frontier": after.frontier.to_bytes(),
                    "checkpoint": after.checkpoint,
                    "at_ms": after.at_ms,
                }
            ],
        )

    def has_batch(self, tx: Connection, batch_id: str) -> bool:
        """Whether a batch was stored. Take the head's lock first: then no commit of it can still be under way."""
        return tx.execute(select(_BATCH.c.id).where(_BATCH.c.id == batch_id)).first() is not None

    def node(self, tx: Connection) -> Callable[[int, int], bytes]:
        """The lookup of complete subtree hashes from stored tiles, as `audit.merkle` wants it."""

        def tile(level: int, n: int) -> bytes:
            rows = _READ_TILE.rows(tx, level=level, n=n)
            return bytes(rows[0][0]) if rows else b""

        return tiles.node_from_tiles(tile)

    def tile(self, level: int, n: int) -> bytes | None:
        """One tile's hashes; None if the tree has not reached it."""
        with self._database.read() as tx:
            rows = _READ_TILE.rows(tx, level=level, n=n)
        return bytes(rows[0][0]) if rows else None

    def leaves(self, first: int, count: int) -> list[bytes]:
        """Leaves from `first` on, at most `count` of them, in order."""
        with self._database.read() as tx:
            rows = tx.execute(
                select(_ENTRY.c.leaf)
                .where(_ENTRY.c.index >= first, _ENTRY.c.index < first + count)
                .order_by(_ENTRY.c.index)
            )
            return [bytes(row[0]) for row in rows]

    def head(self) -> Head | None:
        """The head as it is now, unlocked."""
        with self._database.read() as tx:
            row = tx.execute(select(*_HEAD_COLUMNS).where(_HEAD.c.id == 1)).one_or_none()
        if row is None:
            return None
        return Head(merkle.Frontier.from_bytes(row.size, bytes(row.frontier)), row.checkpoint, row.at_ms)

    @contextmanager
    def _one_round_trip(self, tx: Connection) -> Iterator[None]:
        """Send what is written inside to PostgreSQL together; what it refuses of that is raised when the block ends."""
        if self._database.dialect == "sqlite":
            yield
            return
        with cast("Any", tx.connection.dbapi_connection).pipeline():
            yield

    def _grown_tiles(
        self, tx: Connection, completed: Sequence[tuple[int, int, bytes]]
    ) -> tuple[list[Mapping[str, object]], list[Mapping[str, object]]]:
        """The rows of tiles that begin, and of those that grow."""
        grown: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
        for level, index, digest in completed:
            if level % tiles.TILE_HEIGHT == 0:
                n, position = divmod(index, tiles.TILE_WIDTH)
                grown.setdefault((level // tiles.TILE_HEIGHT, n), []).append((position, digest))
        new: list[Mapping[str, object]] = []
        longer: list[Mapping[str, object]] = []
        for (level, n), hashes in grown.items():
            added = b"".join(digest for _, digest in sorted(hashes))
            if min(position for position, _ in hashes) == 0:
                new.append({"level": level, "n": n, "hashes": added})
            else:
                before = bytes(_READ_TILE.rows(tx, level=level, n=n)[0][0])
                longer.append({"tile_level": level, "tile_n": n, "hashes": before + added})
        return new, longer
