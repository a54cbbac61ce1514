"""A small race on both databases: two processes, withdrawals, kill -9. `make race` runs the large one."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "sqlite":
        return ["--database", "sqlite"]
    fresh: Callable[[], str] = request.getfixturevalue("fresh_database")
    return ["--database", "postgresql", "--urls", fresh(), fresh()]


def race(*arguments: str) -> tuple[int, str]:
    # fmt: off
    ended = subprocess.run(
        [sys.executable, "-m", "tests.race", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=100,
    )
    # fmt: on
    return ended.returncode, ended.stdout + ended.stderr


def test_no_disclosure_after_a_withdrawal_no_entry_lost_no_fork_however_often_a_process_is_killed(
    database: list[str],
) -> None:
    code, said = race(*database, "--operations", "500", "--kills", "4")
    assert code == 0, said
    last = said.splitlines()[-1]
    assert "kills 4, disclosures after a withdrawal 0, entries lost 0, forks 0" in last
    operations = re.search(r"operations (\d+)", last)
    assert operations is not None
    assert int(operations[1]) >= 480


def test_with_four_asking_and_one_changing_nothing_is_disclosed_after_a_withdrawal(
    database: list[str],
) -> None:
    code, said = race(*database, "--operations", "400", "--few")
    assert code == 0, said
    assert "4 asking, with the guard" in said
    assert "disclosures after a withdrawal 0, entries lost 0, forks 0" in said.splitlines()[-1]


@pytest.mark.parametrize("shape", [[], ["--few"]])
def test_without_the_guard_the_race_finds_disclosures_after_a_withdrawal(
    database: list[str], shape: list[str]
) -> None:
    code, said = race(*database, "--operations", "600", "--without-guard", *shape)
    assert code == 0, said
    found = re.search(r"violations found (\d+)", said.splitlines()[-1])
    assert found is not None
    assert int(found[1]) > 0
