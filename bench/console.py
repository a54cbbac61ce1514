"""`python -m bench.console`: how long each of the console's searches takes on a log of a million made-up entries.

    python -m bench.console [--entries 1000000] [--postgres] [--rounds 5]

Each time is of the whole answer: the ranges, the fifty entries, their details opened and put in words. The first round of
a search is shown apart: it has nothing in memory yet. CPU is what this process worked meanwhile: with SQLite all of it,
whatever else the machine does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from audit.facets import Query
from audit.reader import LogReader, StoredEntry
from audit.store import LogStore
from core.keys import KeyStore
from core.sections import policies_folder
from core.storage import Database
from core.vocabulary import JsonObject
from gateway.migrations import migrate
from gateway.policy.registers import load_registers
from gateway.services.overview import OverviewDesk
from gateway.services.words import Wording

# The generator and the cluster are the tests': no part of a production install.
from tests.support.many_entries import DAY_MS, ORGANISATIONS, Spread, fill
from tests.support.postgres import running_cluster

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
LIMIT_SECONDS = 1.0


class Standing:
    """A clock that stands at the newest entry's time."""

    def now(self) -> datetime:
        """See `core.clock.Clock`."""
        return NOW

    def monotonic(self) -> float:
        """See `core.clock.Clock`."""
        return 0.0

    def assert_sound(self) -> None:
        """See `core.clock.Clock`."""


def main(arguments: list[str]) -> int:
    """Fill, search, print; 1 where a search took a second or more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--postgres", action="store_true")
    asked = parser.parse_args(arguments)
    spread = Spread(asked.entries, NOW_MS)
    with (
        tempfile.TemporaryDirectory(prefix="oncetold-console-") as folder,
        _databases(Path(folder), postgres=asked.postgres) as (database, key_database),
    ):
        migrate(database, "main")
        migrate(key_database, "keys")
        keys = KeyStore(key_database, bytes(32))
        started = time.perf_counter()
        fill(database, keys, spread)
        _say(
            f"{database.dialect}: {asked.entries:,} entries written in {time.perf_counter() - started:.0f} s"
        )
        reader = LogReader(database, LogStore(database), keys)
        slowest = 0.0
        for name, work in _searches(reader, spread):
            slowest = max(slowest, _measure(name, work, asked.rounds))
    _say(f"slowest {slowest * 1000:.0f} ms")
    return 0 if slowest < LIMIT_SECONDS else 1


def _searches(reader: LogReader, spread: Spread) -> Iterator[tuple[str, Callable[[], int]]]:
    base = Query(ORGANISATIONS[0])
    # Of somebody whom this organisation looked at.
    some = reader.open(reader.search(replace(base, kind="refusal"))[0])
    code = "" if some is None else str(cast("JsonObject", some.detail["detail"])["person"])
    month = replace(base, from_ms=NOW_MS - 200 * DAY_MS, until_ms=NOW_MS - 170 * DAY_MS)
    queries = {
        "newest": base,
        "older, from the middle": replace(base, before=spread.entries // 2),
        "kind: emergencies": replace(base, kind="break-glass"),
        "kind and outcome: role-not-agreed": replace(base, kind="refusal", outcome="role-not-agreed"),
        "why: safeguarding (1 in 100)": replace(base, purpose="safeguarding-enquiry"),
        "a month half a year ago": month,
        "that month, emergencies": replace(month, kind="break-glass"),
        "text: wellbeing (a rare recipient)": replace(base, text="wellbeing"),
        "text that finds nothing": replace(base, text="nowhere"),
        "outcome that never was": replace(base, outcome="nothing-such"),
        "text: adviser": replace(base, text="adviser"),
        "a person's code": replace(base, code=code),
        "a person's code, refusals": replace(base, code=code, kind="refusal"),
        "a code of nobody": replace(base, code="ZZZZ-ZZZZ"),
        "all filters at once": replace(
            month, kind="disclosure", outcome="disclosed", purpose="hospital-link", text="adviser"
        ),
        "a small organisation": Query(ORGANISATIONS[-1], kind="break-glass"),
    }
    for name, query in queries.items():
        yield name, lambda query=query: len(_opened(reader, reader.search(query)))  # type: ignore[misc] # bound now
    yield "the outcomes to choose from", lambda: len(reader.outcomes(base.organisation))
    month_ago = NOW_MS - 30 * DAY_MS
    edges = range(month_ago, NOW_MS + 1, DAY_MS)
    yield (
        "a month counted day by day",
        lambda: sum(sum(one.values()) for one in reader.counts(base.organisation, edges)),
    )
    desk = OverviewDesk(reader, Wording(load_registers(policies_folder())), Standing())
    yield (
        "the overview page's four weeks",
        lambda: sum(day.total for day in desk.overview(base.organisation).days),
    )


def _opened(reader: LogReader, entries: tuple[StoredEntry, ...]) -> list[object]:
    return [reader.open(entry) for entry in entries]


def _measure(name: str, work: Callable[[], int], rounds: int) -> float:
    times, works = [], []
    found = 0
    for _ in range(rounds):
        started, worked = time.perf_counter(), time.process_time()
        found = work()
        times.append(time.perf_counter() - started)
        works.append(time.process_time() - worked)
    _say(
        f"{name:<36} found {found:>7,}   first {times[0] * 1000:6.1f} ms (CPU {works[0] * 1000:5.1f})   "
        f"then {min(times) * 1000:6.1f} ms"
    )
    return max(times)


@contextmanager
def _databases(folder: Path, *, postgres: bool) -> Iterator[tuple[Database, Database]]:
    if not postgres:
        opened = Database(f"sqlite:///{folder / 'log.db'}"), Database(f"sqlite:///{folder / 'keys.db'}")
        try:
            yield opened
        finally:
            for one in opened:
                one.close()
        return
    with running_cluster() as cluster:
        opened = Database(cluster.fresh_database()), Database(cluster.fresh_database())
        try:
            yield opened
        finally:
            for one in opened:
                one.close()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
