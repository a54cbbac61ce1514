"""All the pages of INTERACT. Addresses that hold a fixed word come before those with an id in their place."""

from __future__ import annotations

from fastapi import APIRouter

from hub.interact import (
    case_page,
    counted,
    deciding,
    ending,
    links,
    referring,
    team_page,
    telling,
    visiting,
    working,
)
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """Everything below `/interact`."""
    router = APIRouter()
    of_a_case = (deciding, working, visiting, ending, counted, case_page)
    for part in (team_page, referring, links, telling, *of_a_case):
        router.include_router(part.build_router(parts))
    return router
