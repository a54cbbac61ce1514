"""What happened, told without saying to whom: so that one feature may count what another does, and neither knows the other.

Whoever changes a case or a referral calls `happened` in the same transaction. Each feature that listens (`Feature.heard`)
is told there and then: the change and what follows from it are kept together, or neither is. Nobody has to listen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from sqlmodel import Session

What = Literal["need", "referral", "refusal", "outcome"]
LISTENERS: Final = "hub.happenings.listeners"
"""Under this name a session that writes carries who listens (hub/database.py)."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. It has no room for a person, a case or words.

    themes: codes of a referral's themes; empty where none were kept. organisation: who reports it; None where nobody's staff
    did. area: the code of the small area (LSOA of 2021) where the person lives, None where it is not known.
    area_may_be_told: only where it is known that the person's home need not stay secret; else the area goes no further.
    """

    what: What
    themes: tuple[str, ...]
    organisation: str | None
    day: date
    area: str | None = None
    area_may_be_told: bool = False


Heard = Callable[[Session, Happening], None]


def happened(session: Session, *happenings: Happening) -> None:
    """Tell each listener, in this transaction."""
    listeners: tuple[Heard, ...] = session.info.get(LISTENERS, ())
    for happening in happenings:
        for heard in listeners:
            heard(session, happening)
