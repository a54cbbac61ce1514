"""From a source's own values to a section's, by name: the vocabulary that declarative mappings are written in. Pure.

A converter takes the raw values that a rule names (one, or several in order) and gives the section's value, None where
the source says nothing. It raises `UnusableError` for a value that it cannot read; its message holds no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, TypeAlias

from adapters.assembly import UnusableError
from core.vocabulary import Json

Raw: TypeAlias = "Json | date"
"""A value of JSON, or a date as spreadsheets hold it (a datetime is a date too)."""
Codes: TypeAlias = Mapping[str, Json]
Converter: TypeAlias = Callable[[Sequence[Raw], Codes], Json]

_UK_DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ].*)?")
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_AGES: Final = (
    (5, "under-5"),
    (12, "5-to-11"),
    (16, "12-to-15"),
    (18, "16-to-17"),
    (25, "18-to-24"),
    (45, "25-to-44"),
    (65, "45-to-64"),
    (80, "65-to-79"),
    (130, "80-and-over"),
)
_YES_NO: Final = MappingProxyType(
    {"y": True, "yes": True, "true": True, "1": True, "n": False, "no": False, "false": False, "0": False}
)


def plain(value: Raw) -> str | None:
    """A value as text without surrounding space, None where it is empty. A whole number loses its `.0`."""
    if value is None or isinstance(value, bool):
        return None if value is None else ("true" if value else "false")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise UnusableError("is not a single value")


def text(values: Sequence[Raw], _: Codes) -> Json:
    """The first value that is there."""
    return next((found for value in values if (found := plain(value))), None)


def joined(values: Sequence[Raw], _: Codes) -> Json:
    """All values that are there, the items of lists too, with commas between: the lines of an address."""
    parts = (item for value in values for item in (value if isinstance(value, list) else [value]))
    return ", ".join(part for item in parts if (part := plain(item))) or None


def listed(values: Sequence[Raw], _: Codes) -> Json:
    """The parts of a text between semicolons or line breaks, as a list."""
    found = plain(values[0]) or ""
    return [part.strip() for part in re.split(r"[;\n]", found) if part.strip()] or None


def code(values: Sequence[Raw], codes: Codes) -> Json:
    """What a code stands for. An unknown one is not passed on raw: nobody would know what it means."""
    found = plain(values[0])
    if found is None:
        return None
    if found not in codes:
        raise UnusableError("code is not in the code list")
    return codes[found]


def day(values: Sequence[Raw], _: Codes) -> Json:
    """A date written dd/mm/yyyy or yyyy-mm-dd, or a spreadsheet's own."""
    found = plain(values[0])
    if found is None:
        return None
    british, iso = _UK_DATE.fullmatch(found), _ISO_DATE.fullmatch(found)
    try:
        if british is not None:
            return date(int(british[3]), int(british[2]), int(british[1])).isoformat()
        if iso is not None:
            return date(int(iso[1]), int(iso[2]), int(iso[3])).isoformat()
    except ValueError:
        pass
    raise UnusableError("is not a date written dd/mm/yyyy or yyyy-mm-dd")


def yes_no(values: Sequence[Raw], _: Codes) -> Json:
    """Y, yes, true, 1 and their opposites."""
    found = plain(values[0])
    if found is None:
        return None
    answer = _YES_NO.get(found.lower())
    if answer is None:
        raise UnusableError("is neither yes nor no")
    return answer


def uprn(values: Sequence[Raw], _: Codes) -> Json:
    """A UPRN, which samples send as a number or as a string: up to 12 digits, leading zeros left out."""
    found = plain(values[0])
    if found is None:
        return None
    digits = found.lstrip("0")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        raise UnusableError("is not a UPRN of up to 12 digits")
    return digits


def whole(values: Sequence[Raw], _: Codes) -> Json:
    """A whole number of at most four digits."""
    found = plain(values[0])
    if found is None:
        return None
    if not (found.isascii() and found.isdecimal() and len(found) <= 4):
        raise UnusableError("is not a whole number")
    return int(found)


def postcode(values: Sequence[Raw], _: Codes) -> Json:
    """A UK postcode in capitals with its space."""
    found = plain(values[0])
    if found is None:
        return None
    match = _POSTCODE.fullmatch(found.upper().replace(" ", ""))
    if match is None:
        raise UnusableError("is not a UK postcode")
    return " ".join(match.groups())


def age_band(values: Sequence[Raw], codes: Codes) -> Json:
    """The band of an age in full years; codes are what stands in its place where the age is not known."""
    found = plain(values[0])
    if found is not None and found in codes:
        return codes[found]
    years = whole(values, codes)
    if years is None:
        return None
    for below, band in _AGES:
        if isinstance(years, int) and years < below:
            return band
    raise UnusableError("is not an age")


def pence_band(values: Sequence[Raw], _: Codes) -> Json:
    """The band of arrears in pence; credit is none. The sum itself goes no further than here."""
    found = plain(values[0])
    if found is None:
        return None
    try:
        pence = int(found)
    except ValueError:
        raise UnusableError("is not a whole number of pence") from None
    if pence <= 0:
        return "none"
    if pence < 50_000:
        return "under-500"
    return "500-to-1500" if pence <= 150_000 else "over-1500"


CONVERTERS: Final[Mapping[str, Converter]] = MappingProxyType(
    {
        "text": text,
        "joined": joined,
        "listed": listed,
        "code": code,
        "day": day,
        "yes-no": yes_no,
        "uprn": uprn,
        "whole": whole,
        "postcode": postcode,
        "age-band": age_band,
        "pence-band": pence_band,
    }
)
