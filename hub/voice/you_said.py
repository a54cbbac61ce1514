"""The public list: things by theme, with numbers of people that point at nobody, and the same as CSV. Pure.

Numbers are suppressed below five and rounded down to fives above, and no sum of them is ever shown. So no number can be
taken from another, and whoever looks at the page before and after somebody spoke rarely sees a difference.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.voice.tables import Item
from hub.voice.vocabulary import ABOUTS, STATUSES, THEMES, theme_title

SMALLEST: Final = 5
COLUMNS: Final = (
    "theme",
    "about",
    "you_said",
    "status",
    "owner",
    "answer",
    "people_at_least",
    "heard_in",
    "changed_on",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing as everybody reads it. people: a multiple of five; None below five. heard_in: "November 2026"."""

    theme: str
    about: str
    you_said: str
    status: str
    status_words: str
    owner: str
    answer: str
    people: int | None
    heard_in: str
    changed_on: str


@dataclass(frozen=True, slots=True)
class Theme:
    """The things of one theme."""

    code: str
    title: str
    things: tuple[Said, ...]


def at_least(people: int) -> int | None:
    """What is shown of a number of people: rounded down to fives; None below five."""
    return None if people < SMALLEST else people - people % SMALLEST


def public_list(
    items: Iterable[Item], people: Mapping[str, int], titles: Mapping[str, str]
) -> tuple[Theme, ...]:
    """The things by theme, themes in the vocabulary's order, without what is not public. titles: owners' words."""
    by_theme: dict[str, list[Said]] = {}
    for item in items:
        if item.public:
            by_theme.setdefault(item.theme, []).append(_said(item, people.get(item.id, 0), titles))
    known = [code for code in THEMES if code in by_theme]
    return tuple(
        Theme(code, theme_title(code), tuple(by_theme[code]))
        for code in (*known, *sorted(by_theme.keys() - THEMES.keys()))
    )


def as_csv(themes: Iterable[Theme]) -> str:
    """RFC 4180, one row a thing. An empty `people_at_least` says: fewer than five."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for theme in themes:
        for one in theme.things:
            people = "" if one.people is None else str(one.people)
            row = (theme.title, one.about, one.you_said, one.status_words, one.owner, one.answer, people)
            writer.writerow([_harmless(cell) for cell in (*row, one.heard_in, one.changed_on)])
    return written.getvalue()


def _said(item: Item, people: int, titles: Mapping[str, str]) -> Said:
    return Said(
        theme=item.theme,
        about=ABOUTS.get(item.about, item.about),
        you_said=item.you_said,
        status=item.status,
        status_words=STATUSES.get(item.status, item.status),
        owner=titles.get(item.owner, item.owner),
        answer=item.answer,
        people=at_least(people),
        heard_in=f"{item.opened_on:%B %Y}",
        changed_on=item.changed_on.isoformat(),
    )


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet does not run as a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
