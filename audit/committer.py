"""Group commit: one thread a replica, off the event loop, that turns whatever waits into one batch.

While a batch is being written to disk the next one gathers, so the number of disk flushes follows the disk and not the
number of requests. Under load it gathers a little longer: every batch makes this thread and the event loop hand the
interpreter to and fro some dozen times, which costs the loop more than the batch itself (docs/performance.md). Once as
many wait as ever came together lately, nobody else is to be expected, and it goes at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from audit.log import Append, Committed, Outcome
from core.errors import ClosedError

T = TypeVar("T")

BATCH_MAXIMUM = 128
WAITING_MAXIMUM = 10_000
BUSY_BATCH = 6
"""Entries in a batch from which on there is load: whoever comes alone, or with a few others, never waits for more."""
GATHER_SHARE = 2.0
GATHER_MAXIMUM_SECONDS = 0.015
EXPECTED_FADES = 0.99
"""How slowly a large batch is forgotten: after a hundred batches, a third of it is still expected."""


class Commits(Protocol):
    """Whatever commits a batch: `audit.log.Log`."""

    def commit(self, batch: list[Append[Any]]) -> list[Outcome]:
        """One outcome an append; never raises."""
        ...


class _Waiting:
    __slots__ = ("append", "future", "loop")

    def __init__(self, append: Append[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.append = append
        self.loop = loop
        self.future: asyncio.Future[Committed[Any]] = loop.create_future()


class Committer:
    """Takes units of work from the event loop and gives their outcome back, once durable."""

    def __init__(self, log: Commits, waiting_maximum: int = WAITING_MAXIMUM) -> None:
        self._log = log
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(waiting_maximum)
        self._stopped = False
        self._expected = float(BUSY_BATCH)
        self._all_here = threading.Event()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    async def append(self, append: Append[T]) -> Committed[T]:
        """Wait until the work is durable. Raises what the work raised, or `ClosedError("audit log", ...)`."""
        waiting = _Waiting(append, asyncio.get_running_loop())
        if self._stopped:
            raise ClosedError("audit log", "stopping")
        try:
            self._waiting.put_nowait(waiting)
        except queue.Full as error:
            raise ClosedError("audit log", "too much is waiting") from error
        if self._all_wait():
            self._all_here.set()
        # A caller who goes away does not undo what may already be on the disk.
        return await asyncio.shield(waiting.future)

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._stopped = True
        self._waiting.put(None)
        self._all_here.set()
        self._thread.join()

    def _run(self) -> None:
        last = False
        entries, took = 0, 0.0
        while not last:
            batch = [self._waiting.get()]
            gather = gather_seconds(entries, took)
            if gather > 0.0:
                self._gather(gather)
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH_MAXIMUM:
                    batch.append(self._waiting.get_nowait())
            last = None in batch
            started = time.monotonic()
            self._commit([one for one in batch if one is not None])
            entries, took = len(batch), time.monotonic() - started
            self._expected = max(entries, self._expected * EXPECTED_FADES)

    def _gather(self, seconds: float) -> None:
        self._all_here.clear()
        # Whoever came before that has said nothing since, so the queue is looked at once here too.
        if not self._all_wait():
            self._all_here.wait(seconds)

    def _all_wait(self) -> bool:
        """Whether as many wait as ever came together lately; one is in the writer's hand already."""
        return self._waiting.qsize() + 1 >= min(self._expected, BATCH_MAXIMUM)

    def _commit(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        outcomes = self._log.commit([one.append for one in batch])
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[_Waiting, Outcome]]] = {}
        for waiting, outcome in zip(batch, outcomes, strict=True):
            by_loop.setdefault(waiting.loop, []).append((waiting, outcome))
        for loop, settled in by_loop.items():
            _call_soon(loop, _settle, settled)


def gather_seconds(entries: int, took: float) -> float:
    """How long the next batch gathers, by how many entries the last one had and how many seconds it took."""
    return 0.0 if entries < BUSY_BATCH else min(GATHER_MAXIMUM_SECONDS, GATHER_SHARE * took)


def _call_soon(
    loop: asyncio.AbstractEventLoop,
    function: Callable[[list[tuple[_Waiting, Outcome]]], None],
    settled: list[tuple[_Waiting, Outcome]],
) -> None:
    # One wake-up of the loop a batch. A loop that is gone has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function, settled)


def _settle(settled: list[tuple[_Waiting, Outcome]]) -> None:
    for waiting, outcome in settled:
        if waiting.future.done():
            continue
        if isinstance(outcome, Exception):
            waiting.future.set_exception(outcome)
        else:
            waiting.future.set_result(outcome)
