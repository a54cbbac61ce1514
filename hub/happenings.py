"""What happened, told without saying to whom: so that one feature may count what another does, and neither knows the other.

Whoever changes a case or a referral calls `happened` in the same transaction. Each feature that listens (`Feature.heard`)
is told there and then: the change and what follows from it are kept together, or neither is. Nobody has to listen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from sqlmodel import Session

What = Literal["need", "referral", "refusal", "outcome"]
LISTENERS: Final = "hub.happenings.listeners"
"""Under this name a session that writes carries who listens (hub/database.py)."""

NO_FIXED_ADDRESS: Final = "no-fixed-address"
RATHER_NOT_SAY: Final = "rather-not-say"


@dataclass(frozen=True, slots=True)
class Known:
    """What a team's own record says of the person, as far as counts go by it; `hub.places.choosing.known_of` makes one.

    Whoever listens makes an area, an age band and groups of it, and keeps nothing else. postcode: without its space. place:
    what a worker chose: a ward's code, NO_FIXED_ADDRESS, or "". place_may_be_counted: only where the person said so of
    an address that came by the gateway; else neither postcode nor ward goes further. groups: codes of Core20PLUS5 that the
    record has.
    """

    born: date | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)
    place: str = field(default="", repr=False)
    place_may_be_counted: bool = False
    groups: tuple[str, ...] = field(default=(), repr=False)


NOTHING_KNOWN: Final = Known()


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened. It has no room for a name, a case or words.

    themes: codes of a referral's themes; empty where none were kept. organisation: who reports it; None where nobody's staff
    did. instead_of: what it was told by so far, where more is known now: it is counted otherwise, not once more.
    """

    what: What
    themes: tuple[str, ...]
    organisation: str | None
    day: date
    known: Known = NOTHING_KNOWN
    instead_of: Known | None = None


Heard = Callable[[Session, Happening], None]


def happened(session: Session, *happenings: Happening) -> None:
    """Tell each listener, in this transaction."""
    listeners: tuple[Heard, ...] = session.info.get(LISTENERS, ())
    for happening in happenings:
        for heard in listeners:
            heard(session, happening)
