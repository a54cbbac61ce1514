"""Gateway processes under load: killed one by one, all at once, or with the database going away beneath them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audit.log import Log
from core.errors import OnceToldError
from tests.audit_faults.appends import OBLIGATIONS
from tests.audit_faults.judge import judge
from tests.audit_faults.statements import FaultError, Result
from tests.race import journal
from tests.race.supervisor import nhs_numbers
from tests.race.worker import Orders, Worker
from tests.race.workers import LOOK_SECONDS, Workers
from tests.support.house import house

PEOPLE = 6
CLIENTS = 8
LIMIT_SECONDS = 120.0
CLOSED_SECONDS = 0.05
"""How long a client waits before it asks again a house that is closed."""


class Steadfast(Worker):
    """A process whose clients ask on while the house is closed, or tells what an answer did not say."""

    async def _ask(self, number: int) -> None:
        try:
            await super()._ask(number)
        except OnceToldError:
            await asyncio.sleep(CLOSED_SECONDS)

    async def _change(self, number: int) -> None:
        try:
            await super()._change(number)
        except OnceToldError:
            await asyncio.sleep(CLOSED_SECONDS)


def work(orders: Orders) -> None:
    """The whole life of a process."""

    async def live() -> None:
        await Steadfast(orders).run()

    asyncio.run(live())


@dataclass(frozen=True, slots=True)
class Load:
    """So many replicas over the same two databases, with a log of that kind; each run of faults has its own seed."""

    urls: tuple[str, str]
    folder: Path
    replicas: int
    log: type[Log] = Log
    seed: int = 1

    def killed(self, kills: int, answers: int) -> Result:
        """Kill one or the other so many times, with so many answers between two kills."""
        chance = random.Random(self.seed)

        def faults(workers: Workers) -> None:
            for _ in range(kills):
                await_answers(workers, chance.randint(1, 2 * answers))
                workers.kill(chance.randrange(workers.slots))

        return self._under(faults, Result(faults=kills, kills=kills))

    def killed_at_once(self, times: int, answers: int) -> Result:
        """Kill all of them in the same moment: whoever opens the database next finds it as they left it."""

        def faults(workers: Workers) -> None:
            for _ in range(times):
                await_answers(workers, answers)
                workers.kill_all()

        return self._under(faults, Result(faults=times, kills=times * self.replicas))

    def restarted(self, restart: Callable[[], None], times: int, answers: int) -> Result:
        """Let the database go away and come back so many times."""

        def faults(workers: Workers) -> None:
            for _ in range(times):
                await_answers(workers, answers)
                restart()

        return self._under(faults, Result(faults=times, restarts=times))

    def _under(self, faults: Callable[[Workers], None], result: Result) -> Result:
        people = nhs_numbers(PEOPLE)
        with house(*self.urls) as home:
            for number in people:
                home.person(number)
        workers = Workers(
            self.replicas,
            self.folder,
            random.Random(self.seed),
            lambda slot, life, path: self._orders(people, slot, life, path),
            work,
        )
        try:
            workers.start()
            faults(workers)
            # And once more after the last fault: the log goes on.
            await_answers(workers, 2 * CLIENTS)
        finally:
            workers.stop()
        events = [event for path in sorted(self.folder.glob("*.jsonl")) for event in journal.read(path)]
        return result.judged(judge(self.urls, events))

    def _orders(self, people: tuple[str, ...], slot: int, life: int, path: Path) -> Orders:
        return Orders(
            urls=self.urls,
            people=people,
            slot=slot,
            slots=self.replicas,
            journal=path,
            seed=self.seed * 10_000 + life,
            clients=CLIENTS,
            guard=True,
            log=self.log,
            obligations=OBLIGATIONS,
        )


def await_answers(workers: Workers, answers: int) -> None:
    """Wait until so many more operations had a receipt."""
    until, wanted = time.monotonic() + LIMIT_SECONDS, workers.done() + answers
    while workers.done() < wanted:
        if time.monotonic() > until:
            raise FaultError(f"not {answers} answers in {LIMIT_SECONDS:.0f} s")
        workers.assert_alive()
        time.sleep(LOOK_SECONDS)
