"""Floating support and hospital link work as the hub lists it."""

from __future__ import annotations

from typing import Final

from hub.parts import Feature, Kept
from hub.support.codes import TEAM
from hub.support.ending import sweep
from hub.support.pages import build_router
from hub.support.plans import plan_held
from hub.support.receiving import receive
from hub.support.tables import SCHEMA

FEATURE: Final = Feature(
    name=TEAM,
    package="support",
    title="Support",
    about="People whom your team supports for a while: their plan, the days left, and who goes on.",
    schema=SCHEMA,
    kept=(
        Kept(
            "Support: what was handed over, and the plan that the team wrote",
            "So that nobody has to tell it again.",
            "Until 6 years after the support ended; 90 days where it was not taken on.",
        ),
        Kept(
            "Support: attempts to get in touch",
            "So that a person who is hard to reach is not given up, and not pressed.",
            "1 year.",
        ),
    ),
    build_router=build_router,
    receive=receive,
    sweep=sweep,
    plan_of=plan_held,
)
