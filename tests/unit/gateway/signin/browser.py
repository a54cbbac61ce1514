"""A browser's part in signing in: keeps cookies, sends them back, follows nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.types import ASGIApp

from tests.unit.gateway.signin.fake_provider import ORIGIN, FakeProvider
from tests.unit.gateway.web.asgi import HOST, Reply, Sender, ask, scope_of


class Browser:
    """One browser at one gateway."""

    def __init__(self, app: ASGIApp, host: str = HOST) -> None:
        self._app = app
        self._host = host
        self.cookies: dict[str, str] = {}

    async def get(self, target: str) -> Reply:
        return await self._send("GET", target, {"Sec-Fetch-Site": "none"}, b"")

    async def post(self, target: str, fields: Mapping[str, str], **headers: str) -> Reply:
        """Post a form as our own page would; `headers` (with underscores) go over what a browser sends."""
        sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._send("POST", target, sent, urlencode(dict(fields)).encode())

    async def sign_in(self, idp: FakeProvider, person: Mapping[str, object], door: str = "portal") -> Reply:
        """Through the door, past the provider, and back."""
        started = await self.get(f"/signin/{door}")
        assert started.status == 303, started.text
        return await self.come_back(idp.log_in(started.header("location"), person))

    async def come_back(self, answer: Mapping[str, str]) -> Reply:
        return await self.get("/signin/callback?" + urlencode(dict(answer)))

    async def _send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        sent = [*headers.items()]
        if self.cookies:
            sent.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        reply = await ask(self._app, scope_of(method, target, sent, host=self._host), Sender([body]))
        for header in reply.every("set-cookie"):
            pair, *attributes = header.split("; ")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return reply


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, each once."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
