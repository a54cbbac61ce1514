"""Allowing an organisation to look: what could be allowed, one offer with its questions, and the answer."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.choosing import EMPTY, Typed, durations, read_choice
from consent.portal.context import Portal
from consent.portal.ports import NotPossible, Offer, Resident
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError

OFFERS = "/portal/allow"


def add_pages(router: APIRouter, portal: Portal) -> None:
    """Add `/allow`, `/allow/{organisation}/{purpose}` and `/not-allowed` to the router."""
    pages = portal.pages

    @router.get("/allow", response_class=Response)
    async def offers(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        found = await portal.serving(resident).offers(resident.person)
        return pages.page(request, "portal/offers.html", viewer=viewer, offers=found)

    @router.get("/allow/{organisation}/{purpose}", response_class=Response)
    async def offer(request: Request, organisation: str, purpose: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _offer(portal, resident, organisation, purpose)
        return _offer_page(portal, request, viewer, found, EMPTY, 200)

    @router.post("/allow/{organisation}/{purpose}", response_class=Response)
    async def answer(request: Request, organisation: str, purpose: str) -> Response:
        resident, viewer, form = await portal.posted(request)
        if form.one("answer") == "no":
            return pages.go("/portal/not-allowed")
        found = await _offer(portal, resident, organisation, purpose)
        lengths = durations(found, portal.settings.now(), pages.words)
        choice = read_choice(form, found, lengths, pages.words)
        if isinstance(choice, Typed):
            return _offer_page(portal, request, viewer, found, choice, 422)
        try:
            done = await portal.serving(resident).allow(resident.person, choice)
        except NotPossible as problem:
            typed = Typed(choice.sections, str(choice.days), {"answer": pages.words.told(problem.words)})
            return _offer_page(portal, request, viewer, found, typed, 409)
        return pages.go(f"/portal/done/{done.reference}")

    @router.get("/not-allowed", response_class=Response)
    async def not_allowed(request: Request) -> Response:
        _resident, viewer = await portal.resident(request)
        return pages.page(request, "portal/not-allowed.html", viewer=viewer)


async def _offer(portal: Portal, resident: Resident, organisation: str, purpose: str) -> Offer:
    for one in await portal.serving(resident).offers(resident.person):
        if (one.organisation, one.purpose) == (organisation, purpose):
            return one
    raise NotHereError("offer")


def _offer_page(
    portal: Portal, request: Request, viewer: Viewer, offer: Offer, typed: Typed, status: int
) -> Response:
    return portal.pages.page(
        request,
        "portal/offer.html",
        viewer=viewer,
        status=status,
        offer=offer,
        durations=durations(offer, portal.settings.now(), portal.pages.words),
        typed=typed,
        # Each leads to the first field of its question: the fields' ids are their names.
        errors=[{"text": text, "href": f"#{field}"} for field, text in typed.errors.items()],
        back=OFFERS,
    )
