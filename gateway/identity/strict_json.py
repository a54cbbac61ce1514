"""JSON with one meaning: what a token or a key set says must not depend on who reads it (RFC 8725 section 2.4)."""

from __future__ import annotations

import json

from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject


class StrictJsonError(OnceToldError):
    """Not one unambiguous JSON object. The message names the fault and no content."""


def parse_object(data: bytes) -> JsonObject:
    """Parse a JSON object (RFC 8259) or raise `StrictJsonError`.

    Refused: anything but UTF-8, duplicate member names at any depth (RFC 7515 section 4 allows that), NaN and
    Infinity, nesting or numbers beyond what the parser bears.
    """
    try:
        value: Json = json.loads(data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise StrictJsonError("not a JSON object with unique member names") from error
    if not isinstance(value, dict):
        raise StrictJsonError("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member name")
    return members


def _no_constant(_name: str) -> Json:
    raise ValueError("NaN and Infinity are not JSON")
