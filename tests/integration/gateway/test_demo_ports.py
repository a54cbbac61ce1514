"""Ports and answers on a real loopback: what is taken is told and gone round, whatever else listens there."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.demo import layout as module
from gateway.demo.layout import DemoError, choose_ports
from gateway.demo.processes import Processes

FIRST = 18_000 + os.getpid() % 900 * 10
"""A stretch of ports of this run's own; the tests that start real servers use those from 20,000 up."""


@contextmanager
def listening(port: int = 0, answer: bytes | None = None) -> Iterator[int]:
    """A server that gives everybody one answer and hangs up."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer or b"")

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_a_port_that_is_taken_is_said_and_the_next_free_one_used() -> None:
    said: list[str] = []
    with listening(FIRST), listening(FIRST + 1):
        chosen = choose_ports(said.append, {"gateway": FIRST, "identity": FIRST + 3})
    assert chosen == {"gateway": FIRST + 2, "identity": FIRST + 3}
    assert said == [f"port {FIRST} (gateway) is taken: using {FIRST + 2}"]


def test_two_names_never_get_one_port() -> None:
    said: list[str] = []
    assert choose_ports(said.append, {"one": FIRST, "two": FIRST}) == {"one": FIRST, "two": FIRST + 1}
    assert said == [f"port {FIRST} (two) is taken: using {FIRST + 1}"]


def test_where_every_port_is_taken_the_demonstration_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TRIES", 1)
    with (
        listening(FIRST),
        pytest.raises(DemoError, match=f"no free port from {FIRST} to {FIRST} for gateway"),
    ):
        choose_ports(lambda _: None, {"gateway": FIRST})


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", False),
        (b"SSH-2.0-something else\r\n", False),
        (b"", False),
    ],
)
def test_ready_is_who_answers_http_below_500(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, ready: bool
) -> None:
    monkeypatch.setattr("gateway.demo.processes.READY_SECONDS", 0.3)
    children = Processes(dict(os.environ))
    children.start("child", ["-c", "import time; time.sleep(60)"], tmp_path / "child.log")
    try:
        with listening(answer=answer) as port:
            url = f"http://127.0.0.1:{port}/"
            if ready:
                assert children.wait_until_ready("child", url) >= 0
            else:
                with pytest.raises(DemoError, match="was not ready"):
                    children.wait_until_ready("child", url)
    finally:
        children.stop()
