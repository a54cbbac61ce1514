"""The team's page: everybody whom the team helps, by the next step; and those whom it helped."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hub.interact.cases import finished, standings
from hub.interact.codes import OUTCOMES, TEAM, URGENCIES
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """`/interact`, `/interact/finished`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages

    @router.page("")
    async def team(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        today = london_day(parts.clock.now())
        found = await parts.database.read(lambda session: standings(session, entered.who.organisation, today))
        groups = {
            name: [one for one in found if one.group == name] for name in ("new", "late", "coming", "idle")
        }
        return pages.page(
            request,
            "interact/team.html",
            viewer=entered.viewer,
            groups=groups,
            today=today,
            urgencies=URGENCIES,
            title_of=parts.partners.title,
        )

    @router.page("/finished")
    async def done(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        cases = await parts.database.read(lambda session: finished(session, entered.who.organisation))
        return pages.page(
            request,
            "interact/finished.html",
            viewer=entered.viewer,
            back="/interact",
            cases=cases,
            outcomes=OUTCOMES,
        )

    return router
