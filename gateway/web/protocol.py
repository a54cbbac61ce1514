"""uvicorn's HTTP protocol with a bound on a request's head, in bytes and in time.

uvicorn on httptools gathers a head of any size for as long as its sender likes, before any middleware is asked; a proxy in
front may bound it, and nothing says that there is one (security.md, 6).
"""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAXIMUM: Final = 64 * 1024
"""Beyond the first piece that the network hands over. What a head within this may hold is for `RequestLimits` to say."""

HEAD_SECONDS: Final = 10.0
"""From the connection, or from a later request's first byte, to the end of its head."""


class BoundedHead(HttpToolsProtocol):
    """Ends a connection whose request's head is too large or too slow."""

    _in_head = False
    _head_bytes = 0
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._calm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAXIMUM:
                self._give_up()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        if self._patience is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """The end of a request's head."""
        self._in_head = False
        self._calm()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._patience = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._calm()
        if not self.transport.is_closing():
            self.transport.abort()
