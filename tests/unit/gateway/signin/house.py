"""A gateway with nothing but its doors, for tests that go through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import FastAPI

from gateway.signin.claims import SignedIn
from gateway.signin.kinds import Kind
from gateway.signin.service import SignIn
from tests.unit.gateway.signin.browser import Browser
from tests.unit.gateway.web.asgi import Reply

SESSION, ATTEMPT = "__Host-oncetold", "__Host-oncetold-signin"


@dataclass
class House:
    """A gateway with nothing but its doors, and one page behind each that tells who is there."""

    app: FastAPI
    signin: SignIn
    hook: Hook

    def browser(self, host: str = "gateway.test") -> Browser:
        return Browser(self.app, host)


@dataclass
class Hook:
    """The composition's `on_signed_in`."""

    seen: list[tuple[Kind, SignedIn]] = field(default_factory=list)
    error: Exception | None = None

    async def __call__(self, kind: Kind, person: SignedIn) -> str:
        self.seen.append((kind, person))
        if self.error is not None:
            raise self.error
        return f"{kind}-of-{person.subject}"


Build = Callable[..., House]


async def who(browser: Browser, door: str = "portal") -> str:
    return (await browser.get(f"/who/{door}")).text.strip('"')


async def csrf(browser: Browser, door: str = "portal") -> str:
    return (await who(browser, door)).split()[-1]


def explained(reply: Reply, status: int, heading: str) -> None:
    assert reply.status == status
    assert heading in reply.text
    assert "<script" not in reply.text
    assert "frame-ancestors 'none'" in reply.header("content-security-policy")
    assert reply.header("cache-control") == "no-store"
