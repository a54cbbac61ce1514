"""Leaves: all of one size whatever happened, so that the log can be public and still gives nothing away.

A leaf is version (1 byte, 1), time (8 bytes, milliseconds since 1970-01-01T00:00:00Z, big-endian) and commitment (32 bytes),
which is SHA-256 over `oncetold/leaf/v1`, a zero byte, a salt of 32 random bytes and the detail as canonical JSON (RFC 8785).
Who has salt and detail can open it; once the salt is erased, nobody can tell what the leaf says.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from json.encoder import encode_basestring
from types import MappingProxyType
from typing import TypeAlias, cast

import orjson

from audit.errors import VerificationError

VERSION = 1
COMMITMENT_BYTES = 32
SALT_BYTES = 32
LEAF_BYTES = 1 + 8 + COMMITMENT_BYTES
TIME_MAXIMUM = 253_402_300_799_999
"""The last millisecond of the year 9999, beyond which a calendar's date cannot be shown."""

INTEGER_MAXIMUM = 2**53 - 1
"""The integers that every JSON reader keeps exact (RFC 7493 section 2.2)."""

DEPTH_MAXIMUM = 32

_SIMPLE = frozenset({str, int, bool, type(None)})
_SORTED_AND_EXACT = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER

_DOMAIN = b"oncetold/leaf/v1\x00"

Detail: TypeAlias = Mapping[str, object]
"""A JSON object without fractions: strings, integers, booleans, None, lists and such objects."""


class LeafError(VerificationError):
    """A leaf is malformed, a detail cannot be committed to, or it is not the one that a leaf commits to."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf, read: time in milliseconds since 1970, and the commitment of 32 bytes."""

    time_ms: int
    commitment: bytes


def make(time_ms: int, commitment: bytes) -> bytes:
    """The 41 bytes of a leaf; raises `LeafError` for a time outside 1970 to 9999 or a commitment of another size."""
    if not 0 <= time_ms <= TIME_MAXIMUM or len(commitment) != COMMITMENT_BYTES:
        raise LeafError("a leaf's time or commitment is out of range")
    return bytes([VERSION]) + time_ms.to_bytes(8, "big") + commitment


def parse(leaf: bytes) -> Leaf:
    """The reverse of `make`; raises `LeafError`."""
    if len(leaf) != LEAF_BYTES or leaf[0] != VERSION:
        raise LeafError("a leaf has 41 bytes and version 1")
    time_ms = int.from_bytes(leaf[1:9], "big")
    if time_ms > TIME_MAXIMUM:
        raise LeafError("a leaf's time is out of range")
    return Leaf(time_ms, bytes(leaf[9:]))


def commit(salt: bytes, detail: Detail) -> bytes:
    """The commitment to a detail under a salt of 32 random bytes, used once; raises `LeafError`."""
    if len(salt) != SALT_BYTES:
        raise LeafError("a salt has 32 bytes")
    return sha256(_DOMAIN + salt + canonical(detail)).digest()


def opens(leaf: bytes, salt: bytes, detail: Detail) -> None:
    """Check that the leaf commits to this detail under this salt; raises `LeafError`."""
    if not compare_digest(parse(leaf).commitment, commit(salt, detail)):
        raise LeafError("the leaf does not commit to this detail")


def canonical(detail: object) -> bytes:
    """The one spelling of a JSON value (RFC 8785) in UTF-8.

    Raises `LeafError` for fractions, integers that not every reader keeps exact, keys that are no strings, lone
    surrogates, more than 32 levels, and anything that JSON does not know.
    """
    if _is_plain(detail, DEPTH_MAXIMUM):
        # Of such values orjson writes the very same bytes (a property test compares them), in a fifth of the time.
        with suppress(orjson.JSONEncodeError):
            return orjson.dumps(detail, default=dict, option=_SORTED_AND_EXACT)
    try:
        return _canonical(detail, DEPTH_MAXIMUM).encode("utf-8")
    except UnicodeEncodeError:
        raise LeafError("a string holds a lone surrogate") from None


def _is_plain(value: object, depth: int) -> bool:
    """Whether the value holds nothing but what orjson spells as RFC 8785 does: exact JSON types, no fraction, ASCII keys
    (whose order by bytes is the order by UTF-16 units), not too deep. What it refuses by itself is left to it.
    """
    kind = type(value)
    if kind in _SIMPLE:
        return True
    if depth == 0:
        return False
    if kind is list:
        return all(_is_plain(one, depth - 1) for one in cast("list[object]", value))
    if kind is not dict and kind is not MappingProxyType:
        return False
    for key, one in cast("Mapping[object, object]", value).items():
        if type(key) is not str or not key.isascii():
            return False
        if type(one) not in _SIMPLE and not _is_plain(one, depth - 1):
            return False
    return True


def _canonical(value: object, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > INTEGER_MAXIMUM:
            raise LeafError("an integer is too large to mean the same everywhere")
        return int.__repr__(value)
    if depth == 0:
        raise LeafError("the detail is nested too deeply")
    if isinstance(value, Mapping):
        return "{" + ",".join(_members(value, depth)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([_canonical(one, depth - 1) for one in value]) + "]"
    raise LeafError("the detail holds a fraction or something that JSON does not know")


def _members(value: Mapping[object, object], depth: int) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) != len(value):
        raise LeafError("a key is not a string")
    # RFC 8785 section 3.2.3 sorts by UTF-16 code units; for ASCII that is the order that Python has.
    keys.sort(key=None if all(map(str.isascii, keys)) else _utf16)
    return [f"{encode_basestring(key)}:{_canonical(value[key], depth - 1)}" for key in keys]


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")
