"""A referral from the front door to a service of the directory: what is typed, and the body that the API wants. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.front_door.reading import Reading, moment_of
from hub.front_door.vocabulary import (
    HOW_AGREED,
    REFERRAL_WORDS,
    ROUTE_ORDER,
    ROUTES,
    SOON,
    USUAL_ROUTE,
)
from hub.gateway_answers import Purpose, Service
from hub.pages.forms import Faults, Form
from hub.pages.words import london_day

NOBODY: Final = "nobody"
AGREED_WITHIN: Final = timedelta(days=13)
"""The API takes 14 days; one less, since a day is typed and no time."""
WHY: Final = 2000
LINE: Final = 200
LINES: Final = 500
CONTACT: Final = {"telephone": LINE, "email": LINE, "address": LINES, "safe_contact": LINES}
OTHERS: Final = {"preferred_language": LINE, "needs": LINES}
SHARING: Final = {
    "nothing": "No. They get what stands here, and look at nothing",
    "purpose": "Yes, at what they need for this, until they have finished",
}


@dataclass(frozen=True, slots=True, repr=False)
class Route:
    """A referral as it is typed. person: whom of the item it is about; None for somebody whom nobody looked up."""

    person: str | None
    purpose: str
    about: Mapping[str, str]
    why: str
    urgency: str
    how: str
    said_at: datetime
    contact: bool
    shares: bool


def routes(purposes: Collection[Purpose]) -> dict[str, str]:
    """Purposes that somebody can be referred for from here, with the gateway's own titles."""
    titles = {one.purpose: one.title for one in purposes}
    return {code: titles[code] for code in ROUTE_ORDER if code in titles}


def likely_route(themes: Collection[str]) -> str:
    """What is chosen before anybody chooses: by the first theme that says something."""
    return next((ROUTES[theme][0] for theme in themes if theme in ROUTES), USUAL_ROUTE)


def read_route(
    form: Form, people: Collection[str], purposes: Collection[str], now: datetime
) -> Route | Faults:
    """What the form says, or what is wrong with it."""
    reading = Reading(form)
    person = reading.among("person", (*people, NOBODY), "Choose whom it is about")
    how = reading.among("how", HOW_AGREED, "Choose how the person agreed. Without that nobody is referred")
    on = reading.day("said", "Write on which day they agreed")
    today = london_day(now)
    if on is not None and not today - AGREED_WITHIN <= on <= today:
        reading.faults["said-day"] = (
            "Write a day in the last 13 days. If it is longer ago, ask the person again"
        )
    purpose = reading.among("purpose", purposes, "Choose what it is for")
    urgency = reading.among("urgency", SOON, "Choose how soon")
    name = reading.line("name", LINE, "Write the person's name")
    why = reading.text("why", WHY, "Write why they need help")
    contact = reading.among(
        "contact", ("yes", "no"), "Choose if they agreed that you pass on how to reach them"
    )
    about = {"name": name}
    for field, most in (CONTACT | OTHERS).items():
        text = reading.text(field, most)
        if text and (contact == "yes" or field in OTHERS):
            about[field] = text
        elif text and contact == "no":
            reading.faults[field] = "They did not agree that this is passed on. Take it out"
    shares = reading.among("sharing", SHARING, "Choose if they may look")
    if reading.faults or on is None:
        return reading.found
    return Route(
        person=None if person == NOBODY else person,
        purpose=purpose,
        about={
            field: " ".join(text.split()) if field != "safe_contact" else text
            for field, text in about.items()
        },
        why=why,
        urgency=urgency,
        how=how,
        said_at=said_at(on, now),
        contact=contact == "yes",
        shares=shares == "purpose",
    )


def said_at(on: date, now: datetime) -> datetime:
    """When something was said of which the day is known: midday of that day, and of today no later than now."""
    return min(now, moment_of(on, time(12)))


def body_of(route: Route, service: Service, themes: Collection[str], handle: str | None) -> dict[str, object]:
    """The body of POST /v1/referrals."""
    return {
        "to": service.organisation_id,
        "purpose": route.purpose,
        "service": service.id,
        "person": handle,
        "about": dict(route.about),
        "why": route.why,
        "themes": list(themes),
        "urgency": route.urgency,
        "agreed": {
            "how": route.how,
            "said_at": route.said_at.isoformat(),
            "words": REFERRAL_WORDS,
            "contact_details": route.contact,
        },
        "sharing": {"sections": None if route.shares else []},
    }
