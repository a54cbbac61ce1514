"""A request's head without end, in bytes or in time, against a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn

from gateway.web import protocol
from gateway.web.protocol import HEAD_BYTES_MAXIMUM, BoundedHead

Message = dict[str, object]
START = b"GET / HTTP/1.1\r\nHost: gateway.test\r\n"


async def hello(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """An application that reads the whole body and answers with its length."""
    length, more = 0, scope["type"] == "http"
    while more:
        message = await receive()
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        length, more = length + len(body), bool(message.get("more_body"))
    text = str(length).encode()
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]}
    )
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(hello, http=BoundedHead, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    try:
        yield listening.getsockname()[1]
    finally:
        await server.shutdown(sockets=[listening])
        listening.close()


async def sent_until_refused(port: int, begin: bytes, piece: bytes, limit: int) -> int:
    """How many bytes a head may have before the connection ends; fails where it never does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)
    count = 0
    try:
        while count < limit:
            writer.write(piece)
            count += len(piece)
            await writer.drain()
            # Let the server, which shares the loop, read what came.
            await asyncio.sleep(0)
        assert await reader.read() == b"", "the head was taken"
    except OSError:
        pass
    finally:
        writer.close()
    return count


@pytest.mark.parametrize(
    ("begin", "piece"),
    [(START, b"X-A: " + b"a" * 8000 + b"\r\n"), (START + b"X-A: ", b"a" * 8000), (b"GET /", b"a" * 8000)],
    ids=["many-headers", "one-header", "address"],
)
async def test_a_head_without_end_ends_the_connection(begin: bytes, piece: bytes) -> None:
    async with served() as port:
        assert await sent_until_refused(port, begin, piece, 64 * HEAD_BYTES_MAXIMUM) < 64 * HEAD_BYTES_MAXIMUM


@pytest.mark.parametrize("begin", [b"", START], ids=["nothing-at-all", "half-a-head"])
async def test_a_head_that_never_ends_in_time_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, begin: bytes
) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begin)
        with suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_requests_one_after_another_and_large_bodies_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 5.0)
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        size = 4 * HEAD_BYTES_MAXIMUM
        for _ in range(2):
            writer.write(START.replace(b"GET", b"POST") + b"Content-Length: %d\r\n\r\n" % size + b"b" * size)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(len(str(size))) == str(size).encode()
        writer.close()
