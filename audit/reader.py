"""Reading the log: a person's own entries, an organisation's, one entry with a fresh proof. Cold paths, on SQL.

Nothing here decides who may read: the gateway hands a person's tag or an officer's organisation, never a caller's word.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Select, column, func, select, table, true

from audit import leaf, merkle, searching, tlog_proof
from audit.entries import Opening, open_entry
from audit.errors import VerificationError
from audit.facets import Facet, Query
from audit.log import Receipt
from audit.retired import cutoffs_told
from audit.store import LogStore
from audit.witness.kept import Cosignatures, Cosigned
from core.keys import KeyStore, MissingKeyError
from core.storage import Database

_DETAIL = table(
    "log_entry_detail",
    *(
        column(name)
        for name in ("index", "at_ms", "kind", "outcome", "recipient", "role", "purpose", "tag", "sealed")
    ),
)
_ENTRY = table("log_entry", column("index"), column("leaf"))
_ORGANISATION = table("log_entry_organisation", column("organisation"), column("index"))

__all__ = ["LogReader", "Query", "StoredEntry", "Which", "every"]

PAGES_WITHOUT_DETAILS = 20
"""How many pages without any detail left a search passes over."""

COUNTS_KEPT = 10_000
"""How many counts of a day are kept in memory; each is a few kilobytes at most."""

Which: TypeAlias = Callable[[FromClause], ColumnElement[bool]]
"""Which entries a reader may be given: from the columns of `log_entry_detail` to a condition in SQL, so that what it keeps
out is kept out by the statement itself: no page is shorter for it."""


def every(_: FromClause) -> ColumnElement[bool]:
    """Keeps nothing out."""
    return true()


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """One entry as it stands in the log and its index."""

    index: int
    leaf: bytes
    at_ms: int
    kind: str
    outcome: str
    recipient: str | None
    role: str | None
    purpose: str | None
    tag: bytes
    sealed: bytes


class LogReader:
    """Reads entries and makes receipts for them."""

    def __init__(self, database: Database, store: LogStore, keys: KeyStore) -> None:
        self._database = database
        self._store = store
        self._keys = keys
        self._cosignatures = Cosignatures(database)
        self._facets: dict[str, dict[int, Facet]] = {}
        self._edges: dict[int, int] = {}
        self._counts: dict[tuple[str, searching.Places], Mapping[Facet, int]] = {}

    def of_tag(
        self, tag: bytes, kinds: Sequence[str], before: int | None, limit: int, which: Which = every
    ) -> tuple[StoredEntry, ...]:
        """The newest entries about the subject with this tag."""
        wanted = _entries().where(_DETAIL.c.tag == tag, _DETAIL.c.kind.in_(kinds), which(_DETAIL))
        if before is not None:
            wanted = wanted.where(_DETAIL.c.index < before)
        with self._database.read() as tx:
            return tuple(map(_stored, tx.execute(wanted.order_by(_DETAIL.c.index.desc()).limit(limit))))

    def count_of_tag(self, tag: bytes, kinds: Sequence[str], until_ms: int, which: Which = every) -> int:
        """How many entries about the subject with this tag are older than that time."""
        wanted = (
            select(func.count())
            .select_from(_DETAIL)
            .where(
                _DETAIL.c.tag == tag,
                _DETAIL.c.kind.in_(kinds),
                _DETAIL.c.at_ms < until_ms,
                which(_DETAIL),
            )
        )
        with self._database.read() as tx:
            return tx.execute(wanted).scalar_one()

    def deleted_before(self, kinds: Sequence[str]) -> int | None:
        """The latest time before which details of one of these kinds were deleted; None where none were."""
        told = cutoffs_told(self._database, self._keys)
        return max((before for kind, before in told.items() if kind in kinds), default=None)

    def last_looks(self, tag: bytes, which: Which = every) -> dict[tuple[str, str], int]:
        """(recipient, purpose) -> when something was last disclosed about the subject, in milliseconds."""
        wanted = (
            select(_DETAIL.c.recipient, _DETAIL.c.purpose, func.max(_DETAIL.c.at_ms))
            .where(_DETAIL.c.tag == tag, _DETAIL.c.kind == "disclosure", which(_DETAIL))
            .group_by(_DETAIL.c.recipient, _DETAIL.c.purpose)
        )
        with self._database.read() as tx:
            return {(row[0], row[1]): row[2] for row in tx.execute(wanted)}

    def search(self, query: Query) -> tuple[StoredEntry, ...]:
        """The newest entries that concern the organisation and fit the query."""
        facets = None if query.any_facet else self._fitting(query)
        found: list[StoredEntry] = []
        with self._database.read() as tx:
            within = searching.places(tx, query)
            for _ in range(PAGES_WITHOUT_DETAILS):
                indexes = searching.newest(tx, query, within, facets, query.limit)
                some = _entries().where(_DETAIL.c.index.in_(indexes)).order_by(_DETAIL.c.index.desc())
                found += map(_stored, tx.execute(some))
                if len(indexes) < query.limit or len(found) >= query.limit:
                    break
                # Details may be gone for good; what lies behind them is still to be found.
                within = replace(within, before=indexes[-1])
        return tuple(found[: query.limit])

    def outcomes(self, organisation: str) -> tuple[str, ...]:
        """Every outcome that stands in the organisation's entries."""
        return tuple(sorted({facet.outcome for facet in self.facets(organisation).values()}))

    def facets(self, organisation: str) -> Mapping[int, Facet]:
        """Number -> what kinds of entries concern the organisation."""
        known = self._facets.setdefault(organisation, {})
        with self._database.read() as tx:
            numbers = searching.facet_numbers(tx, organisation)
            for number in numbers:
                if number not in known:
                    named = searching.facet_named(tx, organisation, number)
                    if named is not None:
                        known[number] = named
        return {number: known[number] for number in numbers if number in known}

    def places(
        self, organisation: str, which: Callable[[Facet], bool], since_ms: int, until_ms: int
    ) -> list[int]:
        """Where the entries stand that concern the organisation in that time (until exclusive), in order."""
        facets = [number for number, facet in self.facets(organisation).items() if which(facet)]
        query = Query(organisation, from_ms=since_ms, until_ms=until_ms)
        with self._database.read() as tx:
            within = searching.places(tx, query)
            return sorted(searching.newest(tx, query, within, facets, searching.BEYOND))

    def counts(self, organisation: str, edges_ms: Sequence[int]) -> tuple[Mapping[Facet, int], ...]:
        """How many entries of each facet concern the organisation, from each of those times up to the next (exclusive)."""
        facets = self.facets(organisation)
        found: list[Mapping[Facet, int]] = []
        with self._database.read() as tx:
            end = searching.end(tx)
            places = self._places_at(tx, edges_ms, end)
            for within in map(searching.Places, places, places[1:]):
                known = self._counts.get((organisation, within))
                if known is None:
                    numbers = searching.counts(tx, organisation, within)
                    known = {facets[number]: many for number, many in numbers.items() if number in facets}
                    # Nothing is written any more between entries that stand.
                    if within.before < end and len(self._counts) < COUNTS_KEPT:
                        self._counts[organisation, within] = known
                found.append(known)
        return tuple(found)

    def _places_at(self, tx: Connection, edges_ms: Sequence[int], end: int) -> list[int]:
        """The places of times that rise, each sought from the one before on; end: of the log."""
        places: list[int] = []
        for edge in edges_ms:
            place = self._edges.get(edge)
            if place is None:
                place = searching.place_at(tx, edge, places[-1] if places else 0, end)
                # An entry stands behind it, so nothing older than that time is written any more.
                if place < end and len(self._edges) < COUNTS_KEPT:
                    self._edges[edge] = place
            places.append(place)
        return places

    def _fitting(self, query: Query) -> list[int]:
        return [number for number, facet in self.facets(query.organisation).items() if facet.fits(query)]

    def entry(self, index: int, which: Which = every) -> StoredEntry | None:
        """One entry, whoever it concerns."""
        with self._database.read() as tx:
            row = tx.execute(_entries().where(_DETAIL.c.index == index, which(_DETAIL))).one_or_none()
        return None if row is None else _stored(row)

    def entries(self, indexes: Sequence[int]) -> tuple[StoredEntry, ...]:
        """Those of some entries whose details stand, in order; a few hundred at a time."""
        wanted = _entries().where(_DETAIL.c.index.in_(indexes)).order_by(_DETAIL.c.index)
        with self._database.read() as tx:
            return tuple(map(_stored, tx.execute(wanted)))

    def concerns(self, index: int, organisation: str) -> bool:
        """Whether an entry concerns the organisation."""
        wanted = select(_ORGANISATION.c.index).where(
            _ORGANISATION.c.index == index, _ORGANISATION.c.organisation == organisation
        )
        with self._database.read() as tx:
            return tx.execute(wanted).first() is not None

    def open(self, entry: StoredEntry) -> Opening | None:
        """What opens the entry's leaf; None once its subject's key was erased."""
        try:
            key = self._keys.by_tag(entry.tag)
        except MissingKeyError:
            return None
        opening = open_entry(entry.sealed, leaf.parse(entry.leaf).commitment, key)
        leaf.opens(entry.leaf, opening.salt, opening.detail)
        return opening

    def receipt(self, index: int) -> Receipt:
        """A receipt of an old entry under the newest checkpoint that witnesses have seen, else under the log's last one.

        Raises `VerificationError` beyond the log.
        """
        # The leaf before the head, so that the head covers it; and one connection at a time, or enough readers at once
        # would each hold one and wait for another.
        stored = self._store.leaves(index, 1)
        seen = self._cosignatures.newest(beyond=index) if stored else None
        if seen is None:
            head = self._store.head()
            if head is None or not stored:
                raise VerificationError("the log does not hold that entry")
            seen = Cosigned(head.frontier.size, head.checkpoint, ())
        with self._database.read() as tx:
            path = merkle.inclusion_proof(index, seen.size, self._store.node(tx))
        return Receipt(
            index, stored[0], tlog_proof.format_proof(index, path, seen.checkpoint), seen.witnesses
        )


def _entries() -> Select[Any]:
    return select(*_DETAIL.c, _ENTRY.c.leaf).join(_ENTRY, _ENTRY.c.index == _DETAIL.c.index)


def _stored(row: Row[Any]) -> StoredEntry:
    return StoredEntry(
        index=row._mapping[_DETAIL.c.index],
        leaf=bytes(row.leaf),
        at_ms=row.at_ms,
        kind=row.kind,
        outcome=row.outcome,
        recipient=row.recipient,
        role=row.role,
        purpose=row.purpose,
        tag=bytes(row.tag),
        sealed=bytes(row.sealed),
    )
