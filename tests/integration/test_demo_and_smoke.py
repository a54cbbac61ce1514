"""The two commands as a person meets them: `oncetold demo` in one terminal, `oncetold smoke` in another, then Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.demo.layout import PREFERRED, Addresses, Layout
from tests.support.contract import ROOT

READY_SECONDS = 100


@dataclass
class Demo:
    """A demonstration under way, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[str]

    def read_until(self, wanted: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if wanted in line:
                return
        raise AssertionError("\n".join(self.said))

    def interrupt(self) -> int:
        """Ctrl-C; gives the exit status."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.stdout is not None
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(30)


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "ONCETOLD_DEMO_FOLDER": str(folder)}


@contextmanager
def demo(folder: Path) -> Iterator[Demo]:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "demo"],
        cwd=ROOT,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield Demo(process, [])
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def taken(port: int) -> Iterator[None]:
    """Listen on a port, unless another demonstration on this machine does so already."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", port))
            other.listen()
        except OSError:
            pass
        yield


def below(folder: Path) -> list[str]:
    """Processes whose command line or environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in told and int(process.name) != os.getpid():
            found.append(process.name)
    return found


def smoke(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway", "smoke"],
        cwd=ROOT,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.timeout(400)
def test_the_demonstration_starts_tells_its_story_stops_cleanly_and_keeps_its_data(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    assert smoke(folder).returncode == 1, "nothing runs there yet"
    with taken(PREFERRED["gateway"]), demo(folder) as first:
        first.read_until("Stop:")
        told = "\n".join(first.said)
        assert re.search(
            rf"^port {PREFERRED['gateway']} \(gateway\) is taken: using \d+$", told, re.MULTILINE
        )
        assert re.search(r"^registered \d\d+ new sandbox records$", told, re.MULTILINE)
        addresses = Addresses.read(Layout(folder).addresses)
        assert not addresses.gateway.endswith(f":{PREFERRED['gateway']}")
        for shown in (
            addresses.gateway + "/portal/",
            addresses.gateway + "/console/",
            addresses.gateway + "/docs",
        ):
            assert shown in told
        assert listens_only_on_loopback(addresses)
        done = smoke(folder)
        assert done.returncode == 0, done.stdout + done.stderr
        steps = re.findall(r"^ *(\d+)\. .+: .+$", done.stdout, re.MULTILINE)
        assert steps == [str(number) for number in range(1, 18)]
        assert done.stdout.rstrip().endswith("smoke: 17 steps held")
        assert first.interrupt() == 0
        assert first.said[-2:] == ["stopping", "stopped"]
    assert nothing_left(folder)
    with demo(folder) as second:
        second.read_until("Stop:")
        assert "registered 0 new sandbox records" in second.said
        assert second.interrupt() == 0
    assert nothing_left(folder)


def nothing_left(folder: Path) -> bool:
    until = time.monotonic() + 10
    while below(folder) and time.monotonic() < until:
        time.sleep(0.2)
    return below(folder) == []


def listens_only_on_loopback(addresses: Addresses) -> bool:
    """Whether none of the ports is bound to more than 127.0.0.1 (proc(5), net/tcp: state 0A listens)."""
    ports = {
        int(url.rpartition(":")[2])
        for url in (addresses.gateway, addresses.identity, addresses.nhs, addresses.council)
    }
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            host, port = local.split(":")
            if state == "0A" and int(port, 16) in ports:
                found.add(host)
    return found == {"0100007F"}


@pytest.mark.timeout(200)
def test_a_child_that_ends_by_itself_ends_the_demonstration_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    with demo(folder) as one:
        one.read_until("Stop:")
        # The council's server is one of the children; its own port tells which.
        port = Addresses.read(Layout(folder).addresses).council.rpartition(":")[2]
        victim = next(
            int(name)
            for name in below(folder)
            if f"council\0--port\0{port}".encode() in (Path("/proc") / name / "cmdline").read_bytes()
        )
        os.kill(victim, signal.SIGKILL)
        assert one.process.stdout is not None
        rest = one.process.stdout.read()
        assert one.process.wait(60) == 1
        assert "council ended with status -9" in rest
    assert nothing_left(folder)
