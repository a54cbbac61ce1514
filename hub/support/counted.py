"""What of a case goes into counts, and where the person lives as a worker chose it for the count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.happenings import Happening, Known, What, happened
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.places.choosing import known_of, offered, still_believed
from hub.sessions import Practitioner
from hub.support.cases import open_case
from hub.support.codes import TEAM
from hub.support.tables import Case
from hub.tables import Arrived


def build_router(parts: Parts) -> APIRouter:
    """`/support/cases/<id>/place`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages

    @router.posted("/{case_id}/place")
    async def choose(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        place, now = form.one("place"), parts.clock.now()
        await parts.database.write(
            lambda session: place_chosen(session, entered.who, case_id, place, parts.places.wards, now)
        )
        return pages.go(f"/{TEAM}/cases/{case_id}")

    return router


def places_of(case: Case, wards: Mapping[str, str], now: datetime) -> dict[str, str]:
    """What may be chosen for the case, code -> words."""
    return offered(wards, may_be_counted=_believed(case, now))


def known(case: Case, now: datetime) -> Known:
    """What the record says that counts go by."""
    return known_of(
        born=case.birth_date, address=case.address, place=case.place, may_be_counted=_believed(case, now)
    )


def tell(session: Session, case: Case, now: datetime, *whats: What, instead_of: Known | None = None) -> None:
    """Let what happened be counted. instead_of: what it was counted by when the case came."""
    day = london_day(now if instead_of is None else _came_at(session, case))
    themes, knows = tuple(one for one in case.themes.split(",") if one), known(case, now)
    happened(session, *(Happening(what, themes, case.organisation, day, knows, instead_of) for what in whats))


def place_chosen(
    session: Session, who: Practitioner, case_id: str, place: str, wards: Mapping[str, str], now: datetime
) -> None:
    """Keep what the worker chose, and count the case by it; what is not offered changes nothing."""
    case = open_case(session, who, case_id)
    if place in places_of(case, wards, now):
        before = known(case, now)
        case.place = place
        came: tuple[What, ...] = ("need",) if case.referral is None else ("need", "referral")
        tell(session, case, now, *came, instead_of=before)


def forget_place(case: Case) -> None:
    """Ended and counted, or moved: where the person lives is not kept for counts, nor the gateway's word about it."""
    case.place, case.place_may_be_counted = "", False


def _came_at(session: Session, case: Case) -> datetime:
    # A handover's time runs from when it was sent; it was counted when it came.
    arrived = session.get(Arrived, case.referral) if case.referral is not None else None
    return case.began_at if arrived is None else arrived.arrived_at


def _believed(case: Case, now: datetime) -> bool:
    return still_believed(may_be_counted=case.place_may_be_counted, told_at=case.began_at, now=now)
