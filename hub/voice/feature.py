"""Voice as the hub lists it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fastapi import APIRouter
from sqlmodel import Session

from hub.pages.rendering import Link
from hub.pages.words import london_day
from hub.parts import Feature, Kept, Parts
from hub.voice import (
    action_editing,
    heard,
    item_pages,
    plan_editing,
    plan_pages,
    public_pages,
    sorting,
    team_pages,
)
from hub.voice.settings import VoiceSettings
from hub.voice.tables import SCHEMA
from hub.voice.wordings import pages as wording_pages
from hub.voice.wordings.register import read_register

KEPT: Final = (
    Kept(
        "What people told us, in their own words",
        "So that the team understands it before it writes it down in other words. We do not keep who sent it.",
        "90 days after it reached us, unless this hub sets a shorter or longer time, at most a year.",
    ),
    Kept(
        "The codes by which people see an answer, unreadable to us",
        "So that whoever holds the code sees the answer.",
        "2 years after it reached us, unless this hub sets another time, at most 3 years.",
    ),
    Kept(
        "That something was said: the day, how, and what it was about",
        "So that we know how many people said a thing. It belongs to nobody.",
        "As long as the thing is on the list.",
    ),
    Kept(
        "Who of the team checked a text, changed a thing on the list or wrote a note about a plan",
        "So that somebody stands for what everybody reads. Only the team sees it.",
        "As long as the thing or the plan.",
    ),
)


def build_router(parts: Parts) -> APIRouter:
    """All of `/voice`. Raises `RegisterError` for a register of wordings that cannot be used."""
    settings = VoiceSettings()
    router = APIRouter()
    for one in (
        public_pages.build_router(parts, settings),
        plan_pages.build_router(parts),
        wording_pages.build_router(parts, read_register(settings.wordings)),
        team_pages.build_router(parts, settings),
        sorting.build_router(parts),
        item_pages.build_router(parts),
        plan_editing.build_router(parts),
        action_editing.build_router(parts),
    ):
        router.include_router(one)
    return router


def sweep(session: Session, now: datetime) -> int:
    """End the words and the codes whose day has come; gives how many rows changed."""
    return heard.sweep(session, london_day(now))


FEATURE: Final = Feature(
    name=team_pages.TEAM,
    package="voice",
    title="What people told us",
    about="What residents say about looks, forms, rules and services, what we do about it, and our plans.",
    schema=SCHEMA,
    kept=KEPT,
    build_router=build_router,
    sweep=sweep,
    for_all=(Link("You said, we did", "/voice/you-said"), Link("Our plans", "/voice/plans")),
    team_page=team_pages.ROOM,
)
