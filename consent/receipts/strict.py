"""Base64url and JSON with one spelling and one meaning: what two readers could read in two ways is refused."""

from __future__ import annotations

import base64
import json
import re
from typing import Final, NoReturn

from core.vocabulary import Json, JsonObject

_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_INTEGER_DIGITS: Final = 16


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: str) -> bytes:
    """The reverse; raises `ValueError` for any other spelling (padding, stray bits, line breaks)."""
    if not _SEGMENT.fullmatch(text):
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def to_json(value: JsonObject) -> bytes:
    """One line of JSON with sorted names: the same value is always the same bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def parse_object(data: bytes) -> JsonObject:
    """A JSON object (RFC 8259). Raises `ValueError` for a name that stands twice, fractions, integers beyond 2^53, NaN,
    lone surrogates, what is nested too deeply to be ours, and anything that is no object.
    """
    try:
        value: Json = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_exact,
            parse_float=_refused,
            parse_constant=_refused,
        )
        # An escaped lone surrogate only shows when it is written again.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _exact(digits: str) -> int:
    if len(digits) > _INTEGER_DIGITS:
        raise ValueError("too large a number")
    return int(digits)


def _refused(_text: str) -> NoReturn:
    raise ValueError("not a number of ours")
