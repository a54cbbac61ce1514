"""Values for the form components of GOV.UK Frontend, and what a posted form must keep to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from hub.pages.forms import Form
from hub.partners import Partners
from hub.voice.vocabulary import PARTNERSHIP

Choice = dict[str, object]
PARTNERSHIP_TITLE: Final = "All of us together"


def radios(titles: Mapping[str, str], chosen: str = "") -> list[Choice]:
    """Items of radios: code -> words."""
    return [{"value": code, "text": words, "checked": code == chosen} for code, words in titles.items()]


def options(titles: Mapping[str, str], chosen: str = "", empty: str = "Choose one") -> list[Choice]:
    """Items of a select, with one on top that chooses nothing."""
    first: Choice = {"value": "", "text": empty, "selected": not chosen}
    rest: Iterable[Choice] = (
        {"value": code, "text": words, "selected": code == chosen} for code, words in titles.items()
    )
    return [first, *rest]


def owners(partners: Partners) -> dict[str, str]:
    """Who can own a thing: the partners by title, and all of them together."""
    known = sorted(partners.organisations, key=lambda one: one.title)
    return {PARTNERSHIP: PARTNERSHIP_TITLE} | {one.id: one.title for one in known}


def owner_title(partners: Partners, code: str) -> str:
    """An owner's words."""
    return PARTNERSHIP_TITLE if code == PARTNERSHIP else partners.title(code)


def prose(form: Form, name: str) -> str:
    """A field of several lines, its line breaks made single characters as a browser shows them."""
    return form.one(name).replace("\r\n", "\n")


def prose_fault(text: str, most: int, missing: str) -> str | None:
    """What to do about a text that is missing, too long, or holds signs that nobody types."""
    if not text:
        return missing
    if len(text) > most:
        return f"Write {most:,} letters at most. This has {len(text):,}"
    if any(not (sign.isprintable() or sign in "\n\t") for sign in text):
        return "Take out signs that cannot be read"
    return None
