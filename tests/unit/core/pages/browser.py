"""A browser without a network: one ASGI request, and what came back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

Fields = dict[str, str] | list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str


async def ask(
    app: ASGIApp,
    method: str,
    address: str,
    *,
    state: str | None = None,
    form: Fields | None = None,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Send one request. state: the cookie by which the fakes know who is signed in and what to show."""
    parts = urlsplit(address)
    sent = {"host": "127.0.0.1"} | (headers or {})
    if state is not None:
        sent["cookie"] = f"state={state}"
    if form is not None:
        body = urlencode(form).encode()
        sent.setdefault("content-type", "application/x-www-form-urlencoded")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 443),
    }
    came: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(message: Message) -> None:
        came.append(message)

    await app(scope, receive, send)
    start = next(message for message in came if message["type"] == "http.response.start")
    content = b"".join(
        message.get("body", b"") for message in came if message["type"] == "http.response.body"
    )
    received = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], received, content.decode())
