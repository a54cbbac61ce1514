"""`python -m tests.audit_faults`: every way in which an append can fail, on both databases, and each without its protection.

The line cut before and after each write, the commit and the look-up; writes refused by a trigger; `kill -9` of gateway
replicas under load; a full disk; the database restarted under load. What was answered must have its entry, nothing may
be lost or forked, and `audit.fsck` must find the store whole. The last line is the figures; the exit code is 0 only if all
held, and if each companion run without the protection found violations (or the harness could not see any).
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from audit.log import Log
from tests.audit_faults.disk import postgresql_full, sqlite_full
from tests.audit_faults.hasty import DeafLog, HastyLog
from tests.audit_faults.judge import Figures
from tests.audit_faults.replicas import Load
from tests.audit_faults.server import Server, server_of
from tests.audit_faults.statements import Result, cuts, triggers
from tests.support.house import sqlite_urls
from tests.support.postgres import Cluster, running_cluster

DATABASES = ("sqlite", "postgresql")
Run = Callable[[tuple[str, str], Path], Result]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is done: kills of single replicas of each database, of all at once (SQLite), restarts (PostgreSQL).

    answers: between two kills, on average.
    """

    sqlite_kills: int = 50
    postgresql_kills: int = 60
    at_once: int = 6
    restarts: int = 5
    answers: int = 40
    companion_kills: int = 10
    companion_restarts: int = 2


SHORT = Extent(
    sqlite_kills=4,
    postgresql_kills=4,
    at_once=1,
    restarts=1,
    answers=16,
    companion_kills=8,
    companion_restarts=1,
)


@dataclass(frozen=True, slots=True)
class FaultClass:
    """A class of faults, and the same with a protection taken out, which has to find violations."""

    name: str
    held: Run
    protection: str
    without: Run


def sqlite_classes(extent: Extent) -> Iterator[FaultClass]:
    """What can befall a house on SQLite: two processes of one machine."""

    def load(urls: tuple[str, str], folder: Path, log: type[Log]) -> Load:
        return Load(urls, folder, 2, log)

    yield from _statements()
    yield FaultClass(
        "kill -9",
        lambda urls, folder: load(urls, folder, Log).killed(extent.sqlite_kills, extent.answers),
        "answered before the commit",
        lambda urls, folder: load(urls, folder, HastyLog).killed(extent.companion_kills, 8),
    )
    yield FaultClass(
        "kill -9 of all at once",
        lambda urls, folder: load(urls, folder, Log).killed_at_once(extent.at_once, extent.answers),
        "answered before the commit",
        lambda urls, folder: load(urls, folder, HastyLog).killed_at_once(extent.companion_kills // 2, 10),
    )
    yield FaultClass(
        "disk full",
        lambda urls, _: sqlite_full(urls),
        "answered before the commit",
        lambda urls, _: sqlite_full(urls, DeafLog),
    )


def postgresql_classes(extent: Extent, server: Server) -> Iterator[FaultClass]:
    """What can befall a house on PostgreSQL: three replicas."""

    def load(urls: tuple[str, str], folder: Path, log: type[Log] = Log) -> Load:
        return Load(urls, folder, 3, log)

    def forgotten(urls: tuple[str, str], folder: Path) -> Result:
        with server.forgetful():
            return load(urls, folder).restarted(server.crash, extent.companion_restarts, extent.answers)

    yield from _statements()
    yield FaultClass(
        "kill -9",
        lambda urls, folder: load(urls, folder).killed(extent.postgresql_kills, extent.answers),
        "answered before the commit",
        lambda urls, folder: load(urls, folder, HastyLog).killed(extent.companion_kills, 8),
    )
    yield FaultClass(
        "disk full",
        lambda urls, _: postgresql_full(urls, server),
        "answered before the commit",
        lambda urls, _: postgresql_full(urls, server, DeafLog),
    )
    yield FaultClass(
        "database restarted",
        lambda urls, folder: load(urls, folder).restarted(server.crash, extent.restarts, extent.answers),
        "committed before it is on the disk",
        forgotten,
    )


def _statements() -> Iterator[FaultClass]:
    yield FaultClass(
        "line cut",
        lambda urls, _: cuts(urls),
        "answered before the commit",
        lambda urls, _: cuts(urls, DeafLog),
    )
    yield FaultClass(
        "write refused by a trigger",
        lambda urls, _: triggers(urls),
        "answered before the commit",
        lambda urls, _: triggers(urls, DeafLog),
    )


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    asked = _parser().parse_args(arguments)
    names = DATABASES if asked.database == "both" else (asked.database,)
    # What fails here fails on purpose; only the figures are worth reading.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    extent = SHORT if asked.short else Extent()
    began, tally = time.monotonic(), Tally()
    if "sqlite" in names:
        for one in sqlite_classes(extent):
            tally.run("sqlite", one, _sqlite)
    if "postgresql" in names:
        with ExitStack() as stack:
            cluster = stack.enter_context(running_cluster(durable=True))
            server = stack.enter_context(server_of(cluster))
            for one in postgresql_classes(extent, server):
                tally.run("postgresql", one, lambda _: _postgresql(cluster))
    _say(f"{time.monotonic() - began:.0f} s in all")
    _say(f"audit-faults {'held' if tally.held else 'DID NOT HOLD'}: {tally}")
    return 0 if tally.held else 1


class Tally:
    """All results."""

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._found: list[int] = []

    def run(self, database: str, one: FaultClass, fresh: Callable[[Path], tuple[str, str]]) -> None:
        """Run a class and its companion, each over a house of its own."""
        result = _timed(f"{database}, {one.name}", one.held, fresh)
        self._results.append(result)
        without = _timed(f"{database}, {one.name}, WITHOUT: {one.protection}", one.without, fresh)
        self._found.append(without.figures.violations)

    @property
    def held(self) -> bool:
        """Whether no promise was broken where it was to hold, and each companion saw one broken."""
        whole = all(one.figures.violations == 0 for one in self._results)
        return whole and all(self._found) and bool(self._results)

    def __str__(self) -> str:
        figures = sum((one.figures for one in self._results), Figures())
        faults = sum(one.faults for one in self._results)
        kills = sum(one.kills for one in self._results)
        restarts = sum(one.restarts for one in self._results)
        return (
            f"faults {faults}, kills {kills}, restarts {restarts}, answers {figures.answered}; {figures}; "
            f"without the protection: violations found in {sum(map(bool, self._found))} of {len(self._found)} runs"
        )


def _timed(name: str, run: Run, fresh: Callable[[Path], tuple[str, str]]) -> Result:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="oncetold-faults-") as folder:
        result = run(fresh(Path(folder)), Path(folder))
    figures = result.figures
    _say(
        f"{name}: faults {result.faults}, answers {figures.answered}, refused {figures.refused}, "
        f"entries {figures.entries} ({figures.unanswered} unanswered); {figures}; {time.monotonic() - began:.1f} s"
    )
    return result


def _sqlite(folder: Path) -> tuple[str, str]:
    return sqlite_urls(folder)


def _postgresql(cluster: Cluster) -> tuple[str, str]:
    return cluster.fresh_database(), cluster.fresh_database()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.audit_faults")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--short", action="store_true", help="few kills and restarts, for CI")
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
