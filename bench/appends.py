"""Durable appends a second through committer and log, against the database's own rate for the very same rows.

    python -m bench.appends [--database both] [--seconds 2] [--rounds 3] [--memory 20000] [--proofs 1000000]

The last line is `ratio append/bare` at 1, 8 and 64 writers on each database. docs/performance.md says how to read it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from bench.proofs import proofs
from bench.replay import one_by_one, replay, written
from core.unit_of_work import only
from tests.support.house import House, house, sqlite_urls

WRITERS = (1, 8, 64)
SEALED = 256
ALONE = 300
PROOFS = 500
FIRST_ENTRIES = 2_000
"""How many entries before the memory is looked at first: by then every cache that has a limit has reached it."""

Fresh = Callable[[], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: entries a second through the log, of bare batches, of bare single entries; entries a batch."""

    log: float
    bare: float
    alone: float
    batch: float

    @property
    def ratio(self) -> float:
        """Of the log's rate to the database's own."""
        return self.log / self.bare


def main() -> None:
    """Measure and print."""
    asked = _options()
    said = []
    with ExitStack() as stack:
        for name in ("sqlite", "postgresql") if asked.database == "both" else (asked.database,):
            fresh = stack.enter_context(_databases(name))
            if fresh is not None:
                print(f"\n{NAMES[name]}; {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")
                said.append(f"{name} {', '.join(f'{one:.2f}' for one in _rates(fresh, asked))}")
                _memory(fresh, asked.memory)
                _proofs(fresh, asked.proofs)
    print(f"\nratio append/bare at {', '.join(map(str, WRITERS))} writers: {'; '.join(said)}")


NAMES = {
    "sqlite": "SQLite, journal in WAL mode, synchronous=FULL",
    "postgresql": "PostgreSQL, fsync and synchronous_commit on, over loopback",
}


def _rates(fresh: Fresh, asked: argparse.Namespace) -> list[float]:
    print(
        "  writers   appends/s  entries a batch   the same batches bare/s   ratio (rounds)     one by one bare/s"
    )
    ratios = []
    for writers in WRITERS:
        rounds = [_round(fresh, writers, asked.seconds) for _ in range(asked.rounds)]
        ratios.append(median(one.ratio for one in rounds))
        spread = ", ".join(f"{one.ratio:.2f}" for one in rounds)
        print(
            f"  {writers:>7}{_middle(rounds, 'log'):>12.0f}{_middle(rounds, 'batch'):>17.1f}"
            f"{_middle(rounds, 'bare'):>26.0f}    {ratios[-1]:.2f} ({spread}){_middle(rounds, 'alone'):>12.0f}"
        )
    return ratios


def _middle(rounds: list[Round], name: str) -> float:
    return float(median(getattr(one, name) for one in rounds))


def _round(fresh: Fresh, writers: int, seconds: float) -> Round:
    """The log first, then its rows once more into a house of their own: adjacent in time."""
    with house(*fresh()) as home:
        until = time.perf_counter() + seconds
        entries, took = asyncio.run(_append(home, writers, lambda _: time.perf_counter() < until))
        batches = written(home.database)
    with house(*fresh()) as home:
        bare = replay(home.database, batches)
    with house(*fresh()) as home:
        alone = one_by_one(home.database, batches, ALONE)
    return Round(entries / took, entries / bare, alone, entries / len(batches))


async def _append(home: House, writers: int, goes_on: Callable[[int], bool]) -> tuple[int, float]:
    """Entries made durable, and the seconds from the first to the last; every writer waits for its receipt each time."""
    pool, done = _pool(home), 0

    async def write(first: int) -> None:
        nonlocal done
        at = first
        while goes_on(done):
            await home.committer.append(Append(only(None, pool[at % SEALED])))
            done += 1
            at += writers

    began = time.perf_counter()
    await asyncio.gather(*(write(one) for one in range(writers)))
    return done, time.perf_counter() - began


def _pool(home: House) -> list[SealedEntry]:
    """Sealed beforehand: sealing is the asker's work, off the writer's thread, and has a line of its own among the steps."""
    key = home.organisation_key()
    return [seal_entry(_draft(number), key) for number in range(SEALED)]


def _draft(number: int) -> Draft:
    """As long as a look's."""
    return Draft(
        kind=Kind.DISCLOSURE,
        outcome="disclosed",
        organisations=frozenset({"norfolk-county-council", "norwich-city-council"}),
        detail={
            "person": f"ABCD-{number:04d}",
            "practitioner": "a.practitioner",
            "client": "norfolk-county-council-app",
            "reason": "the figures of an append, with as many words as a practitioner writes",
            "correlation": f"req_{number:032d}",
            "sections": {
                "norwich-city-council": {"tenancy": ["arrears", "since", "status"], "support": ["worker"]}
            },
            "basis": {"norwich-city-council": {"agreement": "early-help-triage", "permission": "c_1"}},
            "relied_on": ["c_1"],
        },
        recipient="norfolk-county-council",
        role="triager",
        purpose="early-help-triage",
    )


def _memory(fresh: Fresh, entries: int) -> None:
    if not entries:
        return
    with house(*fresh()) as home:
        at_first = 0.0

        def goes_on(done: int) -> bool:
            nonlocal at_first
            if not at_first and done >= min(FIRST_ENTRIES, entries):
                at_first = _resident()
            return done < entries

        done, _ = asyncio.run(_append(home, WRITERS[-1], goes_on))
    print(f"  memory {at_first:.1f} MB after {FIRST_ENTRIES} entries, {_resident():.1f} MB after {done}")


def _proofs(fresh: Fresh, largest: int) -> None:
    for size in (10_000, 1_000_000):
        if size <= largest:
            with house(*fresh()) as home:
                took = proofs(home, size, PROOFS)
            print(
                f"  proofs among {size}: receipt {took.receipt[0]:.0f} us (p99 {took.receipt[1]:.0f}), "
                f"consistency {took.consistency[0]:.0f} us (p99 {took.consistency[1]:.0f})"
            )


def _resident() -> float:
    """Megabytes of this process in memory (proc(5))."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextmanager
def _databases(name: str) -> Iterator[Fresh | None]:
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="oncetold-bench-") as folder:
            yield lambda: sqlite_urls(Path(folder))
        return
    # The tests' cluster is no part of a production install.
    from tests.support.postgres import PostgresUnavailableError, running_cluster  # noqa: PLC0415 - only for PostgreSQL

    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(running_cluster(durable=True))
        except PostgresUnavailableError as error:
            print(f"\nPostgreSQL: {error}")
            yield None
            return
        yield lambda: (cluster.fresh_database(), cluster.fresh_database())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.appends", description="Durable appends against bare inserts of the same rows."
    )
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3, help="at each number of writers")
    parser.add_argument(
        "--memory", type=int, default=20_000, help="entries appended to see memory; 0 for none"
    )
    parser.add_argument("--proofs", type=int, default=1_000_000, help="largest tree to prove in; 0 for none")
    return parser.parse_args()


if __name__ == "__main__":
    main()
