"""Keeping what ends soon: told on its card on the first page with how it was used, and kept in two clicks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter, Request, Response

from consent.portal.choosing import Duration, durations
from consent.portal.context import HOME, Portal
from consent.portal.ports import NotPossible, Resident
from consent.portal.renewing_ports import Ending, RenewingServices
from core.pages.rendering import Viewer


def add_pages(router: APIRouter, portal: Portal, renewing: RenewingServices) -> None:
    """Add `/keep/{id}` to the router, and what ends soon to the first page."""
    pages = portal.pages

    async def beside_home(resident: Resident) -> Mapping[str, object]:
        endings = await renewing.serving(resident).endings(resident.person)
        return {"endings": {one.id: one for one in endings}}

    portal.beside_both.append(beside_home)

    @router.get("/keep/{permission_id}", response_class=Response)
    async def ask_to_keep(request: Request, permission_id: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _ending(renewing, resident, permission_id)
        if found is None:
            return _not_now(request, viewer)
        return _page(portal, request, viewer, found, _usual(_lengths(portal, found), found.days), {}, 200)

    @router.post("/keep/{permission_id}", response_class=Response)
    async def keep(request: Request, permission_id: str) -> Response:
        resident, viewer, form = await portal.posted(request)
        found = await _ending(renewing, resident, permission_id)
        if found is None:
            return _not_now(request, viewer)
        days, _ = form.one("days"), pages.words
        if days not in {str(length.days) for length in _lengths(portal, found)}:
            errors = {"days": _("Choose for how long they can see it")}
            return _page(portal, request, viewer, found, days, errors, 422)
        try:
            done = await renewing.serving(resident).keep(resident.person, permission_id, int(days))
        except NotPossible as problem:
            return pages.page(
                request, "portal/not-possible.html", viewer=viewer, status=409, words=problem.words, back=HOME
            )
        return pages.go(f"/portal/done/{done.reference}")

    def _not_now(request: Request, viewer: Viewer) -> Response:
        _ = pages.words
        words = _(
            "This cannot be kept longer now. Its time may be over, or it may have been stopped or kept already."
        )
        return pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=404, words=words, back=HOME
        )


async def _ending(renewing: RenewingServices, resident: Resident, permission_id: str) -> Ending | None:
    endings = await renewing.serving(resident).endings(resident.person)
    return next((one for one in endings if one.id == permission_id and one.offer.kinds), None)


def _lengths(portal: Portal, ending: Ending) -> tuple[Duration, ...]:
    """Those that end later than it does now, or the longest there is."""
    now = portal.settings.now()
    found = durations(ending.offer, now, portal.pages.words)
    later = tuple(one for one in found if now + timedelta(days=one.days) > ending.until)
    return later or found[-1:]


def _usual(lengths: tuple[Duration, ...], days: int) -> str:
    """The length to begin with: as long as it was allowed for, as nearly as can be chosen."""
    return str(min(lengths, key=lambda length: abs(length.days - days)).days)


def _page(
    portal: Portal,
    request: Request,
    viewer: Viewer,
    ending: Ending,
    days: str,
    problems: Mapping[str, str],
    status: int,
) -> Response:
    return portal.pages.page(
        request,
        "portal/renewing.html",
        viewer=viewer,
        status=status,
        ending=ending,
        offer=ending.offer,
        durations=_lengths(portal, ending),
        days=days,
        problems=problems,
        errors=[{"text": text, "href": f"#{field}"} for field, text in problems.items()],
        back=HOME,
    )
