"""`make bench`: views a second and latencies of a bare fan-out and of the full pipeline, in one run.

    python -m bench [--seconds 3] [--rounds 4] [--postgres] [--cprofile FILE]

The last line is `ratio full/bare 0.NN`: requests a second at 32 connections. docs/performance.md says how to read it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog

from bench.figures import Round, Row, cpu_ratio, percentile, ratio, row
from bench.house import House, Target, house

CONNECTIONS = (1, 32)
WARM_SECONDS = 0.7
SOURCES = ("nhs", "council")
Rounds = dict[str, list[Round]]


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. rounds: of each target at each number of connections."""

    seconds: float
    rounds: int
    postgres: bool
    cprofile: Path | None


def main() -> None:
    """Measure and print."""
    options, began = _options(), time.monotonic()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if options.cprofile is not None:
        with house() as home:
            _functions(home, options)
        return
    said = _measured(options)
    if options.postgres:
        _postgres(options)
    print(f"{time.monotonic() - began:.0f} s in all")
    print(f"ratio full/bare {said:.2f}")


def _options() -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Full pipeline against bare fan-out."
    )
    parser.add_argument("--seconds", type=float, default=3.0, help="counted seconds a round")
    parser.add_argument("--rounds", type=int, default=4, help="rounds a target")
    parser.add_argument("--postgres", action="store_true", help="measure the pipeline over PostgreSQL, too")
    parser.add_argument("--cprofile", type=Path, help="only profile the pipeline's functions, into this file")
    said = parser.parse_args()
    return Options(said.seconds, said.rounds, said.postgres, said.cprofile)


def _measured(options: Options) -> float:
    with house() as home:
        print(f"{home.people} people who allowed the view, three sources each; {_machine()}")
        bare, adapters = home.serve_bare()
        full = home.serve_gateway()
        said = 0.0
        for connections in CONNECTIONS:
            # Interleaved, and adjacent in time: what else the machine does meets all of them.
            rounds = _interleaved(home, (bare, full, adapters), connections, options)
            said = _print(connections, rounds)
        home.stop("gateway")
        _print_steps(_steps(home, options))
    return said


def _interleaved(home: House, targets: Sequence[Target], connections: int, options: Options) -> Rounds:
    rounds: Rounds = {target.name: [] for target in targets}
    for number in range(options.rounds):
        for target in targets if number % 2 == 0 else (targets[1], targets[0], *targets[2:]):
            rounds[target.name].append(_load(home, target, connections, options.seconds))
    return rounds


def _load(home: House, target: Target, connections: int, seconds: float) -> Round:
    said = {
        "port": target.port,
        "path": target.path,
        "file": str(target.file),
        "connections": connections,
        "seconds": seconds,
        "warm": WARM_SECONDS,
    }
    servers = [home.pid(target.process)], [home.pid(name) for name in SOURCES]
    before = [_cpu(pids) for pids in servers]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", json.dumps(said)], capture_output=True, text=True, check=False
    )
    after = [_cpu(pids) for pids in servers]
    if done.returncode != 0:
        raise SystemExit(f"{target.name} at {connections} connections: {done.stderr.strip()[-600:]}")
    result = json.loads(done.stdout)
    # The counters ran through the warm-up as well: the counted share of the time is taken.
    share = result["seconds"] / (result["seconds"] + WARM_SECONDS)
    spent = [None if a is None or b is None else (b - a) * share for a, b in zip(before, after, strict=True)]
    return Round(
        result["seconds"], tuple(result["latencies"]), spent[0], spent[1], float(result["cpu"]) * share
    )


def _cpu(pids: Sequence[int]) -> float | None:
    """Processor seconds of processes so far (proc(5), /proc/<pid>/schedstat); None on other systems than Linux."""
    try:
        return sum(
            int(task.joinpath("schedstat").read_text().split()[0]) / 1e9
            for pid in pids
            for task in Path(f"/proc/{pid}/task").iterdir()
        )
    except (OSError, ValueError, IndexError):
        return None


