"""Starts the processes, kills one of them at random moments, starts it again, and ends the race."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path

from nhs_number.validate import is_valid

from audit.note import Signer
from core.keys import KeyStore
from core.storage import Database
from tests.race import journal
from tests.race.check import Figures, check
from tests.race.worker import Orders
from tests.race.workers import LOOK_SECONDS, RaceError, Workers
from tests.support.house import KEK, ORIGIN, SEED, house

LIMIT_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a race is run. clients: who ask, in each process. changing: see `Orders`."""

    operations: int = 10_000
    processes: int = 2
    kills: int = 0
    clients: int = 12
    people: int = 6
    guard: bool = True
    seed: int = 1
    changing: int | None = None

    @property
    def asking(self) -> int:
        """How many ask, in all processes together."""
        return self.clients * self.processes


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
        self._urls, self._plan, self._people = urls, plan, people
        self._chance = random.Random(plan.seed)
        self._workers = Workers(plan.processes, folder, self._chance, self._orders)

    def run(self) -> int:
        workers, plan = self._workers, self._plan
        moments = sorted(self._chance.randrange(plan.operations) for _ in range(plan.kills))
        kills, until = 0, time.monotonic() + LIMIT_SECONDS
        try:
            workers.start()
            while (done := workers.done()) < plan.operations or kills < len(moments):
                if time.monotonic() > until:
                    raise RaceError(f"only {done} operations in {LIMIT_SECONDS:.0f} s")
                workers.assert_alive()
                if kills < len(moments) and done >= moments[kills]:
                    workers.kill(self._chance.randrange(plan.processes))
                    kills += 1
                time.sleep(self._chance.random() * LOOK_SECONDS)
        finally:
            workers.stop()
        return kills

    def _orders(self, slot: int, life: int, path: Path) -> Orders:
        return Orders(
            urls=self._urls,
            people=self._people,
            slot=slot,
            slots=self._plan.processes,
            journal=path,
            seed=self._plan.seed * 10_000 + life,
            clients=self._plan.clients,
            guard=self._plan.guard,
            changing=self._plan.changing,
        )
