"""The list that all the hub's bodies share, and the form by which anybody who is signed in writes a concern down."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request, Response

from hub.doors import Entered
from hub.front_door import items
from hub.front_door.concern_form import shown_form
from hub.front_door.concerns import read_concern
from hub.front_door.due import due
from hub.front_door.tables import Item
from hub.front_door.vocabulary import SOON, TEAM, THEMES
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.parts import Parts

ROOM = f"/{TEAM}"


def signature(parts: Parts, entered: Entered) -> str:
    """Who did something, as the team reads it: name and employer."""
    return f"{entered.who.name}, {parts.partners.title(entered.who.organisation)}"


def row(item: Item, who: str, now: datetime) -> dict[str, object]:
    """An item as a line of the list: nothing by which somebody who looks over a shoulder would know whom it is about."""
    return {
        "id": item.id,
        "reference": item.reference,
        "themes": [THEMES[code] for code in item.themes.split(",") if code in THEMES],
        "soon": SOON[item.soon],
        "due": due(item.due_at, now),
        "state": item.state,
        "owner": item.owner_name,
        "mine": item.owner_subject == who,
        "next": item.next_step,
        "asks": item.agreed != "yes",
    }


def build_router(parts: Parts) -> APIRouter:
    """`/front-door`, `/front-door/new`."""
    router, pages = PageRouter(parts.pages, ROOM), parts.pages

    def form_page(request: Request, entered: Entered, form: Form, faults: Faults) -> Response:
        return pages.page(
            request,
            "front_door/new.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            errors=faults.listed or None,
            more=shown_form(form, faults),
        )

    @router.page("")
    async def everything(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        found, now = await parts.database.read(items.waiting), parts.clock.now()
        rows = [row(one, entered.who.subject, now) for one in found]
        return pages.page(
            request,
            "front_door/list.html",
            viewer=entered.viewer,
            rows=rows,
            late=sum(one.due_at < now for one in found),
            free=sum(one.state == "new" for one in found),
            told=request.query_params.get("told"),
        )

    @router.page("/new")
    async def new(request: Request) -> Response:
        return form_page(request, parts.doors.enter(request), Form(), Faults({}))

    @router.posted("/new")
    async def written(request: Request) -> Response:
        entered, form = await parts.doors.posted(request)
        concern = read_concern(form)
        if isinstance(concern, Faults):
            return form_page(request, entered, form, concern)
        keep = partial(
            items.add,
            concern=concern,
            channel="staff",
            organisation=entered.who.organisation,
            now=parts.clock.now(),
        )
        item = await parts.database.write(keep)
        if parts.partners.team(TEAM).title_of(entered.who.organisation, entered.who.role) is not None:
            return pages.go(f"{ROOM}/items/{item.id}")
        return pages.go(f"{ROOM}/new/done/{item.reference}")

    @router.page("/new/done/{reference}")
    async def done(request: Request, reference: str) -> Response:
        entered = parts.doors.enter(request)
        return pages.page(request, "front_door/told.html", viewer=entered.viewer, reference=reference[:6])

    return router
