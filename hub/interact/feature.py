"""INTERACT as the hub lists it."""

from __future__ import annotations

from typing import Final

from hub.interact.receiving import receive
from hub.interact.tables import SCHEMA
from hub.interact.team_page import TEAM, build_router
from hub.parts import Feature, Kept

FEATURE: Final = Feature(
    name=TEAM,
    package="interact",
    title="Home and health",
    about="People whose home makes them ill or unsafe, and what the team does about it.",
    schema=SCHEMA,
    kept=(
        Kept(
            "Home and health: the referral, and what the team wrote",
            "So that the team knows whom it helps, who does what next, and what came of it.",
            "6 years after the case is closed.",
        ),
    ),
    build_router=build_router,
    receive=receive,
)
