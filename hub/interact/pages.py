"""All the pages of INTERACT. Addresses that hold a fixed word come before those with an id in their place."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Depends

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
from hub.interact.sharing import guard
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """Everything below `/interact`."""
    router = APIRouter()
    for part in (team_page, referring, links, telling):
        router.include_router(part.build_router(parts))
    of_a_case = Depends(partial(guard, parts))
    for part in (deciding, working, visiting, ending, counted, case_page):
        router.include_router(part.build_router(parts), dependencies=[of_a_case])
    return router
