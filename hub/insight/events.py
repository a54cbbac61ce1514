"""What is counted: that something happened, never to whom.

An event is made where a case or a referral changes, and holds no person, no case, no organisation, no day and no words
that anybody wrote. Equal events cannot be told apart: they are only counted.

Nobody whose home must stay secret is ever placed on a map: unless it is known that it may be counted
(hub/places/choosing.py), the area is dropped here, before anything is written (shared rule: a label suppresses
location in statistics too). So a later mistake in counting cannot bring it back. "No fixed address" is no place: whoever has
no home has none that must stay secret, and it counts for the whole district alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from hub.insight.themes import AGE_BANDS, GROUPS, OLDEST, THEME_TITLES

NO_FIXED_ABODE: Final = "no-fixed-abode"
NOT_SAID: Final = "not-said"
_AREA: Final = re.compile(r"E0[15]\d{6}")


class Kind(StrEnum):
    """What happened."""

    NEED = "need"
    REFERRAL = "referral"
    REFUSAL = "refusal"
    OUTCOME = "outcome"


KIND_TITLES: Final = {
    Kind.NEED: "Needs",
    Kind.REFERRAL: "Referrals",
    Kind.REFUSAL: "Refusals",
    Kind.OUTCOME: "Outcomes",
}


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One thing that happened, or one kind of thing when it is counted.

    area: a Lower layer Super Output Area of the vintage (2011 or 2021), a ward where only that is known, NO_FIXED_ABODE, or
    NOT_SAID. month: "2026-11".
    age: a band of `themes.AGES` or NOT_SAID. groups: codes of `themes.GROUPS`, in order, without repeats.
    """

    kind: Kind
    theme: str
    area: str
    vintage: int
    month: str
    age: str = NOT_SAID
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the writer knows of the person at that moment; it is read here and goes no further.

    may_be_placed: whether where they live may be counted. area: an LSOA with its vintage, or a ward. born: None if unknown.
    """

    may_be_placed: bool
    area: str | None = None
    vintage: int = 2021
    no_fixed_abode: bool = False
    born: date | None = None
    groups: tuple[str, ...] = ()


def events_of(kind: Kind, themes: Iterable[str], day: date, person: Circumstances) -> tuple[Event, ...]:
    """One event for each theme that is known (`other` for one that is not, and where none is named)."""
    known = {theme if theme in THEME_TITLES else "other" for theme in themes} or {"other"}
    area, age = area_of(person), age_band(person.born, day)
    groups = tuple(sorted(set(person.groups) & set(GROUPS)))
    return tuple(
        Event(kind, theme, area, person.vintage, f"{day:%Y-%m}", age, groups) for theme in sorted(known)
    )


def area_of(person: Circumstances) -> str:
    """Where the event counts. Who may not be placed, and what is no code of an area, give NOT_SAID."""
    if person.no_fixed_abode:
        return NO_FIXED_ABODE
    if not person.may_be_placed:
        return NOT_SAID
    code = person.area or ""
    return code if _AREA.fullmatch(code) else NOT_SAID


def age_band(born: date | None, day: date) -> str:
    """The band of the age on that day; NOT_SAID where the date of birth is unknown or lies ahead."""
    if born is None or born > day:
        return NOT_SAID
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return next((code for oldest, code in AGE_BANDS if age <= oldest), OLDEST)
