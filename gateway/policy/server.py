"""The policy engine by an OPA server, for those who run OPA centrally: opa-python-client, one POST a decision.

The server runs the same signed bundle as this gateway (docs/policy-engine.md) and each of its decisions says under which
revision it was made; whatever is not exactly one decision under the expected revision, in time, discloses nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from opa_client import AsyncOpaClient

from core.errors import ClosedError, OnceToldError
from gateway.policy.answer import to_decision
from gateway.policy.port import Decision, Question
from gateway.policy.question import narrowed, to_input

PACKAGE, RULE = "oncetold/decide", "decision"
DEADLINE = 1.0
"""Seconds for one decision, connection and all. Kept to some 50 ms: a timer fires when the event loop comes round to it."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class OpaAddressError(OnceToldError):
    """The address of the OPA server cannot be used; the message says what one looks like."""


class OpaServer:
    """A `PolicyEngine` by an OPA server. To be used within one event loop, and closed there with `aclose`.

    url: `https://host:port`, or `http://` on loopback only: whoever can answer in the server's stead decides.
    revision: under which the server has to decide (that of the bundle). concerned: `gateway.policy.compile.concerned`.
    token: sent as a bearer token. deadline: seconds for one decision.
    Raises OpaAddressError for another address. That no server answers yet is no error before the first decision.
    """

    def __init__(
        self,
        url: str,
        revision: str,
        concerned: Mapping[tuple[str, str], frozenset[str]],
        *,
        token: str | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        host, port, tls = _address(url)
        self._revision = revision
        self._concerned = concerned
        self._deadline = deadline
        # One more try, within the same deadline: a server that was restarted has dropped the connections that rest here.
        self._client = _Client(host=host, port=port, ssl=tls, token=token, retries=1, timeout=deadline)
        self._open = False
        self._closed = False

    @property
    def revision(self) -> str:
        """The revision under which the server has to decide."""
        return self._revision

    async def decide(self, question: Question) -> Decision:
        """Decide one question; agreements that do not name the asker and the purpose do not leave this process."""
        asked = to_input(narrowed(question, self._concerned))
        try:
            async with asyncio.timeout(self._deadline):
                answer = await self._answer(asked)
        except TimeoutError:
            raise ClosedError("policy engine", "no decision in time") from None
        except ClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - any failure closes, and its message may hold what was asked
            raise ClosedError("policy engine", f"no decision: {type(error).__name__}") from None
        return to_decision(answer, self._revision)

    async def aclose(self) -> None:
        """Close the connections; every later question is refused with ClosedError."""
        self._closed = True
        await self._client.close_connection()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _answer(self, asked: object) -> object:
        if self._closed:
            raise ClosedError("policy engine", "it was closed")
        if not self._open:
            # Before the first wait, so that two first questions at once still open one session.
            self._open = True
            await self._client.__aenter__()
        body: object = await self._client.query_rule(asked, PACKAGE, RULE)
        if not isinstance(body, dict) or "result" not in body:
            raise ClosedError("policy engine", "the decision is undefined")
        return body["result"]


class _Client(AsyncOpaClient):  # type: ignore[misc]
    """The client as published keeps its connections; this one follows no redirect, which would take a question elsewhere."""

    def _request(
        self, method: str, url: str, **options: object
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        request: AbstractAsyncContextManager[aiohttp.ClientResponse] = super()._request(
            method, url, allow_redirects=False, **options
        )
        return request


def _address(url: str) -> tuple[str, int, bool]:
    """Host, port and whether by TLS."""
    expected = "the OPA server's address is https://host:port, without user, path or query"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise OpaAddressError(expected) from None
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and parts.username is None
    if host is None or parts.scheme not in {"http", "https"} or not plain:
        raise OpaAddressError(expected)
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise OpaAddressError("an OPA server on another machine is reached by https only")
    told = f"[{host}]" if ":" in host else host
    return told, port or (443 if parts.scheme == "https" else 80), parts.scheme == "https"
