"""The id by which an organisation knows a request that it made: sealed, so that it alone says whose it is and when it ends.

What is told of a request that rests nowhere any more, or never was about anybody, can so be told by the id alone, like that
of any other (promise 4). One organisation's id opens for no other.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime

from core.sealing import SealError, derive, open_sealed, seal
from core.times import from_ms, to_ms

PREFIX = "cr1."
REQUEST_ID_PATTERN = r"^cr1\.[A-Za-z0-9_-]{70}$"
_ID_BYTES = 16
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class Named:
    """What such an id holds. id: the request's own (32 hexadecimal digits); expires: when it can no longer be answered."""

    id: str
    expires: datetime


class RequestIds:
    """Makes and opens them, from the operator's master key."""

    def __init__(self, master: bytes) -> None:
        self._key = derive(master, "consent-request-id")

    def make(self, organisation: str, expires: datetime) -> tuple[str, Named]:
        """A new id for this organisation, and what it holds."""
        raw = secrets.token_bytes(_ID_BYTES)
        named = Named(raw.hex(), from_ms(to_ms(expires)))
        sealed = seal(self._key, raw + to_ms(expires).to_bytes(_TIME_BYTES, "big"), _context(organisation))
        return PREFIX + base64.urlsafe_b64encode(sealed).decode().rstrip("="), named

    def open(self, organisation: str, text: str) -> Named | None:
        """What an id holds; None for one that this organisation was never given."""
        try:
            sealed = base64.urlsafe_b64decode(text.removeprefix(PREFIX) + "==")
            plain = open_sealed(self._key, sealed, _context(organisation))
        except (SealError, ValueError, binascii.Error):
            return None
        return Named(plain[:_ID_BYTES].hex(), from_ms(int.from_bytes(plain[_ID_BYTES:], "big")))


def _context(organisation: str) -> str:
    return f"consent-request|{organisation}"
