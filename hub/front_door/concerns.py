"""A concern as it is said, read from the page for everybody or from the staff's own: the least that is needed. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hub.front_door.reading import Reading, entry_of, looks_personal
from hub.front_door.vocabulary import ABOUT, AGREED, SOON, THEMES, WHOSE
from hub.pages.forms import Faults, Form

WORDS: int = 500
LINE: int = 200


@dataclass(frozen=True, slots=True, repr=False)
class Concern:
    """One concern. agreed: whether the person it is about knows and wants help. whose: whose contact details these are."""

    entry: str
    about: str
    agreed: str
    themes: tuple[str, ...]
    soon: str
    words: str
    name: str
    reach: str
    whose: str
    safe: str


def read_concern(form: Form) -> Concern | Faults:
    """What the form says, or what is wrong with it.

    Of somebody who has not agreed, nothing is taken by which they could be found: the sender's own contact details only, and
    no words that look like an address or a number.
    """
    reading = Reading(form)
    themes = reading.several("themes", THEMES, "Choose what is the matter")
    words = reading.text("words", WORDS)
    soon = reading.among("soon", SOON, "Choose how soon somebody should answer")
    about = reading.among("about", ABOUT, "Choose who needs help")
    agreed, whose = "yes", "mine"
    if about == "other":
        agreed = reading.among("agreed", AGREED, "Choose if they know about this")
        whose = reading.among("whose", WHOSE, "Choose whom we should get in touch with")
        if agreed in {"knows", "no"} and whose == "theirs":
            reading.faults["whose"] = "They did not say yes. Let us get in touch with you, not with them"
        found = looks_personal(words) if agreed in {"knows", "no"} else None
        if found is not None:
            reading.faults["words"] = f"This looks like {found}. They did not say yes, so take it out"
    reach = reading.text("reach", LINE, "Write a phone number, an email address or a place")
    safe = reading.text("safe", LINE)
    name = reading.line("name", 100)
    if reading.faults:
        return reading.found
    return Concern(entry_of(form), about, agreed, themes, soon, words, name, reach, whose, safe)
