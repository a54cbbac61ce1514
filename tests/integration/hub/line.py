"""A line to a real gateway that can be cut at any byte of a call, and then stays cut until it is mended.

It reads each request whole, and passes on as much of it, and of its answer, as gets through. A call that meets a cut line
meets it in the way in which it was cut: closed, reset, silent, or refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from collections import Counter
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Part = Literal["head", "body", "answer"]
Way = Literal["closed", "reset", "silent", "refused"]

CALLS = {
    "send": re.compile(rb"POST /v1/referrals "),
    "list": re.compile(rb"GET /v1/referrals\?\S*status=sent"),
    "read": re.compile(rb"GET /v1/referrals/\S+ "),
    "collect": re.compile(rb"POST /v1/referrals/\S+/collection "),
    "accept": re.compile(rb"POST /v1/referrals/\S+/acceptance "),
    "close": re.compile(rb"POST /v1/referrals/\S+/closing "),
}


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a call is cut, and how. of: head, body, answer. share: of its bytes, how many get through, from 0 to 1."""

    of: Part
    share: float
    way: Way = "closed"

    def of_request(self, head: int, whole: int) -> int:
        """How many bytes of the request get through. One without a body is cut before the last byte of its head."""
        if self.of == "answer":
            return whole
        if self.of == "head":
            return min(int(head * self.share), head - 1)
        return min(head + int((whole - head) * self.share), whole - 1)

    def of_answer(self, whole: int) -> int:
        """How many bytes of the answer get through: never all."""
        return min(int(whole * self.share), whole - 1)


class Line:
    """From `url` to the gateway. reached: how often each call came to the gateway whole."""

    def __init__(self, gateway: str) -> None:
        parts = urlsplit(gateway)
        self._there = (str(parts.hostname), int(parts.port or 80))
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._cut: tuple[str, Cut] | None = None
        self._way: Way | None = None
        self._mended = asyncio.Event()
        self._port = 0
        self.reached: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where the hub calls."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_cut(self) -> bool:
        """Whether nothing gets through."""
        return self._way is not None

    async def __aenter__(self) -> Line:
        await self._listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close("closed")
        self._mended.set()

    def cut_at(self, call: str, cut: Cut) -> None:
        """Have the next such call cut."""
        self._cut = (call, cut)

    async def mend(self) -> None:
        """Everything gets through again."""
        was, self._way, self._cut = self._way, None, None
        self._mended.set()
        if was == "refused":
            await self._listen()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def _close(self, way: Way) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._open):
            _end(writer, way)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await self._one(reader, writer):
                    pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One call; whether another may follow."""
        head, body = await _message(reader)
        # The gateway answers to its own name alone.
        head = head.replace(self.url.encode()[7:], b"%s:%d" % (self._there[0].encode(), self._there[1]))
        call = next((name for name, shape in CALLS.items() if shape.match(head)), "")
        if self._way is None and self._cut is not None and self._cut[0] == call:
            await self._cut_off(call, self._cut[1], head, body, writer)
            return False
        if self._way is not None:
            await self._meet(self._way, writer)
            return False
        writer.write(await self._ask(call, head + body))
        await writer.drain()
        return True

    async def _cut_off(
        self, call: str, cut: Cut, head: bytes, body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        self._mended.clear()
        self._way = cut.way
        if cut.way == "refused":
            await self._close("reset")
            return
        asked = head + body
        through = cut.of_request(len(head), len(asked))
        if through < len(asked):
            await self._ask_in_part(asked[:through])
        else:
            answer = await self._ask(call, asked)
            writer.write(answer[: cut.of_answer(len(answer))])
            await writer.drain()
        await self._meet(cut.way, writer)

    async def _meet(self, way: Way, writer: asyncio.StreamWriter) -> None:
        if way == "silent":
            await self._mended.wait()
        _end(writer, way)

    async def _ask(self, call: str, asked: bytes) -> bytes:
        """The gateway's whole answer."""
        reader, writer = await asyncio.open_connection(*self._there)
        try:
            writer.write(asked)
            await writer.drain()
            head, body = await _message(reader)
            self.reached[call] += 1
            return head + body
        finally:
            writer.close()

    async def _ask_in_part(self, asked: bytes) -> None:
        """The gateway gets the beginning of a request, and then nobody is there any more."""
        _, writer = await asyncio.open_connection(*self._there)
        writer.write(asked)
        await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """Head and body of a request or an answer (RFC 9112); of the bodies, those with a length. Raises at the end of all."""
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower(), "a body without a length"
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head, await reader.readexactly(0 if length is None else int(length[1]))


def _end(writer: asyncio.StreamWriter, way: Way) -> None:
    if way == "reset":
        # Closed with nothing lingering, a socket sends RST instead of FIN.
        found = writer.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()
