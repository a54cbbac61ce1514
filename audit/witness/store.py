"""What a witness saw: one SQLite file of its own, durable before any signature leaves.

A request is judged and its tree kept in one transaction that holds SQLite's write lock from its beginning, so that of two
requests at once (of two processes too) the second is judged by what the first one left. The file belongs to one key: a
witness that lost it would cosign a second tree, so it is never made anew for a key that may have signed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from audit.witness.cosignature import CosignatureKey
from audit.witness.judging import NOTHING_SEEN, RefusedError, Submitted, Tree
from core.errors import ClosedError, OnceToldError
from core.storage import Database

EVIDENCE_MAXIMUM = 100
"""Conflicts kept a log: one is proof enough, and whoever holds the log's key must not fill the disk."""

_TABLES = (
    "CREATE TABLE witness (id INTEGER PRIMARY KEY CHECK (id = 1), key TEXT NOT NULL) STRICT",
    "CREATE TABLE seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL) STRICT",
    """CREATE TABLE evidence (
        origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
        ours TEXT NOT NULL, theirs TEXT NOT NULL, at_ms INTEGER NOT NULL,
        PRIMARY KEY (origin, size, root)
    ) STRICT""",
)


class StateError(OnceToldError):
    """A witness's file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two checkpoints of one size with different roots, both signed by the log: proof that it showed two trees."""

    origin: str
    size: int
    ours: str
    theirs: str
    at_ms: int


class WitnessStore:
    """The trees that a witness cosigned last, by the origins of their logs."""

    def __init__(self, path: Path, key: CosignatureKey) -> None:
        """Open the file that `make_state` made. Raises `StateError` where there is none, or another key's."""
        if not path.is_file():
            raise StateError(
                f"{path} is not there: a witness that forgot what it saw must not sign again with its key; "
                "make a new key and a new file with `oncetold witness keygen`"
            )
        self._database = Database(f"sqlite:///{path}")
        try:
            with self._database.read() as tx:
                found = tx.execute(text("SELECT key FROM witness")).scalar_one()
        except SQLAlchemyError as error:
            self._database.close()
            raise StateError(f"{path} is no witness's file") from error
        if found != str(key):
            self._database.close()
            raise StateError(f"{path} belongs to another key")

    def last(self, origin: str) -> Tree:
        """The tree that was cosigned last for a log."""
        with self._database.read() as tx:
            return _last(tx, origin)

    def take(self, submitted: Submitted, judge: Callable[[Tree, Submitted], None], at_ms: int) -> None:
        """Judge a request by what was seen, and keep its tree; durable when this returns.

        Raises what `judge` raised, then with nothing changed but the evidence, and `ClosedError` where the file fails.
        """
        try:
            with self._database.write() as tx:
                last = _last(tx, submitted.checkpoint.origin)
                try:
                    judge(last, submitted)
                except RefusedError as refused:
                    if not refused.fork:
                        raise
                    _keep_evidence(tx, submitted, at_ms)
                    conflict = refused
                else:
                    _keep(tx, submitted)
                    return
        except SQLAlchemyError as error:
            raise ClosedError("witness file", type(error).__name__) from error
        # Raised only here, so that the evidence is committed first.
        raise conflict

    def evidence(self) -> tuple[Evidence, ...]:
        """What logs were caught at, oldest first."""
        with self._database.read() as tx:
            rows = tx.execute(
                text("SELECT origin, size, ours, theirs, at_ms FROM evidence ORDER BY at_ms, size")
            )
            return tuple(Evidence(*row) for row in rows)

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def make_state(path: Path, key: CosignatureKey) -> None:
    """Make the file of a new witness. Raises `StateError` where a file is there already."""
    if path.exists():
        raise StateError(f"{path} exists already; what a witness saw is never overwritten")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        database = Database(f"sqlite:///{path}")
        try:
            with database.write() as tx:
                for statement in _TABLES:
                    tx.execute(text(statement))
                tx.execute(text("INSERT INTO witness (id, key) VALUES (1, :key)"), {"key": str(key)})
        finally:
            database.close()
    except (OSError, SQLAlchemyError) as error:
        raise StateError(f"{path} cannot be made: {type(error).__name__}") from error


def _last(tx: Connection, origin: str) -> Tree:
    statement = text("SELECT size, root FROM seen WHERE origin = :origin")
    row = tx.execute(statement, {"origin": origin}).one_or_none()
    return NOTHING_SEEN if row is None else Tree(row.size, bytes(row.root))


def _keep(tx: Connection, submitted: Submitted) -> None:
    tx.execute(
        text(
            "INSERT INTO seen (origin, size, root, note) VALUES (:origin, :size, :root, :note) "
            "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note"
        ),
        {
            "origin": submitted.checkpoint.origin,
            "size": submitted.tree.size,
            "root": submitted.tree.root,
            "note": submitted.request.checkpoint,
        },
    )


def _keep_evidence(tx: Connection, submitted: Submitted, at_ms: int) -> None:
    tx.execute(
        text(
            "INSERT INTO evidence (origin, size, root, ours, theirs, at_ms) "
            "SELECT origin, size, :root, note, :note, :at_ms FROM seen WHERE origin = :origin "
            "AND (SELECT count(*) FROM evidence WHERE origin = :origin) < :maximum "
            "ON CONFLICT DO NOTHING"
        ),
        {
            "origin": submitted.checkpoint.origin,
            "root": submitted.tree.root,
            "note": submitted.request.checkpoint,
            "at_ms": at_ms,
            "maximum": EVIDENCE_MAXIMUM,
        },
    )
