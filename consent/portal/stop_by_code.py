"""Stop by a code: for whoever holds the paper, without signing in. Nothing is shown, and every code is answered alike."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.context import Portal
from consent.portal.stop_by_code_ports import StopByCodeServices
from core.pages.forms import read_form

CODE_MAXIMUM = 60
PAGE = "/portal/stop-by-code"


def add_pages(router: APIRouter, portal: Portal, codes: StopByCodeServices) -> None:
    """Add `/stop-by-code` and `/stop-by-code/done` to the router.

    Its form needs no token: whoever has the code may use it, and nobody's session takes part.
    """
    pages = portal.pages

    @router.get("/stop-by-code", response_class=Response)
    async def empty(request: Request) -> Response:
        return _page(request, "", "", 200)

    @router.post("/stop-by-code", response_class=Response)
    async def stop(request: Request) -> Response:
        form = await read_form(request)
        typed = form.one("code")[:CODE_MAXIMUM]
        _ = pages.words
        if not typed:
            return _page(request, typed, _("Write the code that is on your paper"), 422)
        if not codes.can_be(typed):
            return _page(
                request, typed, _("Check the code. A letter or a number may be missing or wrong"), 422
            )
        if not codes.may_try(request.client.host if request.client else ""):
            return _page(request, typed, _("Too many codes came at once. Wait a minute and try again"), 429)
        await codes.stop(typed)
        return pages.go(f"{PAGE}/done")

    @router.get("/stop-by-code/done", response_class=Response)
    async def done(request: Request) -> Response:
        return pages.page(request, "portal/stop_by_code_done.html")

    def _page(request: Request, typed: str, problem: str, status: int) -> Response:
        return pages.page(
            request,
            "portal/stop_by_code.html",
            status=status,
            typed=typed,
            problem=problem,
            errors=[{"text": problem, "href": "#code"}] if problem else [],
        )
