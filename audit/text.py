"""Base64 and decimals as the C2SP formats write them: each value has exactly one spelling, every other is refused."""

from __future__ import annotations

import base64
import binascii
import re

MAX_INTEGER = 2**63 - 1
"""The largest tree size and index: what a signed 64-bit column and every public verifier can hold."""

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z", re.ASCII)


def to_base64(data: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """The bytes of standard base64; None for any other spelling (line breaks, missing padding, stray bits)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if to_base64(data) == text else None


def from_decimal(text: str) -> int | None:
    """An ASCII decimal of 0 to 2^63 - 1 without sign or leading zeroes; None for anything else."""
    if _DECIMAL.match(text) is None:
        return None
    number = int(text)
    return number if number <= MAX_INTEGER else None
