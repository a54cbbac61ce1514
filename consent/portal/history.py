"""Who looked, day by day, and the proof of each look."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from consent.portal.context import Portal
from consent.portal.ports import HISTORY_PAGE, Look, Proof, Resident
from core.pages.routing import NotHereError

HISTORY = "/portal/history"
INDEX_MAXIMUM: Final = 2**53
"""No log gets there, and no database counts much further."""
Index = Annotated[int, Path(ge=0, le=INDEX_MAXIMUM)]
Before = Annotated[int | None, Query(ge=0, le=INDEX_MAXIMUM)]


def add_pages(router: APIRouter, portal: Portal) -> None:
    """Add `/history` and what lies below it to the router."""
    pages = portal.pages

    @router.get("/history", response_class=Response)
    async def history(request: Request, before: Before = None) -> Response:
        resident, viewer = await portal.resident(request)
        looks, older = await _shown(resident, before)
        return pages.page(
            request,
            "portal/history.html",
            viewer=viewer,
            looks=looks,
            older=older,
            first=before is None,
            can_hide=bool(portal.hidden_from) and resident.acting is None,
            may_ask=resident.acting is None,
            complete=await portal.serving(resident).complete(resident.person),
        )

    @router.get("/history/{index}", response_class=Response)
    async def proof(request: Request, index: Index) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _proof(resident, index)
        return pages.page(request, "portal/proof.html", viewer=viewer, proof=found, back=HISTORY)

    @router.get("/history/{index}/receipt.txt", response_class=Response)
    async def receipt(request: Request, index: Index) -> Response:
        resident, _viewer = await portal.resident(request)
        found = await _proof(resident, index)
        return pages.text(found.receipt_text, f"oncetold-receipt-{index}.txt")

    @router.get("/history/{index}/written-down.json", response_class=Response)
    async def opening(request: Request, index: Index) -> Response:
        resident, _viewer = await portal.resident(request)
        found = await _proof(resident, index)
        return pages.text(found.opening_json, f"oncetold-written-down-{index}.json", "application/json")

    async def _shown(resident: Resident, before: int | None) -> tuple[tuple[Look, ...], int | None]:
        """A page of the history without the lines that the person hides, and where the next one begins."""
        hidden = await portal.hidden(resident.person)
        while True:
            looks = await portal.serving(resident).history(resident.person, before)
            shown = tuple(look for look in looks if look.index not in hidden)
            older = looks[-1].index if len(looks) >= HISTORY_PAGE else None
            if shown or older is None:
                return shown, older
            before = older

    async def _proof(resident: Resident, index: int) -> Proof:
        found = await portal.serving(resident).proof(resident.person, index)
        if found is None:
            raise NotHereError("proof")
        return found
