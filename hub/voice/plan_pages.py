"""The plans as everybody reads them: what is done, what is late, and who does it."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice.choosing import owners
from hub.voice.plans import plan_found, plans, shown_plan


def build_router(parts: Parts) -> APIRouter:
    """`/voice/plans`, `/voice/plans/<id>`."""
    router, pages = PageRouter(parts.pages, "/voice/plans"), parts.pages

    @router.page("")
    async def every(request: Request) -> Response:
        titles, today = owners(parts.partners), london_day(parts.clock.now())
        found = await parts.database.read(
            lambda session: [
                shown_plan(session, plan, titles, today) for plan in plans(session, public_only=True)
            ]
        )
        return pages.page(request, "voice/plans.html", plans=found)

    @router.page("/{name}")
    async def one(request: Request, name: str) -> Response:
        titles, today = owners(parts.partners), london_day(parts.clock.now())
        found = await parts.database.read(
            lambda session: shown_plan(session, plan_found(session, name, public_only=True), titles, today)
        )
        return pages.page(request, "voice/plan.html", back="/voice/plans", shown=found)

    return router
