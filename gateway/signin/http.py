"""Calls to an identity provider: bounded in time and size, no redirects, no proxies, no cookies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

import aiohttp

from gateway.signin.errors import ProviderError

TIMEOUT_SECONDS: Final = 5.0
BODY_MAXIMUM: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: its status and at most `BODY_MAXIMUM` bytes."""

    status: int
    body: bytes = field(repr=False)


class Http(Protocol):
    """What the sign-in needs of HTTP. Both raise `ProviderError` when there is no complete answer."""

    async def get(self, url: str) -> Answer:
        """GET a JSON document."""
        ...

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """POST a form that is already encoded."""
        ...


class AiohttpCalls:
    """The `Http` of production. The session belongs to the caller, who closes it."""

    def __init__(self, session: aiohttp.ClientSession, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def get(self, url: str) -> Answer:
        """See `Http.get`."""
        return await self._call("GET", url, None, {})

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        """See `Http.post`."""
        form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return await self._call("POST", url, body.encode(), form)

    async def _call(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        sent = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        fault = ""
        try:
            # A redirect would let whoever answers choose where our client's secret goes next (security.md, 11).
            async with self._session.request(
                method, url, data=body, headers=sent, timeout=self._timeout, allow_redirects=False
            ) as answer:
                return Answer(answer.status, await _bounded(answer))
        except TimeoutError:
            fault = "no answer in time"
        except (aiohttp.ClientError, OSError) as error:
            fault = f"cannot be reached ({type(error).__name__})"
        # Outside the handlers: the causes carry addresses, and must not travel with ours.
        raise ProviderError(fault)


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > BODY_MAXIMUM:
            raise ProviderError("an answer is too large")
    return bytes(body)
