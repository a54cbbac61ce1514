"""Everything that the policies promise, in one run: `python -m scripts.policy` (make policy).

The gate of the Rego (format, strictness, schemas, METADATA, tests, coverage, equality with a fresh build), the table of
situations, both engines side by side, every mutant; then what a decision costs. The last line tells the figures. The exit
status is 0 only if everything held; a test that could not run has not held.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from xml.etree.ElementTree import Element, parse

from scripts import parts, real_parts

GATE = parts.ROOT / "scripts" / "build_policy.sh"
TESTS = ("tests/unit/gateway/policy", "tests/integration/policy")
TABLE = "test_the_policy_decides_as_the_table_says"
BENCH = "bench.policy"


@dataclass(slots=True)
class Results:
    """What the tests gave: how many ran and did not hold, lines of the table, and what they recorded, by name."""

    ran: int = 0
    not_held: list[str] = field(default_factory=list)
    situations: int = 0
    recorded: dict[str, list[str]] = field(default_factory=dict)

    def sum(self, name: str) -> int:
        """All that was recorded under a name, added up."""
        return sum(map(int, self.recorded.get(name, [])))


def read_results(root: Element) -> Results:
    """The results in a JUnit report of pytest's (family xunit1, which alone may hold properties)."""
    results = Results()
    for case in root.iter("testcase"):
        name = case.get("name", "")
        results.ran += 1
        results.situations += name.startswith(TABLE)
        if any(case.find(bad) is not None for bad in ("failure", "error", "skipped")):
            results.not_held.append(name)
        for recorded in case.iter("property"):
            results.recorded.setdefault(recorded.get("name", ""), []).append(recorded.get("value", ""))
    return results


def last_line(rego_tests: str, results: Results, seconds: float) -> str:
    """The figures of a run in which everything held."""
    mutants, equivalent = results.sum("mutants"), results.sum("survivors")
    parity = ", ".join(results.recorded.get("parity", ["not measured"]))
    return (
        f"policy: {rego_tests} rego tests, coverage 100%, format, strict, schemas and metadata clean, wasm equal to a fresh "
        f"build, {results.situations} situations, parity {parity}, mutants {mutants - equivalent} of {mutants} killed "
        f"({equivalent} equivalent), {results.ran} tests, {seconds:.0f} s"
    )


def main() -> int:
    """Run it all and tell; returns the exit status."""
    started = time.monotonic()
    try:
        opa = real_parts.provide("opa")
    except real_parts.UnavailableError as error:
        print(f"policy: NOT PROVED, since there is no OPA: {error}")
        return 1
    env = dict(os.environ, OPA=str(opa))
    failed = []

    gate = subprocess.run([GATE, "--check"], env=env, capture_output=True, text=True, check=False)
    print(gate.stdout + gate.stderr, end="", flush=True)
    if gate.returncode != 0:
        failed.append("the gate of the Rego")

    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", *TESTS, "-o", "junit_family=xunit1"]
        subprocess.run([*command, f"--junitxml={report}"], env=env, cwd=parts.ROOT, check=False)
        # pytest has just written it.
        results = read_results(parse(report).getroot()) if report.exists() else Results()  # noqa: S314
    if results.not_held or not results.ran:
        failed.append(f"{len(results.not_held)} of {results.ran} tests")
    for shown in results.recorded.get("shown", []):
        print(f"The generated questions showed: {shown}")

    if find_spec(BENCH) is not None:
        measured = subprocess.run([sys.executable, "-m", BENCH], env=env, cwd=parts.ROOT, check=False)
        if measured.returncode != 0:
            failed.append(BENCH)

    told = re.search(r"^PASS: (\d+)/\1$", gate.stdout, re.MULTILINE)
    if told is None and not failed:
        failed.append("OPA told no count of tests")
    if failed:
        print(f"policy: FAILED: {', '.join(failed)}")
        return 1
    print(last_line(told[1] if told else "0", results, time.monotonic() - started))
    return 0


if __name__ == "__main__":
    sys.exit(main())
