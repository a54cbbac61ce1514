"""INTERACT as the hub lists it."""

from __future__ import annotations

from typing import Final

from hub.interact.codes import TEAM
from hub.interact.ending import plan_held, sweep
from hub.interact.pages import build_router
from hub.interact.receiving import receive
from hub.interact.tables import SCHEMA
from hub.pages.rendering import Link
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
            "Until 6 years after the case is closed.",
        ),
        Kept(
            "Home and health: whom you referred",
            "So that you know which referral is which. Only the name, and when and where it was sent.",
            "Until 90 days after you wrote it.",
        ),
        Kept(
            "Home and health: one-time links",
            "So that each can be used once. Whom a link was given to; the link itself is not kept.",
            "Until 30 days after it ended.",
        ),
    ),
    build_router=build_router,
    receive=receive,
    sweep=sweep,
    plan_of=plan_held,
    for_all=(
        Link("Refer somebody to the home and health team", f"/{TEAM}/refer"),
        Link("Referrals that you sent", f"/{TEAM}/referrals"),
    ),
)
