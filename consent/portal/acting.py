"""People you act for: choosing one, and going back to one's own pages."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from consent.portal.acting_ports import WORD_MAXIMUM, ActingServices
from consent.portal.context import HOME, Portal
from consent.portal.ports import NotPossible, Resident
from core.pages.rendering import Viewer
from core.pages.words import Words

PAGE = "/portal/acting"


def add_pages(router: APIRouter, portal: Portal, services: ActingServices) -> None:
    """Add `/acting` and what lies below it to the router."""
    pages = portal.pages
    _add_refusals(router, portal)

    @router.get("/acting", response_class=Response)
    async def people(request: Request) -> Response:
        resident, viewer = await portal.resident(request)
        return await _page(request, resident, viewer)

    @router.post("/acting/begin", response_class=Response)
    async def begin(request: Request) -> Response:
        resident, viewer, form = await portal.posted(request)
        chosen = form.one("authority")
        word = " ".join(form.one(f"word-{chosen}").split())
        problem = _problem(word, pages.words)
        if problem:
            return await _page(request, resident, viewer, chosen, word, problem)
        try:
            put = await services.begin(request, resident.own, chosen, word)
        except NotPossible as over:
            return _not_possible(request, viewer, over)
        answer = pages.go(HOME)
        put(answer)
        return answer

    @router.post("/acting/end", response_class=Response)
    async def end(request: Request) -> Response:
        _resident, viewer, _form = await portal.posted(request)
        try:
            put = await services.end(request)
        except NotPossible as over:
            return _not_possible(request, viewer, over)
        answer = pages.go(PAGE)
        put(answer)
        return answer

    async def _page(
        request: Request,
        resident: Resident,
        viewer: Viewer,
        chosen: str = "",
        typed: str = "",
        problem: str = "",
    ) -> Response:
        return pages.page(
            request,
            "portal/acting.html",
            viewer=viewer,
            status=422 if problem else 200,
            people=await services.acts_for(resident.own),
            chosen=chosen,
            typed=typed,
            problem=problem,
            word_maximum=WORD_MAXIMUM,
            errors=[{"text": problem, "href": f"#word-{chosen}"}] if problem else [],
        )

    def _not_possible(request: Request, viewer: Viewer, problem: NotPossible) -> Response:
        return pages.page(
            request, "portal/not-possible.html", viewer=viewer, status=409, words=problem.words, back=PAGE
        )


def _add_refusals(router: APIRouter, portal: Portal) -> None:
    pages = portal.pages

    @router.get("/acting/over", response_class=Response)
    async def over(request: Request) -> Response:
        _resident, viewer = await portal.resident(request)
        return pages.page(request, "portal/acting_over.html", viewer=viewer)

    @router.get("/acting/not-here", response_class=Response)
    async def not_here(request: Request) -> Response:
        _resident, viewer = await portal.resident(request)
        return pages.page(request, "portal/acting_not_here.html", viewer=viewer, status=403)


def _problem(word: str, words: Words) -> str:
    _ = words
    if not word:
        return _("Write a word by which you know them")
    return "" if len(word) <= WORD_MAXIMUM else _("Use a shorter word, of 40 letters at most")
