"""Reading the members of an HSDS record: of the right type and form, or refused by name. Pure.

A member that is null or an empty text is absent, since half of the published feeds write it so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from core.vocabulary import JsonObject

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~-]{0,99}", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s<>\"]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_TELEPHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]{2,30}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
NAME_MAXIMUM: Final = 300
TEXT_MAXIMUM: Final = 20_000
AGE_MAXIMUM: Final = 150


class FieldError(Exception):
    """A member that does not fit. reason: what is expected, with nothing of what stood there."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def text(record: JsonObject, field: str, maximum: int = TEXT_MAXIMUM) -> str | None:
    """A text, its outer spaces removed."""
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise FieldError(field, "a text is expected")
    if len(value) > maximum:
        raise FieldError(field, f"at most {maximum} characters are expected")
    if _CONTROL.search(value):
        raise FieldError(field, "it holds a control character")
    return value.strip() or None


def needed(record: JsonObject, field: str) -> str:
    """A text that must be there, as short as a name is."""
    found = text(record, field, NAME_MAXIMUM)
    if found is None:
        raise FieldError(field, "it is required and missing")
    return found


def identity(record: JsonObject) -> str:
    """The record's id. HSDS asks for a UUID; what feeds write (numbers, slugs) is taken as long as it fits an address."""
    found = needed(record, "id")
    if not ID.fullmatch(found):
        raise FieldError("id", "letters, digits and . _ : ~ - are expected, at most 100")
    return found


def web_address(record: JsonObject, field: str) -> str | None:
    """An http or https address: it becomes a link on somebody's page."""
    found = text(record, field, 2_000)
    if found is None:
        return None
    try:
        parts = urlsplit(found)
    except ValueError:
        raise FieldError(field, "an http or https address is expected") from None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or " " in found
    ):
        raise FieldError(field, "an http or https address is expected")
    return found


def email(record: JsonObject, field: str) -> str | None:
    """A mail address."""
    found = text(record, field, 254)
    if found is not None and not _EMAIL.fullmatch(found):
        raise FieldError(field, "a mail address is expected")
    return found


def telephone(record: JsonObject, field: str) -> str | None:
    """A telephone number. The quotation marks of the published examples are no part of it."""
    found = text(record, field, 100)
    if found is None:
        return None
    found = found.strip('"').strip()
    if not _TELEPHONE.fullmatch(found):
        raise FieldError(field, "a telephone number is expected")
    return found


def age(record: JsonObject, field: str) -> int | None:
    """An age in whole years; what has months is rounded down."""
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= AGE_MAXIMUM:
        raise FieldError(field, f"a number of years from 0 to {AGE_MAXIMUM} is expected")
    return int(value)


def child(record: JsonObject, field: str) -> JsonObject | None:
    """A nested record."""
    value = record.get(field)
    if value is not None and not isinstance(value, Mapping):
        raise FieldError(field, "an object is expected")
    return value


def children(record: JsonObject, field: str) -> Iterator[JsonObject]:
    """Nested records."""
    value = record.get(field)
    if value is None:
        return
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise FieldError(field, "a list is expected")
    for one in value:
        if not isinstance(one, Mapping):
            raise FieldError(field, "a list of objects is expected")
        yield one
