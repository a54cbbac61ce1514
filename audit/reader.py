"""Reading the log: a person's own entries, an organisation's, one entry with a fresh proof. Cold paths, on SQL.

Nothing here decides who may read: the gateway hands a person's tag or an officer's organisation, never a caller's word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, FromClause, Row, Select, column, func, select, table, true

from audit import leaf, merkle, tlog_proof
from audit.entries import Opening, open_entry
from audit.errors import VerificationError
from audit.log import Receipt
from audit.store import LogStore
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


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for within one organisation's entries; None means any. Times are milliseconds, until exclusive."""

    organisation: str
    kind: str | None = None
    outcome: str | None = None
    purpose: str | None = None
    text: str = ""
    from_ms: int | None = None
    until_ms: int | None = None
    before: int | None = None
    limit: int = 50


class LogReader:
    """Reads entries and makes receipts for them."""

    def __init__(self, database: Database, store: LogStore, keys: KeyStore) -> None:
        self._database = database
        self._store = store
        self._keys = keys

    def of_tag(
        self, tag: bytes, kinds: Sequence[str], before: int | None, limit: int, which: Which = every
    ) -> tuple[StoredEntry, ...]:
        """The newest entries about the subject with this tag."""
        wanted = _entries().where(_DETAIL.c.tag == tag, _DETAIL.c.kind.in_(kinds), which(_DETAIL))
        if before is not None:
            wanted = wanted.where(_DETAIL.c.index < before)
        with self._database.read() as tx:
            return tuple(map(_stored, tx.execute(wanted.order_by(_DETAIL.c.index.desc()).limit(limit))))

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
        wanted = _entries().join(_ORGANISATION, _ORGANISATION.c.index == _DETAIL.c.index)
        wanted = wanted.where(_ORGANISATION.c.organisation == query.organisation)
        for name in ("kind", "outcome", "purpose"):
            value = getattr(query, name)
            if value is not None:
                wanted = wanted.where(_DETAIL.c[name] == value)
        if query.text:
            # The index holds codes only, so that is what free text can find; % and _ mean themselves.
            like = [
                _DETAIL.c[name].contains(query.text.lower(), autoescape=True)
                for name in ("recipient", "role", "purpose", "outcome")
            ]
            wanted = wanted.where(like[0] | like[1] | like[2] | like[3])
        if query.from_ms is not None:
            wanted = wanted.where(_DETAIL.c.at_ms >= query.from_ms)
        if query.until_ms is not None:
            wanted = wanted.where(_DETAIL.c.at_ms < query.until_ms)
        if query.before is not None:
            wanted = wanted.where(_ORGANISATION.c.index < query.before)
        wanted = wanted.order_by(_ORGANISATION.c.index.desc()).limit(query.limit)
        with self._database.read() as tx:
            return tuple(map(_stored, tx.execute(wanted)))

    def outcomes(self, organisation: str) -> tuple[str, ...]:
        """Every outcome that stands in the organisation's entries."""
        wanted = (
            select(_DETAIL.c.outcome)
            .join(_ORGANISATION, _ORGANISATION.c.index == _DETAIL.c.index)
            .where(_ORGANISATION.c.organisation == organisation)
            .distinct()
        )
        with self._database.read() as tx:
            return tuple(sorted(tx.execute(wanted).scalars()))

    def entry(self, index: int, which: Which = every) -> StoredEntry | None:
        """One entry, whoever it concerns."""
        with self._database.read() as tx:
            row = tx.execute(_entries().where(_DETAIL.c.index == index, which(_DETAIL))).one_or_none()
        return None if row is None else _stored(row)

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
        """A receipt of an old entry under the log's last checkpoint. Raises `VerificationError` beyond the log."""
        # The leaf before the head, so that the head covers it; and one connection at a time, or enough readers at once
        # would each hold one and wait for another.
        stored = self._store.leaves(index, 1)
        head = self._store.head()
        if head is None or not stored:
            raise VerificationError("the log does not hold that entry")
        with self._database.read() as tx:
            path = merkle.inclusion_proof(index, head.frontier.size, self._store.node(tx))
        return Receipt(index, stored[0], tlog_proof.format_proof(index, path, head.checkpoint))


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
