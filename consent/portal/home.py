"""The first page, "Who can look", and stopping what stands on it in two clicks."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import HOME, Portal
from consent.portal.ports import NotPossible, Permitted
from core.pages.rendering import Viewer


def add_pages(router: APIRouter, portal: Portal) -> None:
    """Add `/` and `/stop/{id}` to the router."""
    pages = portal.pages

    @router.get("/", response_class=Response)
    async def home(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        overview = await portal.serving(resident).overview(resident.person)
        beside: dict[str, object] = {}
        for part in portal.beside_home if resident.acting is None else ():
            beside |= await part(resident.person)
        for both in portal.beside_both:
            beside |= await both(resident)
        return pages.page(request, "portal/home.html", viewer=viewer, overview=overview, more=beside)

    @router.get("/stop/{permission_id}", response_class=Response)
    async def ask_to_stop(request: Request, permission_id: str) -> Response:
        resident, viewer = await portal.resident(request)
        overview = await portal.serving(resident).overview(resident.person)
        permitted = _find(overview.permitted, permission_id)
        if permitted is None:
            return _not_on_the_list(request, viewer)
        return pages.page(request, "portal/stop.html", viewer=viewer, permitted=permitted, back=HOME)

    @router.post("/stop/{permission_id}", response_class=Response)
    async def stop(request: Request, permission_id: str) -> Response:
        resident, viewer, _form = await portal.posted(request)
        try:
            done = await portal.serving(resident).stop(resident.person, permission_id)
        except NotPossible as problem:
            return pages.page(
                request, "portal/not-possible.html", viewer=viewer, status=409, words=problem.words, back=HOME
            )
        return pages.go(f"/portal/done/{done.reference}")

    def _not_on_the_list(request: Request, viewer: Viewer) -> Response:
        _ = pages.words
        words = _("This is not on your list any more. It may have been stopped already, or its time is over.")
        return pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=404, words=words, back=HOME
        )


def _find(permitted: tuple[Permitted, ...], permission_id: str) -> Permitted | None:
    return next((one for one in permitted if one.id == permission_id), None)
