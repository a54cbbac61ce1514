"""The log: guarded, batched, durable appends to one Merkle tree, from any number of replicas.

A batch is one transaction: lock the head's row, run each unit of work (its guard, its writes), hash the new leaves in from
the frontier, sign a checkpoint, commit. Only then does anyone get a receipt (promise 1). The head's lock orders the batches
of all replicas, so there is one log and never a fork. `audit.committer` collects what waits into batches.

When a commit ends unclear (the connection broke while it was under way), the batch's id settles whether it was stored:
the look-up first takes the head's lock, so it waits until the database has made up its mind.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from audit import checkpoint, leaf, merkle, tlog_proof
from audit.entries import SealedEntry
from audit.note import Signer
from audit.store import Head, LogStore
from core.clock import Clock
from core.errors import ClosedError, OnceToldError
from core.storage import Database
from core.times import to_ms
from core.unit_of_work import Work, Written

T = TypeVar("T")
logger = structlog.get_logger(__name__)

CLOCK_BEHIND_ALLOWED_MS = 2_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that one entry is in the log: its leaf (41 bytes), and index, path and checkpoint as a C2SP tlog-proof.

    witnesses: who cosigned that checkpoint, as `<name>+<key ID>`; in an answer nobody yet.
    """

    index: int
    leaf: bytes
    text: str
    witnesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed(Generic[T]):
    """What a unit of work gave, now durable, with a receipt for each of its entries."""

    value: T
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class Append(Generic[T]):
    """One unit of work on its way into a batch.

    changes: whether it writes rows of its own. Such work runs in a savepoint, so that its refusal undoes it alone; a mere
        guard reads only and needs none.
    """

    work: Work[T, SealedEntry]
    changes: bool = False


Outcome = Committed[Any] | Exception
"""What became of one append: durable, or the reason why nothing of it happened."""


class Watches(Protocol):
    """Counts what the log does. What it raises is lost: no answer depends on it."""

    def committed(self, entries: Sequence[SealedEntry]) -> None:
        """A batch with these entries is durable."""
        ...

    def failed(self, appends: int) -> None:
        """A batch of so many units of work could not be stored."""
        ...


class Unwatched:
    """Counts nothing."""

    def committed(self, entries: Sequence[SealedEntry]) -> None:
        """See `Watches.committed`."""

    def failed(self, appends: int) -> None:
        """See `Watches.failed`."""


