"""What an export is made of, read from the log's tables in chunks: entries that fit a selection, checkpoints, tiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, column, exists, select, table

from audit import merkle, tlog_proof
from audit.entries import Opening
from audit.errors import VerificationError
from audit.reader import LogReader, StoredEntry
from audit.store import Head, LogStore
from audit.tiles import TILE_WIDTH
from core.keys import KeyStore
from core.sealing import SealError
from core.storage import Database

CHUNK = 1000

_ENTRY = table("log_entry", column("index"), column("leaf"))
_BATCH = table("log_batch", column("size"), column("checkpoint"))
_ORGANISATION = table("log_entry_organisation", *map(column, ("organisation", "index", "facet", "code")))
_NAMES = ("at_ms", "kind", "outcome", "recipient", "role", "purpose", "tag", "sealed")
_DETAIL = table("log_entry_detail", column("index"), *map(column, _NAMES))


@dataclass(frozen=True, slots=True)
class Selection:
    """Which entries are exported; None means any. Times are milliseconds since 1970, until exclusive.

    organisation: only entries that concern it, as its officers may see them. among: only entries at one of these places.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    organisation: str | None = None
    kind: str | None = None
    index: int | None = None
    among: tuple[int, ...] | None = None

    @property
    def whole(self) -> bool:
        """Whether it keeps nothing out."""
        return self == Selection()


@dataclass(frozen=True, slots=True)
class Row:
    """One entry. stored: what stands beside its leaf; None where nothing does. organisations: whom it concerns.

    found_by: the facets and person's codes that it is found by (`audit.facets`).
    """

    index: int
    leaf: bytes
    stored: StoredEntry | None
    organisations: tuple[str, ...]
    found_by: frozenset[tuple[int | None, str | None]] = frozenset()


class ExportRows:
    """Reads for exports. Nothing here decides who may have them."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self.store = LogStore(database)
        self.reader = LogReader(database, self.store, keys)
        self._database = database

    def head(self) -> Head:
        """The log as it stands; raises `VerificationError` where none was begun."""
        head = self.store.head()
        if head is None:
            raise VerificationError("there is no log: run `oncetold migrate`")
        return head

    def entries(self, selection: Selection, size: int) -> Iterator[Row]:
        """The entries of the first `size` that fit, oldest first."""
        wanted = _wanted(selection).where(_ENTRY.c.index < size)
        last = -1
        while True:
            with self._database.read() as tx:
                rows = tx.execute(wanted.where(_ENTRY.c.index > last)).all()
                concerned = _concerned(tx, rows[0][0], rows[-1][0]) if rows else {}
            for row in rows:
                index, leaf, found, *columns = row
                stored = None if found is None else _stored(index, bytes(leaf), tuple(columns))
                beside = concerned.get(index, [])
                found_by = frozenset((one[2], one[3]) for one in beside)
                yield Row(index, bytes(leaf), stored, tuple(one[1] for one in beside), found_by)
            if len(rows) < CHUNK:
                return
            last = rows[-1][0]

    def checkpoints(self, size: int) -> Iterator[tuple[int, str]]:
        """Size and text of each batch's checkpoint, up to a size, in their order."""
        last = -1
        while True:
            wanted = select(_BATCH.c.size, _BATCH.c.checkpoint).where(
                _BATCH.c.size > last, _BATCH.c.size <= size
            )
            with self._database.read() as tx:
                rows = tx.execute(wanted.order_by(_BATCH.c.size).limit(CHUNK)).all()
            yield from ((row[0], row[1]) for row in rows)
            if len(rows) < CHUNK:
                return
            last = rows[-1][0]

    def hashes(self, n: int, size: int) -> bytes:
        """The leaf hashes of tile n of a log of that size, as the tile holds them."""
        return (self.store.tile(0, n) or b"")[: 32 * min(TILE_WIDTH, size - n * TILE_WIDTH)]

    def receipt(self, index: int, head: Head) -> str:
        """The receipt of an entry under that head's checkpoint."""
        with self._database.read() as tx:
            path = merkle.inclusion_proof(index, head.frontier.size, self.store.node(tx))
        return tlog_proof.format_proof(index, path, head.checkpoint)

    def opening(self, row: Row) -> Opening | None:
        """What opens the entry; None where its key was erased, or its detail after its time.

        Raises `VerificationError` where the detail is not the one that the leaf commits to.
        """
        if row.stored is None or not row.stored.sealed:
            return None
        try:
            return self.reader.open(row.stored)
        except SealError as error:
            raise VerificationError(f"entry {row.index}: its detail does not fit its leaf") from error


def _wanted(selection: Selection) -> Select[Any]:
    beside = [_DETAIL.c[name] for name in _NAMES]
    joined = _ENTRY.join(_DETAIL, _DETAIL.c.index == _ENTRY.c.index, isouter=True)
    wanted: Select[Any] = (
        select(_ENTRY.c.index, _ENTRY.c.leaf, _DETAIL.c.index.label("found"), *beside)
        .select_from(joined)
        .order_by(_ENTRY.c.index)
        .limit(CHUNK)
    )
    if selection.since_ms is not None:
        wanted = wanted.where(_DETAIL.c.at_ms >= selection.since_ms)
    if selection.until_ms is not None:
        wanted = wanted.where(_DETAIL.c.at_ms < selection.until_ms)
    if selection.kind is not None:
        wanted = wanted.where(_DETAIL.c.kind == selection.kind)
    if selection.index is not None:
        wanted = wanted.where(_ENTRY.c.index == selection.index)
    if selection.among is not None:
        wanted = wanted.where(_ENTRY.c.index.in_(selection.among))
    if selection.organisation is not None:
        concerns = exists().where(
            _ORGANISATION.c.index == _ENTRY.c.index, _ORGANISATION.c.organisation == selection.organisation
        )
        wanted = wanted.where(concerns)
    return wanted


def _concerned(tx: Connection, first: int, last: int) -> dict[int, list[Any]]:
    rows = tx.execute(
        select(
            _ORGANISATION.c.index, _ORGANISATION.c.organisation, _ORGANISATION.c.facet, _ORGANISATION.c.code
        )
        .where(_ORGANISATION.c.index >= first, _ORGANISATION.c.index <= last)
        .order_by(_ORGANISATION.c.index, _ORGANISATION.c.organisation)
    )
    return {index: list(group) for index, group in groupby(rows, key=itemgetter(0))}


def _stored(index: int, leaf: bytes, columns: tuple[Any, ...]) -> StoredEntry:
    at_ms, kind, outcome, recipient, role, purpose, tag, sealed = columns
    return StoredEntry(index, leaf, at_ms, kind, outcome, recipient, role, purpose, bytes(tag), bytes(sealed))
