"""Reading a posted form: bounded in size and number of fields, of one media type, its text stripped. Pure but for reading.

Only `application/x-www-form-urlencoded` (the default of an HTML form) is read, so that no parser of files stands open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

from hub.errors import FormError

FORM_BYTES: Final = 64 * 1024
FORM_FIELDS: Final = 200
CSRF_FIELD: Final = "csrf"


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """The fields of a posted form in their order; a field may stand several times (checkboxes)."""

    fields: tuple[tuple[str, str], ...] = ()

    def one(self, name: str) -> str:
        """The field's first value, stripped; empty where it is absent."""
        return next((value.strip() for field, value in self.fields if field == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All the field's values, stripped, in order; empty ones left out."""
        return tuple(value.strip() for field, value in self.fields if field == name and value.strip())


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a form: field -> what to do about it. Templates show each beside its field and all on top."""

    by_field: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.by_field)

    @property
    def listed(self) -> list[dict[str, str]]:
        """For the error summary of GOV.UK Frontend."""
        return [{"text": words, "href": f"#{field}"} for field, words in self.by_field.items()]

    def at(self, field: str) -> dict[str, str] | None:
        """For a component's `errorMessage`."""
        words = self.by_field.get(field)
        return None if words is None else {"text": words}


async def read_form(request: Request) -> Form:
    """The posted form. Raises `FormError` when it is too long, of another media type or not UTF-8."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/x-www-form-urlencoded":
        raise FormError("not a form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise FormError("too long")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict")
    except ValueError:
        raise FormError("not readable") from None
    return Form(tuple(fields))


def typed_day(form: Form, name: str) -> date | None:
    """A date typed into the three fields `<name>-day`, `-month`, `-year` (GOV.UK date input); None where all are empty.

    Raises `ValueError` for one that is no day of the calendar.
    """
    parts = [form.one(f"{name}-{part}") for part in ("year", "month", "day")]
    if not any(parts):
        return None
    if not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        raise ValueError(name)
    year, month, on = map(int, parts)
    return date(year, month, on)
