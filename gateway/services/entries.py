"""Reading the opened details of entries, which older versions of the gateway may have written: nothing is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.vocabulary import Json, JsonObject


def mapping(value: Json) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def text(value: Json) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: Json) -> tuple[str, ...]:
    """The texts in the value if it is a list."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(one for one in value if isinstance(one, str))
    return ()
