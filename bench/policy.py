"""How long a policy decision takes: in process, remembered, and by a real OPA server, at 10, 100 and 1,000 agreements.

    python -m bench.policy [--rounds 40] [--calls 25] [--sizes 10,100,1000]

All engines get the same full-size question in the same run, and take turns call block by call block, so that whatever else
the machine does meets all alike. The agreements beyond the real ones lie between organisations that have nothing to do with
the question: its cost must not grow with them. docs/adr/0009 has the figures and what follows from them.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.figures import percentile
from bench.registers import FullSize, full_size, multiplied
from core.sections import policies_folder
from gateway.policy.answer import to_decision
from gateway.policy.compile import concerned, document, policy_data, with_revision
from gateway.policy.port import Decision, PolicyEngine, Question
from gateway.policy.question import canonical
from gateway.policy.register_files import read_json
from gateway.policy.registers import Registers, agreements_in_force, load_registers
from gateway.policy.remembered import Remembered
from gateway.policy.server import OpaServer
from gateway.policy.wasm import open_engine

NEW, REMEMBERED, SERVER = "in process, new", "in process, remembered", "OPA server"
WARM_CALLS = 20
Taken = dict[tuple[str, int], list[int]]
"""(engine, agreements) -> nanoseconds, a call each."""


@dataclass(frozen=True, slots=True)
class Options:
    """The command line. calls: of each engine in each round."""

    rounds: int
    calls: int
    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One engine over registers of one size, and the question put to it: in force is all of the register."""

    name: str
    agreements: int
    engine: PolicyEngine
    question: Question


def main() -> None:
    """Measure and print."""
    options = _options()
    asyncio.run(_run(options))


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m bench.policy", description="Policy decisions by engine.")
    parser.add_argument("--rounds", type=int, default=40, help="rounds in which every engine has its turn")
    parser.add_argument("--calls", type=int, default=25, help="calls of each engine in a round")
    parser.add_argument("--sizes", default="10,100,1000", help="numbers of agreements")
    said = parser.parse_args()
    return Options(said.rounds, said.calls, tuple(int(size) for size in said.sizes.split(",")))


async def _run(options: Options) -> None:
    folder, now = policies_folder(), datetime.now(UTC)
    real = load_registers(folder)
    async with AsyncExitStack() as stack:
        asked_of_all = await full_size(real, stack.enter_context(open_engine(folder, real)), now)
        print(f"{asked_of_all.told()}; {len(real.agreements)} real agreements")
        print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f} before")
        targets = [
            target
            for size in options.sizes
            for target in await _targets(stack, real, asked_of_all, size, now)
        ]
        taken = await measured(targets, options)
        for line in table(taken, options.sizes):
            print(line)
        for line in await _where_it_goes(targets[0], options):
            print(line)
        print(last_line(taken, options.sizes))


async def _targets(
    stack: AsyncExitStack, real: Registers, full: FullSize, size: int, now: datetime
) -> list[Asked]:
    registers = multiplied(real, full.concerned, size)
    question = Question(
        full.question.asker,
        full.question.purpose,
        full.question.sections,
        agreements_in_force(registers, now),
        full.question.subject,
    )
    engine = stack.enter_context(open_engine(policies_folder(), registers))
    targets = [
        Asked(NEW, size, engine, question),
        Asked(REMEMBERED, size, Remembered(engine), question),
    ]
    server = await _server(stack, registers, engine.revision)
    return targets if server is None else [*targets, Asked(SERVER, size, server, question)]


async def _server(stack: AsyncExitStack, registers: Registers, revision: str) -> OpaServer | None:
    """A real OPA server over the same policy and registers; None where this machine has no OPA."""
    # Only where OPA is: the tests' way to start one is no part of a production install.
    from scripts import parts  # noqa: PLC0415 - as above
    from tests.support.opa import opa_server  # noqa: PLC0415 - as above

    opa = parts.opa()
    if opa is None:
        return None
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="oncetold-bench-")))
    built = read_json(policies_folder() / "policy.json", policies_folder())
    data = with_revision(policy_data(registers), str(built["rego_sha256"]))
    (folder / "data.json").write_bytes(document(data))
    # Its own copy of the Rego, since OPA would also read the tests that stand beside it.
    shutil.copytree(policies_folder() / "rego", folder / "rego")
    url = stack.enter_context(opa_server(opa, [str(folder)]))
    return await stack.enter_async_context(OpaServer(url, revision, concerned(registers)))


