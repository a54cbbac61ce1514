"""What came of a referral, by the codes of the gateway's API: as one team tells it, and as whoever referred reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

OUTCOMES: Final[Mapping[str, str]] = {
    "moved": "Moved to a better home",
    "adapted": "The home was adapted",
    "decluttered": "The home was decluttered",
    "income-raised": "More income",
    "medication-in-order": "Medicines in order",
    "respiratory-health": "Breathing is better",
    "housing-with-care": "Housing with Care",
    "connected": "Connected to people and groups",
    "advice-given": "Advice was given",
    "housing-duty-owed": "The council must help with housing",
    "handed-on": "Handed on to somebody else",
    "declined-by-person": "The person did not want it any more",
    "lost-contact": "Contact was lost",
    "other": "Something else",
}
COUNCILS_ALONE: Final = "housing-duty-owed"
"""Only a council closes a referral with it."""


def in_words(outcomes: Iterable[str]) -> tuple[str, ...]:
    """The outcomes as a person reads them. A code that the hub does not know yet is said as it came."""
    return tuple(OUTCOMES.get(one, one) for one in outcomes)
