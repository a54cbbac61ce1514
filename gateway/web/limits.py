"""The bounds of a request, as a pure ASGI middleware: what is malformed or too large never reaches the application.

A body is read here, up to its bound and within its time, and handed on whole: an application that met the bound in the
middle of its own reading might answer in its own words, or have acted already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.requests import (
    BODY_TOO_SLOW,
    Refusal,
    body_too_large,
    declared_length,
    refuse_headers,
    refuse_host,
    refuse_path,
    refuse_query,
)

Refuse: TypeAlias = Callable[[Scope, Refusal], ASGIApp]
"""Makes the answer of a refusal: a problem document (a Starlette `Response` is an ASGI application)."""

PROBES: Final = frozenset({"/healthz", "/readyz"})
"""A probe knows the gateway by its address only, so its Host is not held against the list. It tells nothing anyway."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds.

    hosts: the Host headers that are served, lower case and with their port unless it is the scheme's own
    (`gateway.example`, `127.0.0.1:8800`). Empty means none. body_maximum: bytes. body_seconds: for the whole body.
    """

    hosts: Iterable[str]
    body_maximum: int = 64 * 1024
    body_seconds: float = 10.0
    any_host: frozenset[str] = field(default=PROBES)


class RequestLimits:
    """Refuses what is out of bounds through `refuse`, and hands everything else to `app`."""

    def __init__(self, app: ASGIApp, limits: Limits, refuse: Refuse) -> None:
        self._app = app
        self._hosts = frozenset(host.lower().encode("ascii") for host in limits.hosts)
        self._any_host = limits.any_host
        self._maximum = limits.body_maximum
        self._seconds = limits.body_seconds
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        refusal = (
            refuse_headers(headers)
            or refuse_path(scope.get("raw_path") or scope["path"].encode())
            or refuse_query(scope["query_string"])
            or refuse_host(
                _values(headers, b"host"), None if scope["path"] in self._any_host else self._hosts
            )
        )
        if refusal is not None:
            await self._refuse(scope, refusal)(scope, receive, send)
            return
        length = declared_length(_values(headers, b"content-length"))
        if length is None and not _values(headers, b"transfer-encoding"):
            # Neither header: there is no body (RFC 9112 section 6.3), as in every GET.
            await self._app(scope, receive, send)
            return
        if isinstance(length, int) and length > self._maximum:
            length = body_too_large(self._maximum)
        body = length if isinstance(length, Refusal) else await self._read(receive)
        if isinstance(body, Refusal):
            # What is left of the body would be read as the next request, or for nothing: the connection ends here.
            await self._refuse(scope, body)(scope, receive, _closing(send))
        elif body is not None:
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive) -> bytes | Refusal | None:
        """The whole body; a refusal; or None when the sender hung up."""
        body = bytearray()
        try:
            # The clock runs from the first byte on: a sender that never begins holds a connection just as well.
            async with asyncio.timeout(self._seconds):
                more = True
                while more:
                    message = await receive()
                    if message["type"] != "http.request":
                        return None
                    body += message.get("body", b"")
                    if len(body) > self._maximum:
                        return body_too_large(self._maximum)
                    more = message.get("more_body", False)
        except TimeoutError:
            return BODY_TOO_SLOW
        return bytes(body)


def _values(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _replay(body: bytes, receive: Receive) -> Receive:
    waiting = True

    async def replay() -> Message:
        nonlocal waiting
        if waiting:
            waiting = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return replay


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await send(message)

    return closing
