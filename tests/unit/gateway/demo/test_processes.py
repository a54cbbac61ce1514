"""The demonstration's children: what they say when they end early, and the order in which they are stopped."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.demo import processes as module
from gateway.demo.layout import DemoError
from gateway.demo.processes import Processes

WAITS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


@pytest.fixture
def children() -> Iterator[Processes]:
    found = Processes({**os.environ, "SAID": "inherited"})
    yield found
    for process in found.running.values():
        process.kill()
        process.wait()


def start(children: Processes, folder: Path, code: str, name: str = "child", **environment: str) -> Path:
    log = folder / "logs" / f"{name}.log"
    children.start(name, ["-c", code], log, **environment)
    return log


def wait_for(log: Path, text: str) -> None:
    """Until the child has said something; a test's own time limit ends the wait."""
    while text not in log.read_text():
        time.sleep(0.01)


def ended(children: Processes, name: str = "child") -> None:
    children.running[name].wait()


def test_a_child_writes_into_its_log_under_the_environment_it_was_given(
    children: Processes, tmp_path: Path
) -> None:
    code = "import os, sys; print(os.environ['SAID'], os.environ['MORE']); print('faults', file=sys.stderr)"
    log = start(children, tmp_path, code, MORE="its own")
    ended(children)
    assert sorted(log.read_text().splitlines()) == ["faults", "inherited its own"]


def test_a_child_that_ended_early_is_told_with_its_status_and_last_lines(
    children: Processes, tmp_path: Path
) -> None:
    start(children, tmp_path, "print('1\\n2\\n3\\n4', flush=True); raise SystemExit(7)")
    ended(children)
    with pytest.raises(DemoError, match=r"^child ended with status 7: 2 \| 3 \| 4$"):
        children.assert_running("child")


def test_a_child_that_ended_without_a_word_is_told_too(children: Processes, tmp_path: Path) -> None:
    start(children, tmp_path, "pass")
    ended(children)
    with pytest.raises(DemoError, match=r"^child ended with status 0: it said nothing$"):
        children.wait_until_ready("child", "http://127.0.0.1:1/")


def test_waiting_ends_when_the_child_does_not_answer_in_time(
    children: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READY_SECONDS", 0.2)
    monkeypatch.setattr(module, "_answers", lambda _url: False)
    log = start(children, tmp_path, WAITS)
    with pytest.raises(DemoError, match="child was not ready after 0 seconds; see") as late:
        children.wait_until_ready("child", "http://127.0.0.1:1/")
    assert str(log) in str(late.value)


def test_the_wait_ends_with_the_first_answer(
    children: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr(module, "_answers", lambda _url: next(answers))
    start(children, tmp_path, WAITS)
    assert children.wait_until_ready("child", "http://127.0.0.1:1/") >= 0
    assert list(answers) == []


@pytest.mark.parametrize("url", ["http://example.test/", "https://127.0.0.1:1/", "file:///etc/hostname"])
def test_only_loopback_is_waited_for(children: Processes, tmp_path: Path, url: str) -> None:
    start(children, tmp_path, WAITS)
    with pytest.raises(DemoError, match="on loopback only"):
        children.wait_until_ready("child", url)


def test_children_are_stopped_in_the_reverse_order_of_their_start(
    children: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = [start(children, tmp_path, WAITS, name) for name in ("first", "second", "third")]
    start(children, tmp_path, "pass", "over")
    ended(children, "over")
    for log in logs:
        wait_for(log, "up")
    names = {process.pid: name for name, process in children.running.items()}
    stopped: list[str] = []
    send = subprocess.Popen.send_signal

    def noted(process: subprocess.Popen[bytes], number: int) -> None:
        stopped.append(names[process.pid])
        send(process, number)

    monkeypatch.setattr(subprocess.Popen, "send_signal", noted)
    running = dict(children.running)
    children.stop()
    assert stopped == ["third", "second", "first"]
    assert children.running == {}
    assert all(process.poll() is not None for process in running.values())


def test_a_child_that_does_not_go_is_killed(
    children: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STOP_SECONDS", 0.1)
    wait_for(start(children, tmp_path, STUBBORN), "up")
    process = children.running["child"]
    children.stop()
    assert process.returncode == -9


def test_children_do_not_hear_the_terminals_interrupt(children: Processes, tmp_path: Path) -> None:
    wait_for(start(children, tmp_path, WAITS), "up")
    assert os.getsid(children.running["child"].pid) != os.getsid(os.getpid())
    assert sys.executable in children.running["child"].args  # type: ignore[operator] # a list, as it was started
