"""The guards that every other unit test leans on: no sockets, and skips that say why."""

import asyncio
import socket
from pathlib import Path

import pytest

from tests.support.sockets import SocketRefusedError
from tests.support.tiers import Tally, tier_of


def test_a_unit_test_cannot_make_a_network_socket() -> None:
    with pytest.raises((RuntimeError, UserWarning), match=r"socket\.socket"):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def test_a_unit_test_cannot_look_a_name_up() -> None:
    with pytest.raises((RuntimeError, UserWarning)):
        socket.getaddrinfo("localhost", 80)


def test_a_unit_test_cannot_listen_on_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, pytest.raises(SocketRefusedError, match="hand it a fake"):
        listener.bind(str(tmp_path / "s"))


def test_a_unit_test_cannot_connect_to_a_unix_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as caller, pytest.raises(SocketRefusedError):
        caller.connect(str(tmp_path / "s"))


async def test_an_event_loop_runs_all_the_same() -> None:
    assert await asyncio.sleep(0, result="done") == "done"


def test_a_tier_is_the_first_folder_below_tests() -> None:
    assert tier_of("tests/promises/test_1.py::test_x[::]") == "promises"
    assert tier_of("tests/test_x.py") == "other"
    assert tier_of("bench/test_x.py") == "other"


def test_the_tally_counts_errors_as_failures_and_shows_every_reason() -> None:
    tally = Tally()
    tally.add("tests/e2e/test_a.py::test_a", "skipped")
    tally.add_skip("tests/e2e/test_a.py::test_a", "chromium: not installed")
    tally.add("tests/unit/test_b.py::test_b", "error")
    tally.add("tests/unit/test_b.py::test_c", "passed")
    tally.add("tests/other/test_d.py::test_d", "passed")
    lines = list(tally.lines())
    assert [line.split() for line in lines[:4]] == [
        ["tier", "passed", "failed", "skipped"],
        ["unit", "1", "1", "0"],
        ["e2e", "0", "0", "1"],
        ["other", "1", "0", "0"],
    ]
    assert lines[4:] == ["skipped 1: chromium: not installed", "    tests/e2e/test_a.py::test_a"]
