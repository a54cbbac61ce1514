"""Reading of JSON that a source sent, with types: what is not of the wanted shape reads as absent.

`parse_object` is the only parser of sources' answers (RFC 8259 by orjson): UTF-8 only, NaN and Infinity refused,
nesting bounded by the parser. Of duplicate keys the last one counts, which orjson cannot refuse: within a source's own
answer about a record that is the source's to say. Requests into the gateway are parsed elsewhere, and more strictly.
The accessors take what the parser gives: plain dicts and lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson

from core.vocabulary import Json, JsonObject

EMPTY: Final[JsonObject] = {}


def parse_object(body: bytes) -> JsonObject | None:
    """The JSON object in the body, or None. No exception leaves here, since the parser's would carry the body."""
    try:
        value: object = orjson.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def string(record: JsonObject, key: str) -> str | None:
    """A string that is not blank, stripped."""
    value = record.get(key)
    if isinstance(value, str):
        return value.strip() or None
    return None


def boolean(record: JsonObject, key: str) -> bool | None:
    """A JSON boolean."""
    value = record.get(key)
    return value if isinstance(value, bool) else None


def child(record: JsonObject, key: str) -> JsonObject:
    """An object, or an empty one."""
    value = record.get(key)
    return value if isinstance(value, dict) else EMPTY


def children(record: JsonObject, key: str) -> Iterator[JsonObject]:
    """The objects of an array; anything else in it is passed over."""
    value = record.get(key)
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def strings(record: JsonObject, key: str) -> Iterator[str]:
    """The strings of an array that are not blank, stripped."""
    value = record.get(key)
    if isinstance(value, list):
        for item in value:
            if isinstance(item, str) and item.strip():
                yield item.strip()


def without_nothing(**values: Json) -> dict[str, Json]:
    """The values that are there."""
    return {name: value for name, value in values.items() if value is not None}
