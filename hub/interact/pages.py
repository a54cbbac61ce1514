"""All the pages of INTERACT. Addresses that hold a fixed word come before those with an id in their place."""

from __future__ import annotations

from fastapi import APIRouter

from hub.interact import case_page, deciding, ending, links, referring, team_page, telling, visiting, working
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """Everything below `/interact`."""
    router = APIRouter()
    for part in (team_page, referring, links, telling, deciding, working, visiting, ending, case_page):
        router.include_router(part.build_router(parts))
    return router
