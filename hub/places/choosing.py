"""What a worker may say of where somebody lives, and what of a team's own record goes into counts.

Nobody's home that must stay secret may come into statistics (labels R and V of the Personal Demographics Service, and an
unknown label). No partner is told a label, nor may one be: the answer would tell who is known. So two things are needed.
The address came by the gateway, which leaves it out, silently, of everybody whom it knows and not as unrestricted
(docs/referrals.md); and a worker chose a ward, because the person said that it may be counted. Nothing is taken from an
address by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from hub.happenings import NO_FIXED_ADDRESS, NOTHING_KNOWN, RATHER_NOT_SAY, Known
from hub.places.postcodes import postcode_in

BELIEVED_FOR: Final = timedelta(days=30)
"""So long counts that an address came by the gateway: it lets a label that nobody confirmed stand as long (its ADR 0007)."""
UNPLACED: Final[Mapping[str, str]] = {NO_FIXED_ADDRESS: "No fixed address", RATHER_NOT_SAY: "Rather not say"}
"""What names no place: whoever has no home has none that must stay secret."""


def came_with_a_place(address: str | None) -> bool:
    """Whether a referral that came by the gateway told where the person lives: an address with a postcode."""
    return postcode_in(address) is not None


def offered(wards: Mapping[str, str], *, may_be_counted: bool) -> dict[str, str]:
    """What a worker may choose, code -> words: wards only where the place may be counted."""
    return {**(wards if may_be_counted else {}), **UNPLACED}


def still_believed(*, may_be_counted: bool, told_at: datetime, now: datetime) -> bool:
    """Whether that an address came still lets a worker ask."""
    return may_be_counted and now - told_at <= BELIEVED_FOR


def known_of(*, born: date | None, address: str | None, place: str, may_be_counted: bool) -> Known:
    """What a record says that counts go by. place: what a worker chose, or "": then nothing of where, whatever is known."""
    if place == NO_FIXED_ADDRESS:
        return Known(born, place=place, groups=("homelessness",))
    if not may_be_counted or place in {"", RATHER_NOT_SAY}:
        return NOTHING_KNOWN if born is None else Known(born)
    return Known(born, postcode=postcode_in(address), place=place, place_may_be_counted=True)
