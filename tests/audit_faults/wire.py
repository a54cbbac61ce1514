"""A TCP proxy before PostgreSQL that reads along (frontend/backend protocol 3.0) and cuts the line at an armed moment.

Lost: what reaches the moment is not passed on, and both ends see the line drop. Stored, its answer lost: it is passed on,
the server has done it and says so, and only then the line drops, before a byte of the answer came through.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.engine import URL, make_url

from tests.audit_faults.moments import Armed


class _LineDroppedError(Exception):
    """The other end is gone."""


class _Line:
    """One client's line through the proxy."""

    def __init__(self, client: socket.socket, server: socket.socket, armed: Armed) -> None:
        self._client, self._server, self._armed = client, server, armed
        self._prepared: dict[bytes, str] = {}
        self._asked = 0
        self._ready = 0
        self._last: int | None = None
        for target in (self._up, self._down):
            threading.Thread(target=self._through, args=(target,), daemon=True).start()

    def _through(self, target: object) -> None:
        with suppress(OSError, _LineDroppedError):
            assert callable(target)
            target()
        self.cut()

    def cut(self) -> None:
        """Drop the line at both ends."""
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _up(self) -> None:
        # The first message has no type (there is no TLS on this line).
        length = _exactly(self._client, 4)
        self._server.sendall(length + _exactly(self._client, struct.unpack("!i", length)[0] - 4))
        while True:
            kind, message = _message(self._client)
            statement = self._statement(kind, message[5:])
            moment = self._armed.strikes(statement) if statement else None
            if moment is not None:
                if not moment.stored:
                    return
                # Its answer ends with the next ReadyForQuery, which is that of this query or of the next Sync.
                self._last = self._asked + 1
            if kind in b"QS":
                self._asked += 1
            self._server.sendall(message)

    def _statement(self, kind: bytes, body: bytes) -> str:
        if kind == b"Q":
            return body[:-1].decode()
        if kind == b"P":
            name, statement, _ = body.split(b"\0", 2)
            self._prepared[name] = statement.decode()
        elif kind == b"B":
            _portal, name, _ = body.split(b"\0", 2)
            return self._prepared[name]
        return ""

    def _down(self) -> None:
        authenticated = False
        while True:
            kind, message = _message(self._server)
            if kind == b"Z":
                # The first one ends the start-up and answers nothing that was asked.
                self._ready += authenticated
                authenticated = True
            if self._last is None:
                self._client.sendall(message)
            elif self._ready >= self._last:
                return


class Proxy:
    """Listens on loopback and passes everything on, until an armed moment comes."""

    def __init__(self, url: str) -> None:
        self.armed = Armed()
        self._target = make_url(url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._lines: list[_Line] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The database's address by way of the proxy."""
        by_proxy: URL = self._target.set(port=self._listening.getsockname()[1])
        by_proxy = by_proxy.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
        return by_proxy.render_as_string(hide_password=False)

    def close(self) -> None:
        """Drop all lines."""
        # Closing alone does not wake the thread that accepts.
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for line in self._lines:
            line.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection((self._target.host, self._target.port))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._lines.append(_Line(client, server, self.armed))


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A proxy before a database, for as long as the block runs."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()


def _message(end: socket.socket) -> tuple[bytes, bytes]:
    header = _exactly(end, 5)
    return header[:1], header + _exactly(end, struct.unpack("!i", header[1:])[0] - 4)


def _exactly(end: socket.socket, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        part = end.recv(size - len(read))
        if not part:
            raise _LineDroppedError
        read += part
    return bytes(read)
