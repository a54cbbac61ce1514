"""Requests that wait for the resident: on top of the first page, and each on a page with its questions and its answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter, Request, Response

from consent.portal.choosing import EMPTY, Typed, durations, read_choice
from consent.portal.context import HOME, Portal
from consent.portal.ports import NotPossible, Resident
from consent.portal.requests_ports import Asked, Reply, RequestServices
from core.pages.rendering import Viewer
from core.pages.routing import NotHereError

REQUESTS, NOT_ALLOWED = "/portal/requests", "/portal/not-allowed"


def add_pages(router: APIRouter, portal: Portal, requests: RequestServices) -> None:
    """Add `/requests/{id}` to the router, and what waits to the first page."""
    pages = portal.pages

    async def beside_home(resident: Resident) -> Mapping[str, object]:
        return {"waiting": await requests.serving(resident).waiting(resident.person)}

    portal.beside_both.append(beside_home)

    @router.get("/requests/{request_id}", response_class=Response)
    async def asked(request: Request, request_id: str) -> Response:
        resident, viewer = await portal.resident(request)
        found = await _asked(requests.serving(resident), resident.person, request_id)
        return _page(portal, request, viewer, found, EMPTY, 200)

    @router.post("/requests/{request_id}", response_class=Response)
    async def answer(request: Request, request_id: str) -> Response:
        resident, viewer, form = await portal.posted(request)
        served = requests.serving(resident)
        found = await _asked(served, resident.person, request_id)
        if found.state != "waiting":
            return _page(portal, request, viewer, found, EMPTY, 409)
        try:
            if form.one("answer") == "no":
                await served.decline(resident.person, request_id)
                # What was answered, by whom ever, is for the person alone to read again.
                return pages.go(f"{REQUESTS}/{found.id}" if resident.acting is None else NOT_ALLOWED)
            choice = read_choice(
                form, found.offer, durations(found.offer, _now(portal), pages.words), pages.words
            )
            if isinstance(choice, Typed):
                return _page(portal, request, viewer, found, choice, 422)
            done = await served.allow(resident.person, request_id, Reply(choice.sections, choice.days))
        except NotPossible as problem:
            typed = Typed(
                frozenset(form.every("sections")),
                form.one("days"),
                {"answer": pages.words.told(problem.words)},
            )
            # It may have been answered in another window meanwhile: then the page says that.
            found = await _asked(served, resident.person, request_id)
            return _page(portal, request, viewer, found, typed, 409)
        return pages.go(f"/portal/done/{done.reference}")


async def _asked(requests: RequestServices, person: str, request_id: str) -> Asked:
    found = await requests.asked(person, request_id)
    if found is None:
        raise NotHereError("request")
    return found


def _now(portal: Portal) -> datetime:
    return portal.settings.now()


def _page(
    portal: Portal, request: Request, viewer: Viewer, asked: Asked, typed: Typed, status: int
) -> Response:
    waits = asked.state == "waiting"
    return portal.pages.page(
        request,
        "portal/request.html" if waits else "portal/request-over.html",
        viewer=viewer,
        status=status,
        asked=asked,
        offer=asked.offer,
        durations=durations(asked.offer, _now(portal), portal.pages.words),
        typed=typed,
        # Each leads to the first field of its question: the fields' ids are their names.
        errors=[{"text": text, "href": f"#{field}"} for field, text in typed.errors.items()] if waits else [],
        back=HOME,
    )