def _print(connections: int, rounds: Rounds) -> float:
    rows = {name: row(found) for name, found in rounds.items()}
    print(f"\n{connections} connection{'s' if connections > 1 else ''}")
    print(
        f"  {'':<22}{'views/s':>9}  {'(rounds)':<15}{'p50 ms':>8}{'p95 ms':>8}{'p99 ms':>8}"
        f"   CPU ms a view: server, sources, load"
    )
    for name, one in rows.items():
        print(_line(name, one))
    said = ratio(rounds["full"], rounds["bare"])
    cpu = cpu_ratio(rows["full"], rows["bare"])
    pairs = ", ".join(f"{a.rate / b.rate:.2f}" for a, b in zip(rounds["full"], rounds["bare"], strict=True))
    print(
        f"  full/bare {said:.2f} (pairs {pairs}), full/adapters {ratio(rounds['full'], rounds['adapters']):.2f}, "
        f"p50 {rows['full'].p50 / rows['bare'].p50:.2f} times"
        + ("" if cpu is None else f", by the server's CPU {cpu:.2f}")
    )
    return said


NAMES = {
    "bare": "bare fan-out",
    "full": "full pipeline",
    "adapters": "fan-out with mapping",
    "steps": "profile",
}


def _line(name: str, one: Row) -> str:
    spent = "  ".join(
        "-" if part is None else f"{part:.2f}" for part in (one.cpu_server, one.cpu_sources, one.cpu_load)
    )
    spread = f"({one.slowest:.0f}-{one.fastest:.0f})"
    latencies = "".join(f"{part:>8.2f}" for part in (one.p50, one.p95, one.p99))
    return f"  {NAMES.get(name, name):<22}{one.rate:>9.0f}  {spread:<15}{latencies}   {spent}"


def _steps(home: House, options: Options) -> dict[str, list[int]]:
    """Nanoseconds of each step, at one connection; and the whole request as the client saw it."""
    result = home.folder / "steps.json"
    target = home.serve_steps(result)
    client = _load(home, target, 1, options.seconds)
    home.stop("steps")
    taken: dict[str, list[int]] = json.loads(result.read_text())
    taken["whole request"] = [one * 1000 for one in client.latencies]
    return taken


def _print_steps(taken: dict[str, list[int]]) -> None:
    middle = {name: percentile(sorted(times), 50) / 1000 for name, times in taken.items()}
    whole = middle["whole request"]
    middle["9 web around it"] = whole - middle["whole view"]
    print("\nsteps of the full pipeline at one connection, median microseconds, waiting included")
    for name in sorted(middle, key=lambda one: (one.startswith("whole"), one)):
        print(f"  {name:<18}{middle[name]:>8.0f}{middle[name] / whole:>8.0%}")


def _functions(home: House, options: Options) -> None:
    path = (options.cprofile or Path("profile")).resolve()
    target = home.serve_steps(path, "--cprofile")
    _load(home, target, CONNECTIONS[-1], options.seconds)
    home.stop("steps")
    print(f"wrote {path}; read it with `python -m pstats {path}`")


def _postgres(options: Options) -> None:
    # Only asked for: the tests' cluster is no part of a production install.
    from tests.support.postgres import PostgresUnavailableError, running_cluster  # noqa: PLC0415 - only for --postgres

    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(running_cluster(durable=True))
        except PostgresUnavailableError as error:
            print(f"\nPostgreSQL: {error}")
            return
        home = stack.enter_context(house((cluster.fresh_database(), cluster.fresh_database())))
        bare, adapters = home.serve_bare()
        full = home.serve_gateway()
        print("\nover PostgreSQL, with fsync")
        for connections in CONNECTIONS:
            _print(connections, _interleaved(home, (bare, full, adapters), connections, options))


def _machine() -> str:
    return f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f} before"


if __name__ == "__main__":
    main()
