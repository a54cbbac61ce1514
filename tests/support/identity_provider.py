"""The sandbox's identity provider as a process of its own, for tests that need a real one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Running:
    """The provider's process and its address."""

    process: subprocess.Popen[str]
    url: str


@contextmanager
def provider(state: Path, *more: str, port: int = 0) -> Iterator[Running]:
    command = [sys.executable, "-m", "adapters.sandbox.identity_provider", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--state-folder", str(state), *more], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("ready: identity provider on "), ready
        yield Running(process, ready.split(" on ")[1].strip())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()
