"""Faults on request: how a test, the smoke or a demonstration makes one agency fail.

`POST /_sandbox/fault` `{"mode": "slow", "delay_seconds": 5}` -> 200 with the state; `GET` tells it. Only callers on this
machine are heard (loopback or a Unix socket): anyone else finds nothing there (404). Modes:

- none: well again; down: the connection is closed without an answer; slow: every answer waits `delay_seconds` (30);
- error: 500; malformed: 200 with half of the body; excess: more is answered than was asked for.
"""

from __future__ import annotations

import asyncio
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler

PATH: Final = "/_sandbox/fault"
DEFAULT_DELAY: Final = 30.0


class Mode(StrEnum):
    """How an agency fails."""

    NONE = "none"
    DOWN = "down"
    SLOW = "slow"
    ERROR = "error"
    MALFORMED = "malformed"
    EXCESS = "excess"


class Faults:
    """The fault of one agency, changed while it runs. delay_seconds: what `slow` waits."""

    def __init__(self) -> None:
        self.mode = Mode.NONE
        self.delay_seconds = DEFAULT_DELAY

    @property
    def excess(self) -> bool:
        """Whether more is to be answered than was asked for."""
        return self.mode is Mode.EXCESS

    def state(self) -> bytes:
        """The state as JSON."""
        return orjson.dumps({"mode": self.mode.value, "delay_seconds": self.delay_seconds})

    def change(self, body: bytes) -> None:
        """Take over a new state; ValueError where it is not one."""
        wanted = orjson.loads(body)
        if not isinstance(wanted, dict):
            raise ValueError("an object is wanted")
        delay = wanted.get("delay_seconds", DEFAULT_DELAY)
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 600:
            raise ValueError("delay_seconds must be a number from 0 to 600")
        self.mode = Mode(str(wanted.get("mode")))
        self.delay_seconds = float(delay)


def install(app: web.Application, content_type: str) -> Faults:
    """Give an application its fault, its control route and the middleware that acts on it (the outermost one)."""
    faults = Faults()

    async def control(request: web.Request) -> web.Response:
        if not is_local(request.remote):
            raise web.HTTPNotFound
        if request.method == "POST":
            try:
                faults.change(await request.read())
            except ValueError as wrong:
                return _json(400, orjson.dumps({"error": "bad-fault", "detail": str(wrong)}))
        return _json(200, faults.state())

    @web.middleware
    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        if faults.mode is Mode.NONE or request.path == PATH:
            return await handler(request)
        return await _fail(faults, request, handler, content_type)

    app.middlewares.append(act)
    app.router.add_get(PATH, control)
    app.router.add_post(PATH, control)
    return faults


def is_local(remote: str | None) -> bool:
    """Whether a peer is on this machine; a Unix socket's peer has no address."""
    return not remote or ip_address(remote).is_loopback


async def _fail(
    faults: Faults, request: web.Request, handler: Handler, content_type: str
) -> web.StreamResponse:
    if faults.mode is Mode.DOWN:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)
    if faults.mode is Mode.ERROR:
        return web.Response(status=500, body=b"{}", content_type=content_type)
    if faults.mode is Mode.SLOW:
        await asyncio.sleep(faults.delay_seconds)
    response = await handler(request)
    if faults.mode is Mode.MALFORMED and isinstance(response, web.Response):
        whole = response.body
        half = whole[: len(whole) // 2] if isinstance(whole, bytes) else b"{"
        return web.Response(status=200, body=half, content_type=content_type)
    return response


def _json(status: int, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json")
