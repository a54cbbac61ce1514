"""Asking a witness for its cosignature over HTTP: bounded in time and size, no redirects, no proxies, no cookies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp

from audit.text import from_decimal
from core.errors import OnceToldError

TIMEOUT_SECONDS: Final = 5.0
ANSWER_MAXIMUM: Final = 65_536


class WitnessUnreachableError(OnceToldError):
    """A witness gave no answer that can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class WitnessAnswer:
    """What a witness answered; nothing of it is verified yet."""

    status: int
    text: str

    @property
    def known_size(self) -> int | None:
        """In a conflict, the size that the witness says it cosigned last; None for anything but one decimal line."""
        return from_decimal(self.text.removesuffix("\n"))


class Submits(Protocol):
    """Whatever submits a request to a witness: `HttpSubmit`."""

    async def __call__(self, url: str, body: bytes) -> WitnessAnswer:
        """POST a body to `<url>/add-checkpoint`; raises `WitnessUnreachableError`."""
        ...


class HttpSubmit:
    """The `Submits` of production. The session belongs to the caller, who closes it."""

    def __init__(self, session: aiohttp.ClientSession, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def __call__(self, url: str, body: bytes) -> WitnessAnswer:
        """See `Submits`."""
        headers = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}
        try:
            async with self._session.post(
                f"{url}/add-checkpoint",
                data=body,
                headers=headers,
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                return WitnessAnswer(answer.status, await _bounded(answer))
        except TimeoutError as error:
            raise WitnessUnreachableError("it did not answer in time") from error
        except aiohttp.ClientError as error:
            raise WitnessUnreachableError(f"it cannot be reached ({type(error).__name__})") from error


async def _bounded(answer: aiohttp.ClientResponse) -> str:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > ANSWER_MAXIMUM:
            raise WitnessUnreachableError("its answer is too large")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise WitnessUnreachableError("its answer is not UTF-8") from None