async def measured(targets: Sequence[Asked], options: Options) -> Taken:
    """Every engine in turn, forwards and backwards by round; all have to give the same decision."""
    first = [await _warmed(target) for target in targets]
    if any(_shown(decision) != _shown(first[0]) for decision in first):
        raise SystemExit("the engines do not agree: there is nothing to compare")
    taken: Taken = {(target.name, target.agreements): [] for target in targets}
    gc.collect()
    for number in range(options.rounds):
        for target in targets if number % 2 == 0 else reversed(targets):
            times = taken[target.name, target.agreements]
            for _ in range(options.calls):
                started = time.perf_counter_ns()
                await target.engine.decide(target.question)
                times.append(time.perf_counter_ns() - started)
    return taken


async def _warmed(target: Asked) -> Decision:
    for _ in range(WARM_CALLS):
        await target.engine.decide(target.question)
    return await target.engine.decide(target.question)


def _shown(decision: Decision) -> object:
    """What two engines over registers of two sizes have to agree on: all but the revision."""
    return decision.permits, decision.refusal, decision.named_sources, decision.reasons


async def _where_it_goes(target: Asked, options: Options) -> list[str]:
    """Of a new decision in process: how long the question takes to write, and the answer to read."""
    decision = await target.engine.decide(target.question)
    answer = _answer(decision)
    write: list[int] = []
    read: list[int] = []
    for _ in range(options.rounds * options.calls):
        started = time.perf_counter_ns()
        canonical(target.question)
        between = time.perf_counter_ns()
        to_decision(answer, decision.revision)
        write.append(between - started)
        read.append(time.perf_counter_ns() - between)
    return [
        f"of a new decision in process: {_ms(write, 50):.3f} ms write the question, {_ms(read, 50):.3f} ms read the answer"
    ]


def _answer(decision: Decision) -> dict[str, object]:
    """A decision as an engine answers it."""
    return {
        "revision": decision.revision,
        "refusal": None,
        "permits": {
            permit.source: {
                "sections": _lists(permit.sections),
                "basis": dict(permit.basis),
                "permissions": sorted(permit.permissions),
            }
            for permit in decision.permits
        },
        "named_sources": sorted(decision.named_sources),
        "permitted_labels": sorted(decision.permitted_labels),
        "location_fields": _lists(decision.location_fields),
        "reasons": [dict(reason) for reason in decision.reasons],
        "obligations": [dict(one) for one in decision.obligations],
    }


def _lists(fields: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    return {section: sorted(names) for section, names in fields.items()}


def table(taken: Taken, sizes: Sequence[int]) -> list[str]:
    """p50 and p99 in milliseconds, an engine a line, a size a column."""
    head = "".join(f"{f'{size} agreements':>22}" for size in sizes)
    lines = [f"{'':<24}{head}", f"{'':<24}" + f"{'p50 ms':>11}{'p99 ms':>11}" * len(sizes)]
    for name in _names(taken):
        cells = [taken.get((name, size), []) for size in sizes]
        told = "".join(
            f"{_ms(times, 50):>11.3f}{_ms(times, 99):>11.3f}" if times else " " * 22 for times in cells
        )
        lines.append(f"{name:<24}{told}")
    return lines


def last_line(taken: Taken, sizes: Sequence[int]) -> str:
    """The figures that a reader compares."""
    new = "/".join(f"{_ms(taken[NEW, size], 50):.2f}" for size in sizes)
    remembered = median(_ms(taken[REMEMBERED, size], 50) for size in sizes)
    server = [_ms(taken[SERVER, size], 50) for size in sizes if (SERVER, size) in taken]
    told = "/".join(f"{one:.1f}" for one in server)
    said = f"policy bench: new p50 {new} ms, remembered {remembered:.3f} ms"
    counted = "/".join(map(str, sizes))
    if not server:
        return f"{said} at {counted} agreements"
    return f"{said}, server {told} ms at {counted} agreements; server/in-process {times_slower(taken, sizes):.1f}"


def times_slower(taken: Taken, sizes: Sequence[int]) -> float:
    """How many times as long as in process the server takes, both new: the median over the sizes."""
    both = [size for size in sizes if (SERVER, size) in taken]
    return median(_ms(taken[SERVER, size], 50) / _ms(taken[NEW, size], 50) for size in both)


def _names(taken: Taken) -> list[str]:
    return list(dict.fromkeys(name for name, _ in taken))


def _ms(times: Sequence[int], percent: int) -> float:
    return percentile(sorted(times), percent) / 1e6


if __name__ == "__main__":
    main()
