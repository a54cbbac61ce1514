"""What whoever was given a one-time link sees: the short referral form, once.

It shows nothing about anyone: neither whom the team helps, nor whether somebody is known. Used, too old and never made look
alike.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hub.errors import NotOursError
from hub.interact.codes import TEAM
from hub.interact.links import made_at, token_fits, token_for, use
from hub.interact.referring import choices
from hub.interact.referring_form import LINE, clean, read
from hub.interact.sharing import team_of
from hub.pages.forms import CSRF_FIELD, Faults, Form, read_form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """`/interact/tell/<secret>`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages
    team = team_of(parts.partners)

    @router.page("/tell/{secret}")
    async def form(request: Request, secret: str) -> Response:
        now = parts.clock.now()
        at = await parts.database.read(lambda session: made_at(session, secret, now))
        if at is None:
            return pages.page(request, "interact/link-gone.html", status=404)
        return told_page(request, secret, at, Form())

    @router.posted("/tell/{secret}")
    async def tell(request: Request, secret: str) -> Response:
        parts.doors.same_origin(request)
        typed, now = await read_form(request), parts.clock.now()
        if not token_fits(secret, typed.one(CSRF_FIELD)):
            raise NotOursError("form token")
        said, sender = read(typed, london_day(now)), clean(typed.one("from"))
        if isinstance(said, Faults) or not 0 < len(sender) <= LINE:
            wrong = dict(said.by_field) if isinstance(said, Faults) else {}
            first = {} if 0 < len(sender) <= LINE else {"from": "Enter your name and where you work or help"}
            at = await parts.database.read(lambda session: made_at(session, secret, now))
            if at is None:
                return pages.page(request, "interact/link-gone.html", status=404)
            return told_page(request, secret, at, typed, Faults({**first, **wrong}))
        if not await parts.database.write(lambda session: use(session, secret, said, sender, team, now)):
            return pages.page(request, "interact/link-gone.html", status=404)
        return pages.page(request, "interact/link-done.html")

    def told_page(
        request: Request, secret: str, at: str, typed: Form, faults: Faults | None = None
    ) -> Response:
        return pages.page(
            request,
            "interact/tell.html",
            status=200 if faults is None else 422,
            form=typed,
            faults=faults or Faults({}),
            errors=None if faults is None else faults.listed,
            token=token_for(secret),
            more=choices({one: parts.partners.title(one) for one in team}, parts.partners.title(at)),
        )

    return router
