"""Drops every condition of gateway/policy in turn: the tests of that module must notice.

A mutant that nothing notices is listed here with the reason why it is equivalent; a reason without its mutant fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mutants import mutants

ROOT = Path(__file__).resolve().parents[3]
TESTS = "tests/unit/gateway/policy"

KILLERS: dict[str, tuple[str, ...]] = {
    "answer": ("test_question_and_answer.py", "test_engine.py"),
    "bundle": ("test_bundle.py", "test_bundle_edges.py"),
    "bundle_archive": ("test_bundle_archive.py", "test_bundle_edges.py"),
    "compile": ("test_compile.py",),
    "question": ("test_question_and_answer.py", "test_engine.py"),
    "register_checks": ("test_wrong_registers.py",),
    "register_signatures": ("test_register_signatures.py", "test_wrong_registers.py"),
    "register_values": ("test_registers.py",),
    "remembered": ("test_remembered.py",),
    "server": ("test_server.py", "test_server_answers.py"),
    "signing": ("test_signing.py", "test_wrong_registers.py"),
    "uk_days": ("test_registers.py",),
    "wasm": ("test_engine.py",),
}
"""Module -> the tests that concern it."""

EQUIVALENT: dict[str, dict[str, str]] = {
    "answer": {
        "_sections: `entry` is True": "an empty mapping is equal to the shared empty one that it spares making",
    },
    "bundle": {
        "open_registers: `name.startswith(('registers/', 'sections/'))` is True": "the other files would lie there unread",
    },
    "bundle_archive": {
        "_check_entry: `entry.sparse is not None` is False": "a sparse file has another type, or PAX headers",
        (
            "_check_entry: `entry.type != tarfile.REGTYPE or entry.pax_headers or entry.sparse is not None` "
            "without `entry.sparse is not None`"
        ): "a sparse file has another type, or PAX headers",
        "unpack: `end > len(raw)` is False": "tarfile itself finds an archive cut short that has no room for a file",
    },
    "register_checks": {
        "_check_law: `gate is not None and confidential and (gate.name not in _GATES[rule])` without `gate is not None`": (
            "it is for the type checker: a confidential source without a gate was refused just above"
        ),
        "_check_law: `gate is not None` is True": (
            "it is for the type checker: a confidential source without a gate was refused just above"
        ),
    },
    "remembered": {
        "Remembered.decide: `permissions` is True": "with no permissions there are no names to give, only time to lose",
        "_named: `permit.permissions` is True": "a permit that rests on none is copied as it is",
    },
}


@pytest.mark.parametrize("module", KILLERS)
@pytest.mark.timeout(600)
def test_every_condition_is_needed(module: str) -> None:
    files = [f"{TESTS}/{name}" for name in KILLERS[module]]
    # Unmeasured: the same lines run in the unit tests, and each mutant would be traced and leave a file of its own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.mutants", f"gateway.policy.{module}", *files],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["code"] == 0, done.stdout
    assert said["mutants"] > 0
    survivors, explained = set(said["survivors"]), set(EQUIVALENT.get(module, {}))
    unexplained, stale = sorted(survivors - explained), sorted(explained - survivors)
    assert not unexplained, "nothing notices these:\n" + "\n".join(unexplained)
    assert not stale, "these are explained, and noticed or gone:\n" + "\n".join(stale)


# The mutator itself: what it overlooked would never be missed.

SOURCE = """
def pick(a, b, c):
    if a and not b:
        return [one for one in c if one < 2]
    return 1 if c else 2
"""


def test_every_kind_of_condition_is_dropped() -> None:
    assert {mutant.name for mutant in mutants(SOURCE)} == {
        "pick: `a and (not b)` is True",
        "pick: `a and (not b)` is False",
        "pick: `a and (not b)` without `a`",
        "pick: `a and (not b)` without `not b`",
        "pick: `not b` is True",
        "pick: `not b` is False",
        "pick: `not b` without not",
        "pick: `one < 2` is True",
        "pick: `one < 2` is False",
        "pick: `one < 2` as `one <= 2`",
        "pick: `c` is True",
        "pick: `c` is False",
    }


def test_a_mutant_is_the_module_with_that_condition_changed() -> None:
    changed = {mutant.name: mutant for mutant in mutants(SOURCE)}["pick: `one < 2` as `one <= 2`"]
    made: dict[str, object] = {}
    exec(compile(changed.tree, "made", "exec"), made)  # noqa: S102 - our own source, above
    assert made["pick"](True, False, [1, 2, 3]) == [1, 2]  # type: ignore[operator]


def test_a_condition_that_no_test_needs_survives(tmp_path: Path) -> None:
    (tmp_path / "idle.py").write_text("def idle(a):\n    return 1 if a else 1\n")
    (tmp_path / "test_idle.py").write_text("import idle\n\ndef test_idle():\n    assert idle.idle(1) == 1\n")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.mutants", "idle", str(tmp_path / "test_idle.py")],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["survivors"] == ["idle: `a` is False", "idle: `a` is True"]
