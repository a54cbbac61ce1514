"""The team's page: all cases by their next step."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from hub.interact.codes import TEAM
from hub.interact.tables import Case
from hub.pages.routing import page_router
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """`/interact`."""
    router = page_router(parts.pages, f"/{TEAM}")

    @router.get("", response_class=Response)
    async def team(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        cases = await parts.database.read(_open_cases)
        return parts.pages.page(request, "interact/team.html", viewer=entered.viewer, cases=cases)

    return router


def _open_cases(session: Session) -> tuple[Case, ...]:
    return tuple(
        session.exec(
            select(Case).where(col(Case.state).in_(("new", "open"))).order_by(col(Case.next_step_on))
        )
    )
