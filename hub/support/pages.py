"""All the pages of support. Addresses that hold a fixed word come before those with an id in their place."""

from __future__ import annotations

from fastapi import APIRouter

from hub.parts import Parts
from hub.support import (
    asking,
    beginning,
    case_page,
    counted,
    deciding,
    handing_over,
    planning,
    saying,
    team_page,
    working,
)


def build_router(parts: Parts) -> APIRouter:
    """Everything below `/support`."""
    router = APIRouter()
    for part in (
        team_page,
        beginning,
        deciding,
        planning,
        working,
        asking,
        saying,
        handing_over,
        counted,
        case_page,
    ):
        router.include_router(part.build_router(parts))
    return router
