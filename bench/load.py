"""The load generator, a process of its own: HTTP/1.1 over kept connections, one request at a time on each.

    python -m bench.load '{"port": ..., "path": ..., "file": ..., "connections": ..., "seconds": ..., "warm": ...}'

`file` holds JSON: the request bodies, the headers and the texts that every right answer holds. An answer that is not 200
or misses one of them ends the run with status 1: a fast wrong answer must not count. The result is one line of JSON on
stdout. It speaks the protocol by hand, because a whole HTTP client would need as much of the processor as the server.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import uvloop


@dataclass
class Work:
    """What all connections share. Times are of time.perf_counter."""

    requests: Iterator[bytes]
    expected: tuple[bytes, ...]
    counted_from: float
    until: float
    latencies: list[int] = field(default_factory=list)
    running: int = 0
    wrong: str = ""
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._need = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast("asyncio.Transport", transport)
        self._work.running += 1
        self._send()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._buffer += data
        if not self._need:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._need = end + 4 + content_length(self._buffer[:end])
        if len(self._buffer) >= self._need:
            self._answered()

    def connection_lost(self, _: Exception | None) -> None:
        """See asyncio.Protocol."""
        work = self._work
        if self._sent and not work.wrong:
            work.wrong = "the server closed a connection under way"
        work.running -= 1
        if not work.running:
            work.done.set()

    def _send(self) -> None:
        if self._transport is not None:
            self._buffer, self._need, self._sent = b"", 0, time.perf_counter()
            self._transport.write(next(self._work.requests))

    def _answered(self) -> None:
        now, work, answer = time.perf_counter(), self._work, self._buffer
        if self._sent >= work.counted_from:
            work.latencies.append(int((now - self._sent) * 1_000_000))
        if not answer.startswith(b"HTTP/1.1 200") or not all(text in answer for text in work.expected):
            work.wrong = f"a wrong answer: {answer[:400].decode(errors='replace')}"
        if now < work.until and not work.wrong:
            self._send()
        elif self._transport is not None:
            self._sent = 0.0
            self._transport.close()


def content_length(head: bytes) -> int:
    """The Content-Length of an answer's head; raises ValueError where there is none."""
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("an answer without Content-Length")


def request_bytes(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """One whole request."""
    named = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", **headers}
    lines = [
        f"POST {path} HTTP/1.1",
        *(f"{name}: {value}" for name, value in named.items()),
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def _run(said: dict[str, Any], asked: dict[str, Any]) -> dict[str, object]:
    requests = [
        request_bytes(said["port"], said["path"], asked["headers"], json.dumps(body).encode())
        for body in asked["bodies"]
    ]
    start = time.perf_counter() + said["warm"]
    work = Work(
        itertools.cycle(requests),
        tuple(text.encode() for text in asked["expected"]),
        start,
        start + said["seconds"],
    )
    loop = asyncio.get_running_loop()
    for _ in range(said["connections"]):
        await loop.create_connection(lambda: Connection(work), "127.0.0.1", said["port"])
    async with asyncio.timeout(said["warm"] + said["seconds"] + 30):
        await work.done.wait()
    if work.wrong:
        raise SystemExit(work.wrong)
    return {
        "latencies": work.latencies,
        "seconds": time.perf_counter() - work.counted_from,
        "cpu": time.process_time(),
    }


def main() -> None:
    """Run as the module's docstring says."""
    said = json.loads(sys.argv[1])
    asked = json.loads(Path(said["file"]).read_text())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.write(json.dumps(runner.run(_run(said, asked))) + "\n")


if __name__ == "__main__":
    main()
