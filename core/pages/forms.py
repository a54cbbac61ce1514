"""Reading a posted form: bounded in size and number of fields, of one media type, its text stripped.

Only `application/x-www-form-urlencoded` (the default of an HTML form) is read, so that no parser of files stands open.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

FORM_BYTES = 64 * 1024
FORM_FIELDS = 100
CSRF_FIELD = "csrf"


class FormError(Exception):
    """What was posted is no form that one of our pages could have sent."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a posted form in their order; a field may stand several times (checkboxes)."""

    fields: tuple[tuple[str, str], ...]

    def one(self, name: str) -> str:
        """The field's first value, stripped; empty where it is absent."""
        return next((value.strip() for field, value in self.fields if field == name), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All the field's values, stripped, in order; empty ones left out."""
        return tuple(value.strip() for field, value in self.fields if field == name and value.strip())


async def read_form(request: Request) -> Form:
    """The posted form; raises `FormError` when it is too long, of another media type or not UTF-8."""
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
    except ValueError as error:
        raise FormError("not readable") from error
    return Form(tuple(fields))
