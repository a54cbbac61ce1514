"""The gates of the policies: formatted, strict, tested, and the compiled policy is the one of these sources.

`python -m scripts.check_rego`. Where OPA cannot be had the check says so and passes, except in CI, which always has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from scripts import parts, real_parts

POLICIES = parts.ROOT / "policies"
BUILD = parts.ROOT / "scripts" / "build_policy.sh"


def gates(opa: Path, sources: list[Path]) -> list[list[str | Path]]:
    """The commands that must all succeed."""
    commands: list[list[str | Path]] = [
        [opa, "fmt", "--fail", "--list", *sources],
        [opa, "check", "--strict", *sources],
        [opa, "test", *sources],
    ]
    if BUILD.exists():
        commands.append([BUILD, "--check"])
    return commands


def main() -> int:
    """Run the gates and print what fails; returns the exit status."""
    sources = sorted(POLICIES.rglob("*.rego"))
    if not sources:
        return 0
    try:
        opa = real_parts.provide("opa")
    except real_parts.UnavailableError as error:
        print(f"The policies were not checked: {error}")
        return 1 if os.environ.get("CI", "").lower() == "true" else 0
    failed = 0
    for command in gates(opa, sources):
        done = subprocess.run(command, cwd=parts.ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            failed = 1
            print(f"{Path(command[0]).name} {command[1]}:\n{done.stdout}{done.stderr}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
