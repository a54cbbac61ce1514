"""A browser without a network: it keeps cookies, and sends ASGI requests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

from starlette.types import ASGIApp, Message

Fields = dict[str, str] | list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def words(self) -> str:
        """The page's text without markup, its white space made single."""
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", self.text)).split())


@dataclass
class Browser:
    """One browser at one hub."""

    app: ASGIApp
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, address: str, **headers: str) -> Answer:
        return await self.ask("GET", address, headers=headers)

    async def post(self, address: str, form: Fields, **headers: str) -> Answer:
        sent = {"content-type": "application/x-www-form-urlencoded", **headers}
        return await self.ask("POST", address, urlencode(form).encode(), sent)

    async def ask(
        self, method: str, address: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        parts = urlsplit(address)
        sent = {"host": "hub.test"} | {
            name.replace("_", "-"): value for name, value in (headers or {}).items()
        }
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
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
            "server": ("hub.test", 443),
        }
        came: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            came.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in came if message["type"] == "http.response.start")
        raw = [(name.decode().lower(), value.decode()) for name, value in start["headers"]]
        for name, value in raw:
            if name == "set-cookie":
                self._keep(value)
        content = b"".join(one.get("body", b"") for one in came if one["type"] == "http.response.body")
        return Answer(start["status"], dict(raw), content.decode())

    def _keep(self, header: str) -> None:
        name, _, value = header.partition(";")[0].partition("=")
        if "Max-Age=0" in header:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value.strip('"')
