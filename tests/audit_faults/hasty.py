"""The log without promise 1: what the companions run, to show that the harness would see what it looks for."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from audit.entries import SealedEntry
from audit.log import Append, Log, Outcome
from audit.note import Signer
from audit.store import Head, LogStore
from core.clock import Clock
from core.errors import ClosedError
from core.storage import Database
from core.unit_of_work import Work, Written


class DeafStore(LogStore):
    """A store that hears of no write that failed."""

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
        """Write what can be written."""
        with suppress(Exception):
            super().add(tx, batch_id, before, after, leaves, entries, completed)


class HastyLog(Log):
    """Answers before the commit, which comes `behind` seconds later, and hears of nothing that goes wrong with it."""

    behind = 0.05

    def __init__(self, database: Database, signer: Signer, clock: Clock, origin: str) -> None:
        super().__init__(database, signer, clock, origin)
        self.store = DeafStore(database)
        self._behind = ThreadPoolExecutor(1)

    def commit(self, batch: Sequence[Append[Any]]) -> list[Outcome]:
        """Receipts for what is not on any disk yet."""
        told: Future[list[Outcome]] = Future()
        self._behind.submit(self._write, [replace(one, work=_deaf(one.work)) for one in batch], told)
        return told.result()

    def settle(self) -> None:
        """Wait until what can be committed is."""
        self._behind.submit(lambda: None).result()

    def _write(self, batch: Sequence[Append[Any]], told: Future[list[Outcome]]) -> None:
        with suppress(Exception), self._database.writer.connect() as connection:
            transaction = connection.begin()
            told.set_result(self._run(connection, uuid.uuid4().hex, batch)[0])
            time.sleep(self.behind)
            transaction.commit()
        if not told.done():
            told.set_result([ClosedError("audit log", "the head was not to be had")] * len(batch))
        # SQLite's lock has no queue: whoever takes it again at once would leave nobody else a turn.
        time.sleep(2 * self.behind)


class DeafLog(HastyLog):
    """The same without the wait, for faults that need no luck to fall between answer and commit."""

    behind = 0.0


def _deaf(work: Work[Any, SealedEntry]) -> Work[Any, SealedEntry]:
    def deaf(tx: Connection) -> Written[Any, SealedEntry]:
        written = work(tx)
        then = written.then
        if then is None:
            return written

        def attempt(tx: Connection, places: Sequence[int]) -> None:
            with suppress(Exception):
                then(tx, places)

        return replace(written, then=attempt)

    return deaf