class Log:
    """One Merkle log in one database."""

    def __init__(
        self,
        database: Database,
        signer: Signer,
        clock: Clock,
        origin: str,
        watches: Watches = Unwatched(),  # noqa: B008 - it holds nothing
    ) -> None:
        self.store = LogStore(database)
        self._watches = watches
        self.origin = origin
        self._database = database
        self._signer = signer
        self._clock = clock

    def begin(self) -> None:
        """Make the empty log with its first checkpoint, unless it exists. Called by migration, once."""
        frontier = merkle.Frontier.empty()
        head = Head(frontier, self._sign(frontier), to_ms(self._clock.now()))
        try:
            with self._database.write() as tx:
                if self.store.lock_head(tx) is None:
                    self.store.begin(tx, head)
        except IntegrityError:
            # Another process began it in the same moment; there is one row either way.
            return

    def append(self, append: Append[T]) -> Committed[T]:
        """Append one unit of work on this thread; raises what it raised, or `ClosedError("audit log", ...)`."""
        outcome = self.commit([append])[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def commit(self, batch: Sequence[Append[Any]]) -> list[Outcome]:
        """Commit a batch; one outcome an append, in order. Never raises."""
        try:
            return self._commit(batch)
        except _PoisonedError as poisoned:
            # One work's failure may have broken the whole transaction; its batch-mates must not suffer for it.
            if len(batch) > 1:
                return [outcome for append in batch for outcome in self.commit([append])]
            return self._failed(batch, poisoned.__cause__ or poisoned)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, every waiting caller must hear of it
            return self._failed(batch, error)

    def _failed(self, batch: Sequence[Append[Any]], error: BaseException) -> list[Outcome]:
        with suppress(Exception):
            self._watches.failed(len(batch))
        return [_closed(error)] * len(batch)

    def _commit(self, batch: Sequence[Append[Any]]) -> list[Outcome]:
        batch_id = uuid.uuid4().hex
        with self._database.writer.connect() as connection:
            transaction = connection.begin()
            try:
                outcomes, entries = self._run(connection, batch_id, batch)
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except Exception as error:  # noqa: BLE001 - the driver may raise anything here; all of it is unclear
                # The answer got lost, not necessarily the commit.
                logger.warning("log.commit-unclear", error=type(error).__name__)
                connection.invalidate()
                if not self._was_stored(batch_id):
                    return self._failed(batch, error)
        with suppress(Exception):
            self._watches.committed(entries)
        return outcomes

    def _run(
        self, tx: Connection, batch_id: str, batch: Sequence[Append[Any]]
    ) -> tuple[list[Outcome], list[SealedEntry]]:
        head = self.store.lock_head(tx)
        if head is None:
            raise ClosedError("audit log", "not begun: run `oncetold migrate`")
        at_ms = self._sound_time(head)
        results = [_attempt(tx, append) for append in batch]
        entries = [entry for result in results if isinstance(result, Written) for entry in result.entries]
        leaves = [leaf.make(at_ms, entry.commitment) for entry in entries]
        extension = merkle.extend(head.frontier, [merkle.leaf_hash(one) for one in leaves])
        signed = self._sign(extension.frontier) if leaves else head.checkpoint
        if leaves:
            after = Head(extension.frontier, signed, at_ms)
            self.store.add(tx, batch_id, head, after, leaves, entries, extension.completed)
            _follow(tx, head.frontier.size, results)
        receipts = iter(
            Receipt(index, one, tlog_proof.format_proof(index, extension.inclusion_proof(index), signed))
            for index, one in enumerate(leaves, start=head.frontier.size)
        )
        outcomes: list[Outcome] = [
            Committed(result.value, tuple(next(receipts) for _ in result.entries))
            if isinstance(result, Written)
            else result
            for result in results
        ]
        return outcomes, entries

    def _sound_time(self, head: Head) -> int:
        """The batch's time; never before the last checkpoint's, and only while no clock is in doubt."""
        self._clock.assert_sound()
        now = to_ms(self._clock.now())
        if now < head.at_ms - CLOCK_BEHIND_ALLOWED_MS:
            raise ClosedError("clock", "it stands before the last checkpoint")
        if head.database_ms is not None and abs(now - head.database_ms) > CLOCK_BEHIND_ALLOWED_MS:
            raise ClosedError("clock", "it differs from the database's")
        return max(now, head.at_ms)

    def _sign(self, frontier: merkle.Frontier) -> str:
        return checkpoint.sign_checkpoint(self.origin, frontier.size, frontier.root(), self._signer)

    def _was_stored(self, batch_id: str) -> bool:
        try:
            with self._database.write() as tx:
                self.store.lock_head(tx)
                return self.store.has_batch(tx, batch_id)
        except SQLAlchemyError:
            # Nobody can tell now. Nothing is disclosed; if it was stored, the log tells of a look that never left.
            return False


def _attempt(tx: Connection, append: Append[Any]) -> Written[Any, SealedEntry] | OnceToldError:
    try:
        if not append.changes:
            return append.work(tx)
        with tx.begin_nested():
            return append.work(tx)
    except OnceToldError as refused:
        return refused
    except Exception as error:
        raise _PoisonedError from error


def _follow(tx: Connection, first: int, results: Sequence[Written[Any, SealedEntry] | OnceToldError]) -> None:
    """Let each work write what needs the places of its entries; whatever fails there undoes the batch."""
    for result in results:
        if isinstance(result, Written):
            last = first + len(result.entries)
            if result.then is not None:
                try:
                    result.then(tx, range(first, last))
                except Exception as error:
                    raise _PoisonedError from error
            first = last


class _PoisonedError(Exception):
    """A unit of work failed in a way that it did not mean to."""


def _closed(error: BaseException) -> Exception:
    if isinstance(error, OnceToldError):
        return error
    logger.error("log.append-failed", error=type(error).__name__)
    return ClosedError("audit log", type(error).__name__)
