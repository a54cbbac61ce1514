"""`python -m tests.race`: the guarded append under two processes, withdrawals and kill -9, on both databases.

Without arguments, on each database: 10,000 operations of 24 clients asking and one in each process changing, with 24
kills; 10,000 of 4 clients asking and 1 changing, about two people, so that they meet as often; then each shape once more
without the guard, which must show violations (or the harness could not see any). The last line is the figures; the exit code
is 0 only if all held.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.race.supervisor import Outcome, Plan, run
from tests.support.house import sqlite_urls
from tests.support.postgres import Cluster, running_cluster

KILLS = 24
UNGUARDED_OPERATIONS = 2_000
DATABASES = ("sqlite", "postgresql")


def few(plan: Plan) -> Plan:
    """Two processes with two clients each that ask, and one client that changes, all about the same two people."""
    return replace(plan, clients=2, changing=1, people=2)


def main(arguments: list[str]) -> int:
    """Run what was asked for."""
    asked = _parser().parse_args(arguments)
    names = DATABASES if asked.database == "both" else (asked.database,)
    plan = Plan(operations=asked.operations, processes=asked.processes, seed=asked.seed)
    if asked.few:
        plan = few(plan)
    kills = asked.kills if asked.kills is not None else KILLS * asked.kill
    if not arguments:
        shapes = (replace(plan, kills=KILLS), few(plan))
        plans = [
            *shapes,
            *(replace(one, guard=False, kills=0, operations=UNGUARDED_OPERATIONS) for one in shapes),
        ]
    else:
        plans = [replace(plan, kills=kills, guard=not asked.without_guard)]
    outcomes: list[tuple[Plan, Outcome]] = []
    with contextlib.ExitStack() as stack:
        cluster = None
        if "postgresql" in names and asked.urls is None:
            cluster = stack.enter_context(running_cluster(durable=True))
        for one in plans:
            for name in names:
                outcome = _race(name, cluster, asked.urls, one)
                outcomes.append((one, outcome))
                guard = "with the guard" if one.guard else "WITHOUT the guard"
                told = f"{outcome.figures}; kills {outcome.kills}, {outcome.seconds:.0f} s"
                _say(f"{name}, {one.asking} asking, {guard}: {told}")
    return _conclude(outcomes)


def _conclude(outcomes: list[tuple[Plan, Outcome]]) -> int:
    guarded = [one.figures for plan, one in outcomes if plan.guard]
    unguarded = [one.figures for plan, one in outcomes if not plan.guard]
    enough = all(one.kills == plan.kills for plan, one in outcomes)
    held = all(one.held for one in guarded)
    seen = all(one.begun_after > 0 and one.lost == one.forks == 0 for one in unguarded)
    kills = sum(one.kills for _, one in outcomes)
    parts = []
    if guarded:
        parts.append(
            f"operations {sum(one.operations for one in guarded)}, kills {kills}, "
            f"disclosures after a withdrawal {sum(one.after_withdrawal for one in guarded)}, "
            f"entries lost {sum(one.lost for one in guarded)}, forks {sum(one.forks for one in guarded)}"
        )
    if unguarded:
        found = sum(one.after_withdrawal for one in unguarded)
        parts.append(f"without the guard: violations found {found}")
    verdict = "held" if held and seen and enough else "DID NOT HOLD"
    _say(f"race {verdict}: " + "; ".join(parts))
    return 0 if held and seen and enough else 1


def _race(name: str, cluster: Cluster | None, urls: list[str] | None, plan: Plan) -> Outcome:
    with _folder() as folder:
        if urls is not None:
            chosen = (urls[0], urls[1])
        elif cluster is not None and name == "postgresql":
            chosen = cluster.fresh_database(), cluster.fresh_database()
        else:
            chosen = sqlite_urls(folder)
        return run(chosen, folder, plan)


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="oncetold-race-") as name:
        yield Path(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.race")
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--kill", action="store_true", help=f"kill -9 one of the processes {KILLS} times")
    parser.add_argument("--kills", type=int, help="how many times instead")
    parser.add_argument("--without-guard", action="store_true", help="must find violations")
    parser.add_argument("--few", action="store_true", help="4 clients ask and 1 changes, about two people")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--urls", nargs=2, metavar=("MAIN", "KEYS"), help="two empty databases that are there"
    )
    return parser


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
