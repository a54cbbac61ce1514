"""Reading what was typed: text, codes, days and times, with all faults at once. Pure; and items for the form components."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from hub.gateway_answers import Demographics
from hub.pages.forms import Faults, Form, typed_day
from hub.pages.words import LONDON

Choice = dict[str, object]

_ENTRY: Final = re.compile(r"[A-Za-z0-9_-]{16,40}", re.ASCII)
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,2})[:.](\d{2})\s*(am|pm)?", re.ASCII)
_LOOKS_LIKE: Final = (
    (re.compile(r"[^\s@]+@[^\s@]+\.\w+"), "an email address"),
    (re.compile(r"(?:\d[\s().-]{0,2}){7,}"), "a phone number or another long number"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE), "a postcode"),
)
_WEIGHTS: Final = range(10, 1, -1)


@dataclass
class Reading:
    """One form being read. faults: field -> what to do, in the order of the page."""

    form: Form
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> Faults:
        """What is wrong."""
        return Faults(self.faults)

    def text(self, name: str, most: int, missing: str = "") -> str:
        """A text; a fault where it is too long or unreadable, or missing though it must be there."""
        text = prose(self.form, name)
        if not text and missing:
            self.faults[name] = missing
        elif len(text) > most:
            self.faults[name] = f"Write {most:,} letters at most. This has {len(text):,}"
        elif any(not (sign.isprintable() or sign in "\n\t") for sign in text):
            self.faults[name] = "Take out signs that cannot be read"
        return text

    def line(self, name: str, most: int, missing: str = "") -> str:
        """A text of one line."""
        return " ".join(self.text(name, most, missing).split())

    def among(self, name: str, known: Collection[str], missing: str) -> str:
        """The chosen code."""
        chosen = self.form.one(name)
        if chosen not in known:
            self.faults[name] = missing
        return chosen

    def several(self, name: str, known: Collection[str], missing: str = "") -> tuple[str, ...]:
        """The ticked codes, in the order of `known`."""
        ticked = set(self.form.every(name))
        chosen = tuple(code for code in known if code in ticked)
        if not chosen and missing:
            self.faults[name] = missing
        return chosen

    def day(self, name: str, missing: str) -> date | None:
        """A typed day; a fault where it is no day, or missing though it must be there."""
        try:
            found = typed_day(self.form, name)
        except ValueError:
            self.faults[f"{name}-day"] = "Write a day of the calendar, for example 21 11 2026"
            return None
        if found is None and missing:
            self.faults[f"{name}-day"] = missing
        return found


def prose(form: Form, name: str) -> str:
    """A field of several lines, its line breaks single characters."""
    return form.one(name).replace("\r\n", "\n")


def entry_of(form: Form) -> str:
    """The form's own id, by which one sent twice is one; a new one for a form that has none yet."""
    typed = form.one("entry")
    return typed if _ENTRY.fullmatch(typed) else secrets.token_urlsafe(18)


def looks_personal(text: str) -> str | None:
    """What in the text looks as if somebody could be found by it ("a postcode"); None where nothing does."""
    return next((what for pattern, what in _LOOKS_LIKE if pattern.search(text)), None)


def radios(titles: Mapping[str, str], chosen: str = "") -> list[Choice]:
    """Items of radios: code -> words."""
    return [{"value": code, "text": words, "checked": code == chosen} for code, words in titles.items()]


def boxes(titles: Mapping[str, str], chosen: Collection[str] = ()) -> list[Choice]:
    """Items of checkboxes: code -> words."""
    return [{"value": code, "text": words, "checked": code in chosen} for code, words in titles.items()]


def day_items(form: Form, name: str, faulty: bool = False) -> list[Choice]:
    """The three fields of a date, as they were typed."""
    wrong = " govuk-input--error" if faulty else ""
    return [
        {
            "name": part,
            "label": part.capitalize(),
            "classes": f"govuk-input--width-{4 if part == 'year' else 2}{wrong}",
            "value": form.one(f"{name}-{part}"),
        }
        for part in ("day", "month", "year")
    ]


def clock_time(typed: str) -> time | None:
    """A time of day as people write it: 16:07, 4:07pm, 4.07 pm. None for anything else."""
    found = _CLOCK.fullmatch(typed.strip().lower())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2]), found[3]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def moment_of(on: date, at: time) -> datetime:
    """That time of that day in London."""
    return datetime.combine(on, at, LONDON)


def sought_in(reading: Reading) -> str | Demographics | None:
    """What a person is found by: an NHS number, or name, birth date and postcode. Faults where neither is whole."""
    number = "".join(reading.form.one("nhs_number").split())
    if number:
        if not is_nhs_number(number):
            reading.faults["nhs_number"] = "Write the 10 digits of the NHS number. One of these is wrong"
        return number
    given = reading.line("given_name", 100, "Write the first name, or the NHS number above")
    family = reading.line("family_name", 100, "Write the last name")
    born = reading.day("birth_date", "Write the day of birth")
    postcode = _POSTCODE.fullmatch(" ".join(reading.form.one("postcode").upper().split()))
    if postcode is None:
        reading.faults["postcode"] = "Write the whole postcode, for example NR2 1AB"
    if born is None or postcode is None:
        return None
    return Demographics(family, given, born, f"{postcode[1]} {postcode[2]}")


def is_nhs_number(number: str) -> bool:
    """Whether these are ten digits with the right check digit (NHS Data Dictionary: weights 10 to 2, modulus 11)."""
    if len(number) != 10 or not (number.isascii() and number.isdigit()):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number[:9], strict=True))
    return -total % 11 == int(number[9])
