"""A real OPA server on a free loopback port, with a bundle that it verifies."""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 60.0


class OpaRefusedError(RuntimeError):
    """OPA ended by itself, as it does with a bundle that it does not believe; the message is what it said."""


@contextmanager
def running_opa(
    opa: Path, bundle: Path, public_key: Path, keyid: str, *, algorithm: str = "ES256"
) -> Iterator[str]:
    """The server's URL (`http://127.0.0.1:port`), once it has verified and activated the bundle.

    public_key: a PEM file. Raises OpaRefusedError where OPA refuses the bundle.
    """
    arguments = ["--bundle", str(bundle), "--verification-key", str(public_key)]
    arguments += ["--verification-key-id", keyid, "--signing-alg", algorithm]
    with opa_server(opa, arguments) as url:
        yield url


@contextmanager
def opa_server(opa: Path, arguments: Sequence[str] = ()) -> Iterator[str]:
    """An OPA server with these further arguments; none of them gives one that knows no policy at all."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    fixed = ["run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error", "--skip-version-check"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [str(opa), *fixed, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            started = time.monotonic()
            while not _healthy(url):
                if process.poll() is not None:
                    log.seek(0)
                    raise OpaRefusedError(log.read().decode(errors="replace"))
                if time.monotonic() - started > READY_SECONDS:
                    raise TimeoutError(f"OPA was not ready after {READY_SECONDS:.0f} seconds")
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health?bundles", timeout=2):  # noqa: S310 - loopback, made above
            return True
    except OSError:
        return False
