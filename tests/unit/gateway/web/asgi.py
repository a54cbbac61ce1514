"""A client of ASGI applications that needs no socket: one request in, the whole answer out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

HOST = "gateway.test"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The one value of a header; a header that stands twice, or nowhere, fails the test."""
        values = self.every(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]

    def every(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name]

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass
class Sender:
    """Sends a body in pieces; says afterwards how many were asked for. `hangs_up`: in place of the last piece."""

    pieces: Sequence[bytes]
    hangs_up: bool = False
    asked: int = field(default=0)

    async def __call__(self) -> Message:
        number = self.asked
        self.asked += 1
        last = number >= len(self.pieces) - 1
        if number >= len(self.pieces) or (last and self.hangs_up):
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": self.pieces[number], "more_body": not last}


def scope_of(
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    host: str | None = HOST,
    scheme: str = "https",
) -> Scope:
    path, _, query = target.partition("?")
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    if host is not None:
        raw.insert(0, (b"host", host.encode("latin-1")))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": raw,
        "client": ("192.0.2.1", 40000),
        "server": ("gateway.test", 443),
        "state": {},
    }


async def ask(app: ASGIApp, scope: Scope, receive: Sender | None = None) -> Reply:
    """Run one request. A body-less one unless `receive` sends something."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive or Sender([b""]), send)
    if not sent:
        return Reply(0, (), b"")
    start = sent[0]
    assert start["type"] == "http.response.start"
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Reply(start["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
