"""The team's page: everybody whom it supports, with the days left; and those whom it supported."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hub.pages.routing import PageRouter
from hub.parts import Parts
from hub.support.cases import finished, listed
from hub.support.codes import KINDS, OUTCOMES, TEAM


def build_router(parts: Parts) -> APIRouter:
    """`/support`, `/support/finished`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}"), parts.pages

    @router.page("")
    async def team(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        now = parts.clock.now()
        found = await parts.database.read(lambda session: listed(session, entered.who, now))
        return pages.page(
            request,
            "support/team.html",
            viewer=entered.viewer,
            found=found,
            kinds=KINDS,
            title_of=parts.partners.title,
        )

    @router.page("/finished")
    async def done(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        found = await parts.database.read(lambda session: finished(session, entered.who))
        return pages.page(
            request,
            "support/finished.html",
            viewer=entered.viewer,
            back=f"/{TEAM}",
            cases=found,
            kinds=KINDS,
            outcomes=OUTCOMES,
        )

    return router
