"""Spot checks: some of last week's looks, drawn by chance."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from audit.console.context import Console
from audit.console.ports import NotDecided, Officer
from core.pages.rendering import Viewer

SAMPLES = "/console/samples"


def add_pages(router: APIRouter, console: Console) -> None:
    """Add `/samples` to the router."""
    services, pages = console.services, console.pages

    @router.get("/samples", response_class=Response)
    async def samples(request: Request) -> Response:
        officer, viewer = await console.officer(request)
        return await _page(request, officer, viewer, "", 200)

    @router.post("/samples", response_class=Response)
    async def draw(request: Request) -> Response:
        officer, viewer, form = await console.posted(request)
        offered = {str(percent): percent for percent in (await services.samples(officer)).percents}
        percent = offered.get(form.one("percent"))
        if percent is None:
            return await _page(request, officer, viewer, pages.words("Choose how many to check"), 422)
        try:
            await services.draw(officer, percent)
        except NotDecided as problem:
            return await _page(request, officer, viewer, problem.words, 409)
        return pages.go(SAMPLES)

    async def _page(request: Request, officer: Officer, viewer: Viewer, error: str, status: int) -> Response:
        found = await services.samples(officer)
        return pages.page(
            request,
            "console/samples.html",
            viewer=viewer,
            status=status,
            officer=officer,
            samples=found,
            error=error,
            errors=[{"text": error, "href": "#percent" if found.open else "#drawn"}] if error else [],
        )
