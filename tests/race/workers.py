"""Processes that work, are killed at random moments and started again, and are ended; whatever they work at."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.race import journal
from tests.race.worker import Orders, work

LOOK_SECONDS = 0.02
FORK = multiprocessing.get_context("fork")
"""Forked, so that a process killed is back in milliseconds; the supervisor holds no thread and no connection then."""


class RaceError(Exception):
    """The race itself went wrong, so that it proves nothing."""


class Workers:
    """So many processes at work over the same databases.

    orders: what the process of a slot is to do in its nth life, into which journal. does: the whole life of a process.
    """

    def __init__(
        self,
        slots: int,
        folder: Path,
        chance: random.Random,
        orders: Callable[[int, int, Path], Orders],
        does: Callable[[Orders], None] = work,
    ) -> None:
        self.slots = slots
        self._folder, self._chance, self._orders, self._does = folder, chance, orders, does
        self._lives = 0
        self._finished = 0
        self._running: dict[int, tuple[multiprocessing.process.BaseProcess, journal.Counter]] = {}

    def start(self) -> None:
        """Start all of them."""
        for slot in range(self.slots):
            self._start(slot)

    def done(self) -> int:
        """How many operations were answered, by the dead too."""
        return self._finished + sum(events() for _, events in self._running.values())

    def assert_alive(self) -> None:
        """Raise `RaceError` if one ended by itself."""
        for process, _ in self._running.values():
            if not process.is_alive():
                raise RaceError(f"a process ended by itself (exit code {process.exitcode})")

    def kill(self, slot: int) -> None:
        """Kill one at work, and start it again."""
        self._await_work(slot)
        self._kill(slot)
        self._start(slot)

    def kill_all(self) -> None:
        """Kill all of them at once, as a machine that stops would, and start them again."""
        for slot in self._running:
            self._await_work(slot)
        for slot in self._running:
            self._kill(slot)
        self.start()

    def stop(self) -> None:
        """End them; each finishes what it began."""
        for process, _ in self._running.values():
            process.terminate()
        for process, _ in self._running.values():
            process.join(60)
            if process.is_alive():
                process.kill()
                process.join()

    def _start(self, slot: int) -> None:
        self._lives += 1
        path = self._folder / f"{slot}-{self._lives:04d}.jsonl"
        orders = self._orders(slot, self._lives, path)
        process = FORK.Process(target=self._does, args=(orders,), name=f"race-{slot}")
        process.start()
        self._running[slot] = process, journal.Counter(path)

    def _await_work(self, slot: int) -> None:
        """Whoever has not begun to work yet would be killed in vain."""
        process, events = self._running[slot]
        while events() == 0 and process.is_alive():
            time.sleep(LOOK_SECONDS)
        time.sleep(self._chance.random() * LOOK_SECONDS)

    def _kill(self, slot: int) -> None:
        process, events = self._running[slot]
        if process.pid is None or not process.is_alive():
            raise RaceError("a process ended by itself")
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        self._finished += events()
