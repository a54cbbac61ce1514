"""Fetching a key set over HTTP: bounded in time and size, no redirects, no proxies, no cookies."""

from __future__ import annotations

from typing import Final

import aiohttp

from gateway.identity.jwks import FetchError

TIMEOUT_SECONDS: Final = 3.0
BODY_MAXIMUM: Final = 256 * 1024


class HttpFetch:
    """The `jwks.Fetch` of production. The session belongs to the caller, who closes it."""

    def __init__(self, session: aiohttp.ClientSession, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def __call__(self, url: str) -> bytes:
        """The body of a 200 answer, or `FetchError`."""
        headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}
        try:
            # A redirect would let whoever answers at the address choose where we ask next (security.md, 11).
            async with self._session.get(
                url, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as answer:
                if answer.status != 200:
                    raise FetchError(f"the issuer answered {answer.status}")
                return await _bounded(answer)
        except TimeoutError as error:
            raise FetchError("the issuer did not answer in time") from error
        except aiohttp.ClientError as error:
            raise FetchError(f"the issuer cannot be reached ({type(error).__name__})") from error


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > BODY_MAXIMUM:
            raise FetchError("the key set is too large")
    return bytes(body)
