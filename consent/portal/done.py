"""What was done: the page after allowing or stopping, and its receipt. It can be opened again by its reference."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import Done, Resident
from core.pages.routing import NotHereError


def add_pages(router: APIRouter, portal: Portal) -> None:
    """Add `/done/{reference}` and its receipt to the router."""
    pages = portal.pages

    @router.get("/done/{reference}", response_class=Response)
    async def done(request: Request, reference: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _done(portal, resident, reference)
        return pages.page(request, "portal/done.html", viewer=viewer, done=found)

    @router.get("/done/{reference}/receipt.txt", response_class=Response)
    async def receipt(request: Request, reference: str) -> Response:
        resident, _viewer = await portal.resident(request)
        found = await _done(portal, resident, reference)
        return pages.text(found.receipt, "oncetold-receipt.txt")


async def _done(portal: Portal, resident: Resident, reference: str) -> Done:
    found = await portal.serving(resident).done(resident.person, reference)
    if found is None:
        raise NotHereError("done")
    return found
