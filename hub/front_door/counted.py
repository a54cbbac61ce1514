"""What of an item goes into counts, and where the person lives as a worker chose it for the count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from hub.front_door.tables import Item
from hub.happenings import Happening, Known, What, happened
from hub.pages.words import london_day
from hub.places.choosing import known_of, offered, still_believed


def places_of(item: Item, wards: Mapping[str, str], now: datetime) -> dict[str, str]:
    """What may be chosen for the item, code -> words."""
    return offered(wards, may_be_counted=_believed(item, now))


def known(item: Item, now: datetime) -> Known:
    """What the record says that counts go by; the front door asks for nobody's date of birth."""
    return known_of(born=None, address=item.reach, place=item.place, may_be_counted=_believed(item, now))


def tell(
    session: Session,
    item: Item,
    organisation: str | None,
    now: datetime,
    *whats: What,
    instead_of: Known | None = None,
) -> None:
    """Let what happened be counted. instead_of: what it was counted by when the item came."""
    day, knows = london_day(now if instead_of is None else item.arrived_at), known(item, now)
    themes = tuple(one for one in item.themes.split(",") if one)
    happened(session, *(Happening(what, themes, organisation, day, knows, instead_of) for what in whats))


def place_chosen(session: Session, item: Item, place: str, wards: Mapping[str, str], now: datetime) -> None:
    """Keep what the worker chose, and count the item by it; what is not offered changes nothing."""
    if place in places_of(item, wards, now):
        before = known(item, now)
        item.place = place
        came: tuple[What, ...] = ("need",) if item.referral is None else ("need", "referral")
        tell(session, item, item.organisation, now, *came, instead_of=before)


def forget_place(item: Item) -> None:
    """The item is closed, and was counted: where the person lives is not kept for counts any more."""
    item.place, item.place_may_be_counted = "", False


def _believed(item: Item, now: datetime) -> bool:
    return still_believed(may_be_counted=item.place_may_be_counted, told_at=item.arrived_at, now=now)
