"""Every way in which an append can fail, briefly, on both databases. `make audit-faults` does far more of it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit_faults.moments import COMMIT, LOOK_UP, place_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_whatever_fails_what_was_answered_has_its_entry_and_without_the_protection_it_has_not(
    database: str,
) -> None:
    # fmt: off
    ended = subprocess.run(
        [sys.executable, "-m", "tests.audit_faults", "--short", "--database", database],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=110,
    )
    # fmt: on
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = ended.stdout.splitlines()[-1]
    assert "answers without an entry 0, entries lost 0, forks 0, fsck clean" in last
    figures = re.search(r"faults (\d+), kills (\d+)", last)
    assert figures is not None
    assert int(figures[1]) >= 30
    assert int(figures[2]) >= 4
    assert re.search(r"violations found in 5 of 5 runs", last)


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("COMMIT", COMMIT),
        ('INSERT INTO log_entry ("index", leaf) VALUES (?, ?)', "log_entry"),
        ("UPDATE log_head SET size=? WHERE log_head.id = ?", "log_head"),
        ("SELECT log_head.size, NULL AS anon_1 \nFROM log_head \nWHERE log_head.id = ?", LOOK_UP),
        ("BEGIN IMMEDIATE", ""),
        ("SELECT log_tile.hashes \nFROM log_tile \nWHERE 1 = 1", ""),
    ],
)
def test_the_cutter_knows_what_a_statement_does(statement: str, place: str) -> None:
    assert place_of(statement) == place
