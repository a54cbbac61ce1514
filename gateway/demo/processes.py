"""Child processes of the demonstration: started with their output in a file, watched, and stopped in reverse order."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.demo.layout import DemoError

READY_SECONDS = 90.0
STOP_SECONDS = 15.0


@dataclass
class Processes:
    """The children, by name, in the order of their start."""

    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)

    def start(self, name: str, arguments: Sequence[str], log: Path, **environment: str) -> None:
        """Start `python -m ...` with its output in `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches only us, and we stop the children in order.
            self.running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**self.environment, **environment},
                start_new_session=True,
            )
        self.logs[name] = log

    def wait_until_ready(self, name: str, url: str) -> float:
        """Wait until the address answers below 500; gives the seconds it took, raises `DemoError` if the child ended."""
        started = time.monotonic()
        while time.monotonic() - started < READY_SECONDS:
            self.assert_running(name)
            if _answers(url):
                return time.monotonic() - started
            time.sleep(0.1)
        raise DemoError(f"{name} was not ready after {READY_SECONDS:.0f} seconds; see {self.logs[name]}")

    def assert_running(self, name: str) -> None:
        """Raise `DemoError` if a child has ended by itself."""
        code = self.running[name].poll()
        if code is not None:
            tail = self.logs[name].read_text(errors="replace").strip().splitlines()[-3:]
            raise DemoError(f"{name} ended with status {code}: {' | '.join(tail) or 'it said nothing'}")

    def stop(self) -> None:
        """End all children, last started first; whoever does not end in time is killed."""
        for process in reversed(self.running.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.running.clear()


def _answers(url: str) -> bool:
    if not url.startswith("http://127.0.0.1:"):
        raise DemoError("the demonstration waits for addresses on loopback only")
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - loopback http only, checked above
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError, http.client.HTTPException):
        return False
