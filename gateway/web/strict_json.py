"""JSON with one meaning: what the API, the policy and the log read of a body or a token must be the same (RFC 8725, 2.4).

Two parsers must agree before a body counts: orjson refuses what is no JSON at all (NaN, a lone surrogate, a byte order
mark, a number beyond a double), the standard library's sees the member names that stand twice. Together they take
some 3 microseconds for a body of 300 bytes on the machine where the way of a request was measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, Literal

import orjson

from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject

DEPTH_MAXIMUM: Final = 16
"""Arrays and objects within each other. Our deepest schema needs four."""

INTEGER_MAXIMUM: Final = 2**53 - 1
"""Beyond this a double loses whole numbers, and two readers see two values (RFC 7493 section 2.2)."""

Fault = Literal["not-json", "not-an-object", "duplicate-name", "too-deep", "number-too-large"]

_WORDS: Final[Mapping[Fault, str]] = {
    "not-json": "The body is not valid JSON in UTF-8 (RFC 8259). NaN, Infinity and lone surrogates are not JSON.",
    "not-an-object": "The body is not a JSON object.",
    "duplicate-name": "An object in the body has the same member twice. Send each member once.",
    "too-deep": f"The body nests arrays and objects deeper than {DEPTH_MAXIMUM}.",
    "number-too-large": "A whole number in the body is too large to be read exactly. Send it as text.",
}


class StrictJsonError(OnceToldError):
    """A body that has no meaning, or more than one. `detail` says what to mend and holds nothing of the body."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault
        self.detail = _WORDS[fault]


class _DuplicateNameError(ValueError):
    """A member name stands twice in one object."""


class _LargeNumberError(ValueError):
    """A whole number that a double cannot hold."""


def parse(data: bytes) -> Json:
    """The JSON value of a body, or `StrictJsonError`. The caller bounds the body's size (gateway/web/limits.py)."""
    try:
        value: Json = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise StrictJsonError("not-json") from error
    # As many brackets as levels are needed at least, so that most bodies are not walked at all.
    if data.count(b"{") + data.count(b"[") > DEPTH_MAXIMUM:
        _check_depth(value)
    try:
        _DECODER.decode(data.decode())
    except _DuplicateNameError as error:
        raise StrictJsonError("duplicate-name") from error
    except _LargeNumberError as error:
        raise StrictJsonError("number-too-large") from error
    except RecursionError as error:
        # Only within a member that a later one of the same name hides from the first parser.
        raise StrictJsonError("too-deep") from error
    return value


def parse_object(data: bytes) -> JsonObject:
    """As `parse`, for what must be an object: token headers, claims and key sets (RFC 7515, RFC 7517) among others."""
    value = parse(data)
    if not isinstance(value, dict):
        raise StrictJsonError("not-an-object")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _DuplicateNameError
    return members


def _exact(digits: str) -> int:
    # 17 characters hold every exact integer; int() of a very long text would be slow.
    if len(digits) > 17 or abs(int(digits)) > INTEGER_MAXIMUM:
        raise _LargeNumberError
    return int(digits)


def _check_depth(value: Json) -> None:
    level = [value]
    for _ in range(DEPTH_MAXIMUM):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, dict | list)]
        if not level:
            return
    raise StrictJsonError("too-deep")


def _inside(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_int=_exact)
