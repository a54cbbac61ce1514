"""The front door and the duty to refer as the hub lists them."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter

from hub.front_door import (
    council,
    council_pages,
    duty_pages,
    item_pages,
    list_pages,
    people_pages,
    public_pages,
    routing_pages,
    saying_pages,
)
from hub.front_door.duty import sweep as sweep_duty
from hub.front_door.items import sweep
from hub.front_door.receiving import receive
from hub.front_door.settings import FrontDoorSettings
from hub.front_door.tables import COUNCIL_SCHEMA, DUTY_SCHEMA, SCHEMA
from hub.front_door.vocabulary import COUNCIL, DUTY, TEAM
from hub.pages.rendering import Link
from hub.parts import Feature, Kept, Parts


def build_router(parts: Parts) -> APIRouter:
    """`/concern` for everybody, `/front-door` for the team."""
    router = APIRouter()
    router.include_router(public_pages.build_router(parts, FrontDoorSettings()))
    # People before items: their addresses are the longer ones.
    for pages in (list_pages, people_pages, routing_pages, saying_pages, item_pages):
        router.include_router(pages.build_router(parts))
    return router


FEATURE: Final = Feature(
    name=TEAM,
    package="front_door",
    title="Help hub",
    about="Anybody's concern, in one list: who takes it, what comes next, and who can help.",
    schema=SCHEMA,
    kept=(
        Kept(
            "Help hub: what was said of a concern, and how to reach somebody",
            "So that somebody can get in touch and find the right help.",
            "30 days after it is closed. That there was one, its themes and its outcome: 1 year.",
        ),
        Kept(
            "Help hub: what a person said to a worker, on its way to the gateway",
            "So that a bad line loses nothing.",
            "1 day after it was sent, and 14 days in any case.",
        ),
    ),
    build_router=build_router,
    receive=receive,
    sweep=sweep,
    for_all=(Link("Tell the help hub about a concern", "/front-door/new"),),
)

DUTY_FEATURE: Final = Feature(
    name=DUTY,
    package="front_door",
    title="Duty to refer",
    about="Somebody has no home or may lose it: tell the council that they choose, if they agree.",
    schema=DUTY_SCHEMA,
    kept=(
        Kept(
            "Duty to refer: that a council was told, and when",
            "So that you see if it arrived.",
            "56 days. What was told: until it arrived.",
        ),
    ),
    build_router=lambda parts: duty_pages.build_router(parts, FrontDoorSettings()),
    sweep=sweep_duty,
)

COUNCIL_FEATURE: Final = Feature(
    name=COUNCIL,
    package="front_door",
    title="Told by the duty to refer",
    about="Who may lose their home, as a hospital, a jobcentre or another public service told your council.",
    schema=COUNCIL_SCHEMA,
    kept=(
        Kept(
            "Told by the duty to refer: who may lose their home, and how they want to be reached",
            "So that the council gets in touch.",
            "56 days after it came. At once where it is not taken on; soon where it is taken back.",
        ),
    ),
    build_router=council_pages.build_router,
    receive=council.receive,
    sweep=council.sweep,
)
