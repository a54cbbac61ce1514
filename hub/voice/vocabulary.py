"""The closed lists of Voice: codes as they are kept, and the words that people read for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ABOUTS: Final[Mapping[str, str]] = {
    "look": "Somebody looked at my information",
    "form": "A form or a letter",
    "rule": "A rule",
    "service": "A service",
    "other": "Something else",
}
"""What somebody says something about."""

CHANNELS: Final[Mapping[str, str]] = {
    "web": "On this website",
    "phone": "By phone",
    "paper": "On paper",
    "in-person": "Face to face",
    "group": "In a group",
}
"""How it reached us. All but `web` are written down by somebody of the team."""

THEMES: Final[Mapping[str, str]] = {
    "sharing": "Who can see my information",
    "forms": "Forms and letters",
    "listening": "Being listened to",
    "housing": "Homes",
    "damp": "Damp and mould",
    "repairs": "Repairs",
    "money": "Money",
    "food": "Food",
    "mental-health": "Mental health",
    "loneliness": "Being lonely",
    "caring": "Caring for somebody",
    "family": "Families",
    "work": "Work",
    "safety": "Being safe",
    "health": "Health",
    "other": "Other things",
}
"""The partnership's themes: those of referrals, and before them three about how people are treated."""

STATUSES: Final[Mapping[str, str]] = {
    "heard": "We have heard it",
    "looking": "We are looking into it",
    "doing": "We are doing it",
    "done": "Done",
    "not-possible": "We cannot do it",
}
"""What became of a thing on the list, in the order in which it goes on."""

ANSWERED: Final = frozenset({"done", "not-possible"})
"""A thing is said to be done, or not possible, only with an answer that says what, or why."""

ASIDES: Final[Mapping[str, str]] = {
    "one-person": "It is about one person's own help",
    "unclear": "We cannot understand it",
    "unkind": "It says hurtful things about somebody",
    "nothing": "It says nothing about us",
}
"""Why a thing is not put on the list."""

TOO_LATE: Final = "too-late"
"""Set aside by itself: its words ended before anybody of the team had read them."""

PROGRESS: Final[Mapping[str, str]] = {
    "not-started": "Not started",
    "doing": "We are doing it",
    "done": "Done",
    "stopped": "Stopped",
}
"""How far an action of a plan is."""

PARTNERSHIP: Final = "partnership"
"""The owner of what no single organisation owns."""


def theme_title(code: str) -> str:
    """The theme's words; the code itself for one that is not in the list any more."""
    return THEMES.get(code, code)
