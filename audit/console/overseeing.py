"""How your organisation is doing: pictures without a script, each with its numbers beside it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from audit.console.context import Console
from audit.console.overviews import HEIGHT, WIDTH, columns, share


def add_pages(router: APIRouter, console: Console) -> None:
    """Add `/overview` to the router."""

    @router.get("/overview", response_class=Response)
    async def overview(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        found = await console.services.overview(officer)
        return console.pages.page(
            request,
            "console/overview.html",
            viewer=viewer,
            officer=officer,
            overview=found,
            blocks=columns(found.days),
            highest=max((day.total for day in found.days), default=0),
            share=share,
            width=WIDTH,
            height=HEIGHT,
        )
