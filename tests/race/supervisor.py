"""Starts the processes, kills one of them at random moments, starts it again, and ends the race."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from nhs_number.validate import is_valid

from audit.note import Signer
from core.keys import KeyStore
from core.storage import Database
from tests.race import journal
from tests.race.check import Figures, check
from tests.race.worker import Orders, work
from tests.support.house import KEK, ORIGIN, SEED, house

LIMIT_SECONDS = 900.0
LOOK_SECONDS = 0.02
FORK = multiprocessing.get_context("fork")
"""Forked, so that a process killed is back in milliseconds; the supervisor holds no thread and no connection then."""


class RaceError(Exception):
    """The race itself went wrong, so that it proves nothing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a race is run."""

    operations: int = 10_000
    processes: int = 2
    kills: int = 0
    clients: int = 12
    people: int = 6
    guard: bool = True
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, and how many processes were really killed at work."""

    figures: Figures
    kills: int
    seconds: float


def nhs_numbers(count: int) -> tuple[str, ...]:
    """The sandbox's first valid numbers."""
    valid = (f"{number:010d}" for number in range(9_990_000_000, 9_990_001_000) if is_valid(f"{number:010d}"))
    return tuple(number for number, _ in zip(valid, range(count), strict=False))


def run(urls: tuple[str, str], folder: Path, plan: Plan) -> Outcome:
    """One race over two fresh databases."""
    people = nhs_numbers(plan.people)
    with house(*urls) as home:
        for number in people:
            home.person(number)
    started = time.monotonic()
    kills = _Race(urls, folder, plan, people).run()
    seconds = time.monotonic() - started
    database, key_database = (Database(url) for url in urls)
    events = [event for path in sorted(folder.glob("*.jsonl")) for event in journal.read(path)]
    try:
        keys = KeyStore(key_database, KEK)
        figures = check(database, keys, Signer(ORIGIN, SEED).verifier_key, events)
    finally:
        database.close()
        key_database.close()
    return Outcome(figures, kills, seconds)


class _Race:
    def __init__(self, urls: tuple[str, str], folder: Path, plan: Plan, people: tuple[str, ...]) -> None:
        self._urls, self._folder, self._plan, self._people = urls, folder, plan, people
        self._chance = random.Random(plan.seed)
        self._lives = 0
        self._finished = 0
        self._running: dict[int, tuple[multiprocessing.process.BaseProcess, journal.Counter]] = {}

    def run(self) -> int:
        moments = sorted(self._chance.randrange(self._plan.operations) for _ in range(self._plan.kills))
        kills, until = 0, time.monotonic() + LIMIT_SECONDS
        for slot in range(self._plan.processes):
            self._start(slot)
        try:
            while (done := self._done()) < self._plan.operations or kills < len(moments):
                if time.monotonic() > until:
                    raise RaceError(f"only {done} operations in {LIMIT_SECONDS:.0f} s")
                self._assert_alive()
                if kills < len(moments) and done >= moments[kills]:
                    self._kill(self._chance.randrange(self._plan.processes))
                    kills += 1
                time.sleep(self._chance.random() * LOOK_SECONDS)
        finally:
            self._stop()
        return kills

    def _start(self, slot: int) -> None:
        self._lives += 1
        path = self._folder / f"{slot}-{self._lives:04d}.jsonl"
        orders = Orders(
            urls=self._urls,
            people=self._people,
            slot=slot,
            slots=self._plan.processes,
            journal=path,
            seed=self._plan.seed * 10_000 + self._lives,
            clients=self._plan.clients,
            guard=self._plan.guard,
        )
        process = FORK.Process(target=work, args=(orders,), name=f"race-{slot}")
        process.start()
        self._running[slot] = process, journal.Counter(path)

    def _kill(self, slot: int) -> None:
        process, events = self._running[slot]
        # Whoever has not begun to work yet would be killed in vain.
        while events() == 0 and process.is_alive():
            time.sleep(LOOK_SECONDS)
        time.sleep(self._chance.random() * LOOK_SECONDS)
        if process.pid is None or not process.is_alive():
            raise RaceError("a process ended by itself")
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        self._finished += events()
        self._start(slot)

    def _done(self) -> int:
        return self._finished + sum(events() for _, events in self._running.values())

    def _assert_alive(self) -> None:
        for process, _ in self._running.values():
            if not process.is_alive():
                raise RaceError(f"a process ended by itself (exit code {process.exitcode})")

    def _stop(self) -> None:
        for process, _ in self._running.values():
            process.terminate()
        for process, _ in self._running.values():
            process.join(60)
            if process.is_alive():
                process.kill()
                process.join()
