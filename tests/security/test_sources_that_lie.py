"""A source that sends a bomb: little on the wire, a lot in memory."""

import gzip
import socket
import tracemalloc

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from adapters.contract import SourceError
from adapters.http import BODY_MAXIMUM, Endpoint, HttpClient
from gateway.identity.fetch import BODY_MAXIMUM as KEYS_MAXIMUM
from gateway.identity.fetch import HttpFetch
from gateway.identity.jwks import FetchError
from gateway.signin.errors import ProviderError
from gateway.signin.http import AiohttpCalls

UNPACKED = 100 * BODY_MAXIMUM
BOMB = gzip.compress(bytes(UNPACKED))


async def answer(_: web.Request) -> web.Response:
    return web.Response(body=BOMB, headers={"Content-Type": "application/json", "Content-Encoding": "gzip"})


async def test_an_answer_that_unpacks_to_far_more_is_refused_in_bounded_memory() -> None:
    assert len(BOMB) < KEYS_MAXIMUM
    app = web.Application()
    app.router.add_get("/bomb", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    await web.SockSite(runner, listening).start()
    base = URL(f"http://127.0.0.1:{port}/")
    tracemalloc.start()
    try:
        async with ClientSession() as session:
            client = HttpClient(Endpoint("council", base), session)
            with pytest.raises(SourceError, match="malformed"):
                await client.get("bomb")
            with pytest.raises(FetchError, match="too large"):
                await HttpFetch(session)(str(base / "bomb"))
            with pytest.raises(ProviderError, match="too large"):
                await AiohttpCalls(session).get(str(base / "bomb"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        await runner.cleanup()
    assert peak < UNPACKED / 8
