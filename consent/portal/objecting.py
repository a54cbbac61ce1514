"""Saying "I do not agree" to what the law allows without a yes, and taking it back: what stops, what stays, the receipt."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from consent.portal.context import HOME, Portal
from consent.portal.objecting_ports import WHY_MAXIMUM, LawLook, NoDone, ObjectingServices
from consent.portal.ports import NotPossible, Resident
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError


def add_pages(router: APIRouter, portal: Portal, services: ObjectingServices) -> None:
    """Add the pages of saying no, of taking it back and of what was done; and to the first page, what stands."""

    async def on_home(resident: Resident) -> Mapping[str, object]:
        served, person = services.serving(resident), resident.person
        return {"law_looks": await served.law_looks(person), "said": await served.said(person)}

    portal.beside_both.append(on_home)
    _add_saying_no(router, portal, services)
    _add_taking_back(router, portal, services)
    _add_done(router, portal, services)


def _add_saying_no(router: APIRouter, portal: Portal, services: ObjectingServices) -> None:
    pages = portal.pages

    @router.get("/say-no/{organisation}/{purpose}", response_class=Response)
    async def ask_to_say_no(request: Request, organisation: str, purpose: str) -> Response:
        resident, viewer = await portal.resident(request)
        look = await _look(services, resident, organisation, purpose)
        return _page(request, viewer, look, "", {})

    @router.post("/say-no/{organisation}/{purpose}", response_class=Response)
    async def say_no(request: Request, organisation: str, purpose: str) -> Response:
        resident, viewer, form = await portal.posted(request)
        look = await _look(services, resident, organisation, purpose)
        # A browser counts the end of a line as one letter and sends two.
        why = form.one("why").replace("\r\n", "\n")
        if len(why) > WHY_MAXIMUM:
            _ = pages.words
            words = _("Write fewer words: at most %(most)d letters") % {"most": WHY_MAXIMUM}
            return _page(request, viewer, look, why, {"why": words})
        try:
            done = await services.serving(resident).object(resident.person, organisation, purpose, why)
        except NotPossible as problem:
            return _not_possible(portal, request, viewer, 409, problem.words)
        return pages.go(f"/portal/said-no/{done.reference}")

    def _page(
        request: Request, viewer: Viewer, look: LawLook, why: str, problems: Mapping[str, str]
    ) -> Response:
        return pages.page(
            request,
            "portal/objecting.html",
            viewer=viewer,
            status=422 if problems else 200,
            look=look,
            why=why,
            most=WHY_MAXIMUM,
            problems=problems,
            errors=[{"text": text, "href": f"#{field}"} for field, text in problems.items()],
            back=HOME,
        )


def _add_taking_back(router: APIRouter, portal: Portal, services: ObjectingServices) -> None:
    pages = portal.pages

    @router.get("/take-back/{said_id}", response_class=Response)
    async def ask_to_take_back(request: Request, said_id: str) -> Response:
        resident, viewer = await portal.resident(request)
        standing = await services.serving(resident).said(resident.person)
        said = next((one for one in standing if one.id == said_id), None)
        if said is None:
            _ = pages.words
            words = _("This is not on your list any more. You may have taken it back already.")
            return _not_possible(portal, request, viewer, 404, words)
        return pages.page(request, "portal/objecting-take-back.html", viewer=viewer, said=said, back=HOME)

    @router.post("/take-back/{said_id}", response_class=Response)
    async def take_back(request: Request, said_id: str) -> Response:
        resident, viewer, _form = await portal.posted(request)
        try:
            done = await services.serving(resident).take_back(resident.person, said_id)
        except NotPossible as problem:
            return _not_possible(portal, request, viewer, 409, problem.words)
        return pages.go(f"/portal/said-no/{done.reference}")


def _add_done(router: APIRouter, portal: Portal, services: ObjectingServices) -> None:
    pages = portal.pages

    @router.get("/said-no/{reference}", response_class=Response)
    async def said_no(request: Request, reference: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _done(services, resident, reference)
        return pages.page(request, "portal/objecting-done.html", viewer=viewer, done=found)

    @router.get("/said-no/{reference}/receipt.txt", response_class=Response)
    async def receipt(request: Request, reference: str) -> Response:
        resident, _viewer = await portal.resident(request)
        found = await _done(services, resident, reference)
        return pages.text(found.receipt, "oncetold-receipt.txt")


async def _look(services: ObjectingServices, resident: Resident, organisation: str, purpose: str) -> LawLook:
    for one in await services.serving(resident).law_looks(resident.person):
        if (one.organisation, one.purpose) == (organisation, purpose):
            return one
    raise NotHereError("law look")


async def _done(services: ObjectingServices, resident: Resident, reference: str) -> NoDone:
    found = await services.serving(resident).done(resident.person, reference)
    if found is None:
        raise NotHereError("said no")
    return found


def _not_possible(portal: Portal, request: Request, viewer: Viewer, status: int, words: str) -> Response:
    return portal.pages.page(
        request, "portal/not-possible.html", viewer=viewer, status=status, words=words, back=HOME
    )
