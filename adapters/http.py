"""One source's HTTP endpoint: the thin shell between an adapter's pure mapping and the network.

Safe against a source that misbehaves: requests go to the configured base address only (no redirect is followed, no
proxy taken from the environment, no cookie kept), answers are bounded in size and must say that they are JSON. Every
failure becomes a `SourceError` with its code, raised outside the handler of the cause: the causes of this layer
(aiohttp's, the parser's) carry addresses and bodies, and must not travel with ours (promise 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from yarl import URL

from adapters.contract import NotHeldError, SourceError
from adapters.reading import parse_object
from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject

BODY_MAXIMUM: Final = 2 * 1024 * 1024
"""Bytes of an answer; a person's whole summary is some 20 kB."""

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_FORM: Final = "application/x-www-form-urlencoded"


class AddressError(OnceToldError):
    """A configured address that OnceTold does not call. The message holds no part of it: it may name a secret."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer: its HTTP status and its JSON object."""

    status: int
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What there is to know about a source's address.

    headers: sent with each request, credentials included (hidden from the repr). json_types: content types accepted,
    without parameters. timeout: seconds for one call from connect to the last byte.
    """

    source: str
    base: URL
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json_types: frozenset[str] = frozenset({"application/json"})
    timeout: float = 5.0
    connections: int = 32


def base_address(text: str, *, plain_http: bool = False) -> URL:
    """A checked base address: https to any host, http only to this machine unless `plain_http` allows it.

    Raises `AddressError` for another scheme, for user information, a query or a fragment in the address.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressError("an address must begin with http:// or https:// and name a host")
    if parts.username is not None or parts.query or parts.fragment:
        raise AddressError(
            "an address must hold no user name, query or fragment; credentials have their own setting"
        )
    if parts.scheme == "http" and not plain_http and parts.hostname not in _LOOPBACK:
        raise AddressError("plain http is only for this machine, unless plain_http is set")
    return URL(text.rstrip("/") + "/")


class HttpClient:
    """Calls to one endpoint over one session, which is handed in or made at the first call (and then closed here)."""

    def __init__(self, endpoint: Endpoint, session: aiohttp.ClientSession | None = None) -> None:
        self._endpoint = endpoint
        self._session = session
        self._owns_session = session is None
        self._timeout = aiohttp.ClientTimeout(total=endpoint.timeout)
        self._urls: dict[str, URL] = {}
        # Compression buys nothing between neighbours, and an answer that unpacks to gigabytes cannot be sent.
        self._headers = {"Accept-Encoding": "identity", **endpoint.headers}

    async def post_json(self, path: str, body: Json, content_type: str, correlation_id: str) -> Reply:
        """POST a JSON document."""
        return await self._call("POST", self._url(path), orjson.dumps(body), content_type, correlation_id)

    async def post_form(self, path: str, form: str, correlation_id: str) -> Reply:
        """POST a form that is already encoded (`urllib.parse.urlencode`)."""
        return await self._call("POST", self._url(path), form.encode(), _FORM, correlation_id)

    async def get(self, path: str, correlation_id: str = "") -> Reply:
        """GET a path that says nothing about a person."""
        return await self._call("GET", self._url(path), None, None, correlation_id)

    async def get_page(self, address: str, correlation_id: str) -> Reply | None:
        """GET the next page that a source linked to; None where the link leads out of the configured base."""
        base = str(self._endpoint.base)
        url = URL(address, encoded=True)
        below = str(url).startswith((base, base.rstrip("/") + "?")) and ".." not in url.path
        return await self._call("GET", url, None, None, correlation_id) if below else None

    async def close(self) -> None:
        """Close the session where it was made here."""
        if self._owns_session and self._session is not None:
            session, self._session = self._session, None
            await session.close()

    def _url(self, path: str) -> URL:
        url = self._urls.get(path)
        if url is None:
            url = self._urls[path] = URL(str(self._endpoint.base) + path, encoded=True)
        return url

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._endpoint.connections, ttl_dns_cache=300),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def _call(
        self, method: str, url: URL, body: bytes | None, content_type: str | None, correlation_id: str
    ) -> Reply:
        headers = self._headers.copy()
        if content_type is not None:
            headers["Content-Type"] = content_type
        if correlation_id:
            headers["X-Correlation-ID"] = correlation_id
        status, data, failure = 0, b"", ""
        try:
            status, data = await self._exchange(method, url, body, headers)
        except _UnusableReplyError as error:
            failure = error.code
        except TimeoutError:
            failure = "timeout"
        except (aiohttp.ClientPayloadError, aiohttp.ClientResponseError):
            failure = "malformed"
        except (aiohttp.ClientError, OSError):
            failure = "unreachable"
        document = None if failure else parse_object(data)
        if document is None:
            raise _failure(self._endpoint.source, failure or "malformed")
        return Reply(status, document)

    async def _exchange(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        async with self._open_session().request(
            method, url, data=body, headers=headers, allow_redirects=False, timeout=self._timeout
        ) as response:
            if not 200 <= response.status < 300:
                # What such a body says is never read: it may hold the record's id.
                raise _UnusableReplyError(_CODES.get(response.status, "failed"))
            if response.content_type not in self._endpoint.json_types:
                raise _UnusableReplyError("malformed")
            return response.status, await _bounded(response)


def failure_of(source: str, status: str) -> SourceError:
    """The failure that an HTTP status stands for, as a batch's entry writes it: three digits."""
    return _failure(source, _CODES.get(int(status), "failed") if status.isdecimal() else "malformed")


def _failure(source: str, code: str) -> SourceError:
    return NotHeldError(source) if code == "not-held" else SourceError(source, code)


_CODES: Final = {
    401: "refused",
    403: "refused",
    404: "not-held",
    408: "timeout",
    410: "not-held",
    429: "busy",
}


class _UnusableReplyError(Exception):
    """An answer that is none, with the code of `SourceError` for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    if (response.content_length or 0) > BODY_MAXIMUM:
        raise _UnusableReplyError("malformed")
    parts, size = [], 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > BODY_MAXIMUM:
            raise _UnusableReplyError("malformed")
        parts.append(chunk)
    return b"".join(parts)
