"""Reading what is typed: cleaned, bounded, one of what was offered. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Final

from hub.pages.forms import Faults, Form, typed_day

LINE: Final = 200
LINES: Final = 500
TEXT: Final = 2000
NOTHING_WRONG: Final = Faults({})
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """What somebody typed, without controls, its line breaks as one kind."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(text: str) -> str:
    """What somebody typed, on one line."""
    return " ".join(_CONTROLS.sub("", text).split())


def chosen(form: Form, name: str, among: Collection[str]) -> str | None:
    """The choice, where it is one of those offered."""
    value = form.one(name)
    return value if value in among else None


def text_fault(text: str, most: int, missing: str = "") -> str | None:
    """What is wrong with a text. missing: what to say where it must not be empty."""
    if missing and not text:
        return missing
    return f"Write {most} characters or fewer" if len(text) > most else None


def day_of(form: Form, name: str, what: str, last: date | None = None) -> date | str | None:
    """A day that was typed, None where none was, or what is wrong with it. last: it must not be later."""
    try:
        day = typed_day(form, name)
    except ValueError:
        return f"The {what} must be a real date"
    if day is not None and last is not None and day > last:
        return f"The {what} must not be in the future"
    return day


def nhs_number_fits(number: str) -> bool:
    """Whether it has ten digits and their check digit (NHS Data Dictionary, NHS NUMBER: modulus 11)."""
    if not re.fullmatch(r"[0-9]{10}", number, re.ASCII):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9])
