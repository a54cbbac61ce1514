"""People who act for me: who, as what, about what and until when; and ending it in two clicks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.acting_ports import ActingServices, MayAct
from consent.portal.context import Portal
from consent.portal.ports import NotPossible
from core.pages.rendering import Viewer

PAGE = "/portal/representatives"


def add_pages(router: APIRouter, portal: Portal, services: ActingServices) -> None:
    """Add `/representatives`, `/representatives/end/{authority}` and `/representatives/ended` to the router."""
    pages = portal.pages

    @router.get("/representatives", response_class=Response)
    async def representatives(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        found = await services.may_act(resident.person)
        return pages.page(request, "portal/representatives.html", viewer=viewer, people=found)

    @router.get("/representatives/end/{authority}", response_class=Response)
    async def ask_to_end(request: Request, authority: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = _find(await services.may_act(resident.person), authority)
        if found is None:
            _ = pages.words
            return _not_possible(
                request, viewer, _("That has ended already. They cannot act for you any more.")
            )
        return pages.page(request, "portal/representatives_end.html", viewer=viewer, one=found, back=PAGE)

    @router.post("/representatives/end/{authority}", response_class=Response)
    async def end(request: Request, authority: str) -> Response:
        resident, viewer, _form = await portal.posted(request)
        try:
            await services.revoke(resident.person, authority)
        except NotPossible as problem:
            return _not_possible(request, viewer, problem.words)
        return pages.go(f"{PAGE}/ended")

    @router.get("/representatives/ended", response_class=Response)
    async def ended(request: Request) -> Response:
        _resident, viewer = await portal.resident(request)
        return pages.page(request, "portal/representatives_ended.html", viewer=viewer, back=PAGE)

    def _not_possible(request: Request, viewer: Viewer, words: str) -> Response:
        return pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=409, words=words, back=PAGE
        )


def _find(people: tuple[MayAct, ...], authority: str) -> MayAct | None:
    return next((one for one in people if one.id == authority), None)
