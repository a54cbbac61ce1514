"""What goes around every request, as pure ASGI middleware: our name for it, HEAD as GET, no failure in its own words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge import correlation_id

DISCARDED_MAXIMUM: Final = 16 * 1024 * 1024
DISCARD_SECONDS: Final = 2.0

Answer: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]


class Envelope:
    """Gives every request our own correlation id, and every answer the header that names it.

    HEAD is answered as GET would be, without the body (RFC 9110 section 9.3.2): no route needs to know of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = correlation_id(Request(scope)).encode()
        head = scope["method"] == "HEAD"

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"correlation-id", own)]
            elif head:
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if head else scope, receive, named)


async def discard_body(scope: Scope, receive: Receive) -> None:
    """Let a sender finish a body that was refused, within bounds, so that it reads our answer rather than a reset.

    RFC 9112 section 9.6: closing a connection on which data still arrives can take the answer away with it. Whoever
    waits for "100 Continue" sends nothing and need not be waited for.
    """
    if any(name == b"expect" for name, _ in scope["headers"]):
        return
    left = DISCARDED_MAXIMUM
    try:
        async with asyncio.timeout(DISCARD_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


class Failures:
    """Turns whatever nobody expected into `answer`, before the server could write it out with all it quotes (promise 6)."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            response = await self._answer(Request(scope), error)
            # An answer that has begun cannot be taken back: the server ends the connection in the middle of it.
            if not begun:
                await response(scope, receive, send)
