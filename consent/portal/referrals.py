"""Where you were sent: organisations that the resident was referred to, what it says while it waits, and stopping it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import NotPossible
from consent.portal.referrals_ports import ReferralServices, SentOnInFull
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError

PAGE = "/portal/referrals"


def add_pages(router: APIRouter, portal: Portal, referrals: ReferralServices) -> None:
    """Add `/referrals`, `/referrals/{id}` and `/referrals/{id}/stop` to the router."""
    pages = portal.pages

    @router.get("/referrals", response_class=Response)
    async def sent_on(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        hidden = await portal.hidden(resident.person)
        found = await referrals.sent_on(resident.person)
        # Whoever hides its line in the history hides it here too: somebody may stand behind them.
        shown = tuple(one for one in found if one.index not in hidden)
        return pages.page(request, "portal/referrals.html", viewer=viewer, referrals=shown)

    @router.get("/referrals/{referral}", response_class=Response)
    async def in_full(request: Request, referral: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _found(resident.person, referral)
        return pages.page(request, "portal/referrals-one.html", viewer=viewer, referral=found, back=PAGE)

    @router.get("/referrals/{referral}/stop", response_class=Response)
    async def ask_to_stop(request: Request, referral: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _found(resident.person, referral)
        if not found.one.can_stop:
            return _over(request, viewer)
        return pages.page(
            request, "portal/referrals-stop.html", viewer=viewer, referral=found, back=f"{PAGE}/{referral}"
        )

    @router.post("/referrals/{referral}/stop", response_class=Response)
    async def stop(request: Request, referral: str) -> Response:
        resident, viewer, _form = await portal.posted(request)
        try:
            await referrals.stop(resident.person, referral)
        except NotPossible:
            return _over(request, viewer)
        return pages.go(f"{PAGE}/{referral}")

    async def _found(person: str, referral: str) -> SentOnInFull:
        found = await referrals.in_full(person, referral)
        if found is None:
            raise NotHereError("referral")
        return found

    def _over(request: Request, viewer: Viewer) -> Response:
        _ = pages.words
        words = _("This cannot be stopped any more. It is over already.")
        return pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=409, words=words, back=PAGE
        )
