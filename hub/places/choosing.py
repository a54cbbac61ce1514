"""What a worker may say of where somebody lives, and what of a team's own record goes into counts.

Nobody's home that must stay secret may come into statistics (labels R and V of the Personal Demographics Service, and an
unknown label). The gateway alone knows labels: it says with a referral whether its address may be counted
(docs/referrals.md). Without that word no ward is even taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from hub.happenings import NO_FIXED_ADDRESS, NOTHING_KNOWN, RATHER_NOT_SAY, Known
from hub.places.postcodes import postcode_in

BELIEVED_FOR: Final = timedelta(days=30)
"""So long is the gateway's word believed: it lets a label that nobody confirmed stand as long (its ADR 0007)."""
UNPLACED: Final[Mapping[str, str]] = {NO_FIXED_ADDRESS: "No fixed address", RATHER_NOT_SAY: "Rather not say"}
"""What names no place: whoever has no home has none that must stay secret."""


def offered(wards: Mapping[str, str], *, may_be_counted: bool) -> dict[str, str]:
    """What a worker may choose, code -> words: wards only where the place may be counted."""
    return {**(wards if may_be_counted else {}), **UNPLACED}


def still_believed(*, may_be_counted: bool, told_at: datetime, now: datetime) -> bool:
    """Whether the gateway's word that the place may be counted holds yet."""
    return may_be_counted and now - told_at <= BELIEVED_FOR


def known_of(*, born: date | None, address: str | None, place: str, may_be_counted: bool) -> Known:
    """What a record says that counts go by. place: what a worker chose, or "". Nothing of where unless it may."""
    if place == NO_FIXED_ADDRESS:
        return Known(born, place=place, groups=("homelessness",))
    if not may_be_counted or place == RATHER_NOT_SAY:
        return NOTHING_KNOWN if born is None else Known(born)
    return Known(born, postcode=postcode_in(address), place=place, place_may_be_counted=True)
