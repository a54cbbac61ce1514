"""The public list: things by theme, with numbers of people that point at nobody, and the same as CSV. Pure.

Numbers are suppressed below five and rounded down to fives above, and no sum of them is ever shown. So no number can be
taken from another, and whoever looks at the page before and after somebody spoke rarely sees a difference.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from hub.csvw import Column, Described
from hub.voice.tables import Item
from hub.voice.vocabulary import ABOUTS, STATUSES, THEMES, theme_title

SMALLEST: Final = 5
FILE: Final = "you-said"
COLUMNS: Final = (
    Column("theme", "What it is about, by the list of themes", required=True),
    Column("about", "What somebody said something about: a look, a form, a rule, a service", required=True),
    Column("you_said", "What was said, in the team's words", required=True),
    Column("status", "What became of it, in words", required=True),
    Column("owner", "Who answers", required=True),
    Column("answer", "The answer; empty where there is none yet"),
    Column(
        "people_at_least",
        "How many people said it, rounded down to fives; empty: fewer than 5",
        "nonNegativeInteger",
    ),
    Column("heard_in", "The month in which it was first heard, in words", required=True),
    Column("changed_on", "The day on which its line changed last", "date", required=True),
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
    writer.writerow(one.name for one in COLUMNS)
    for theme in themes:
        for one in theme.things:
            people = "" if one.people is None else str(one.people)
            row = (theme.title, one.about, one.you_said, one.status_words, one.owner, one.answer, people)
            writer.writerow([_harmless(cell) for cell in (*row, one.heard_in, one.changed_on)])
    return written.getvalue()


def described(themes: Iterable[Theme]) -> Described:
    """What the file means."""
    changes = [date.fromisoformat(one.changed_on) for theme in themes for one in theme.things]
    return Described(
        name=FILE,
        title="You said, we did",
        description="What residents told the partnership, in the team's words, and what became of it.",
        columns=COLUMNS,
        comments=(
            "Nobody's own words are in it: a person of the team wrote each line and checked that nobody can be known by it.",
            "Numbers of people are rounded down to fives, and none below 5 is shown. There are no sums.",
            "What nobody told us is not here: few lines about a thing do not mean that all is well.",
            "A cell that a spreadsheet would run as a formula begins with an apostrophe.",
        ),
        modified=max(changes, default=None),
    )


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
