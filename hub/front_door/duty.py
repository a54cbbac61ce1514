"""The duty to refer (Housing Act 1996 s.213B; SI 2018/223): what is typed, and the body that the API wants.

The person agrees to the notification, chooses the authority, and agrees to each way of reaching them by itself. What they
did not agree to is not taken in, and where they agree to none nothing can be notified: s.213B(2)(b).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, col, delete

from hub.front_door.reading import Reading
from hub.front_door.routing import AGREED_WITHIN, LINE, LINES, said_at
from hub.front_door.tables import Notified
from hub.front_door.vocabulary import DUTY, DUTY_WORDS, HOW_AGREED, SITUATIONS
from hub.pages.forms import Faults, Form
from hub.pages.words import london_day

KEPT: Final = timedelta(days=56)
WHY: Final = 500
FILE_NUMBER: Final = 40
WAYS: Final[Mapping[str, tuple[str, int]]] = {
    "telephone": ("Phone number", LINE),
    "email": ("Email address", LINE),
    "address": ("Where post reaches them", LINES),
    "safe_contact": ("Another way, or when and how it is safe", LINES),
}
"""field -> what it is called, and how long it may be."""


@dataclass(frozen=True, slots=True, repr=False)
class Notification:
    """One notification as it is typed. ways: only what the person agreed to pass on."""

    to: str
    name: str
    situation: str
    why: str
    ways: Mapping[str, str]
    language: str
    how: str
    said_at: datetime
    file_number: str


def read_notification(form: Form, authorities: Collection[str], now: datetime) -> Notification | Faults:
    """What the form says, or what is wrong with it."""
    reading = Reading(form)
    if form.one("agrees") == "no":
        reading.faults["agrees"] = (
            "They did not agree. Then nothing is passed on, and there is nothing to send"
        )
    else:
        reading.among("agrees", ("yes",), "Ask them, and write down if they agree")
    how = reading.among("how", HOW_AGREED, "Choose how they agreed")
    on = reading.day("said", "Write on which day they agreed")
    today = london_day(now)
    if on is not None and not today - AGREED_WITHIN <= on <= today:
        reading.faults["said-day"] = "Write a day in the last 13 days. If it is longer ago, ask them again"
    to = reading.among("to", authorities, "Choose the council that the person chose")
    name = reading.line("name", LINE, "Write the person's name, as they want to be called")
    situation = reading.among("situation", SITUATIONS, "Choose what their situation is")
    why = reading.text("why", WHY)
    ways = _ways(reading)
    language = reading.line("preferred_language", LINE)
    file_number = reading.line("file_number", FILE_NUMBER)
    if reading.faults or on is None:
        return reading.found
    return Notification(to, name, situation, why, ways, language, how, said_at(on, now), file_number)


def _ways(reading: Reading) -> dict[str, str]:
    agreed = set(reading.form.every("agreed_ways"))
    found = {}
    for way, (title, most) in WAYS.items():
        text = reading.text(way, most)
        if text and way not in agreed:
            reading.faults[way] = "Tick that they agree to this, or take it out"
        elif way in agreed and not text:
            reading.faults[way] = f"Write it, or take the tick away: {title.lower()}"
        elif text:
            found[way] = text
    if not found and not agreed:
        reading.faults.setdefault(
            next(iter(WAYS)), "The council needs one way to reach them. Ask which they agree to"
        )
    return found


def body_of(said: Notification) -> dict[str, object]:
    """The body of POST /v1/referrals: about a person of its own, without handle or NHS number, and nothing to look at."""
    about = {"name": said.name, **said.ways}
    if said.language:
        about["preferred_language"] = said.language
    return {
        "to": said.to,
        "purpose": DUTY,
        "about": about,
        "why": SITUATIONS[said.situation] + (f".\n{said.why}" if said.why else "."),
        "themes": ["housing"],
        "urgency": "soon" if said.situation == "days" else "urgent",
        "agreed": {
            "how": said.how,
            "said_at": said.said_at.isoformat(),
            "words": DUTY_WORDS,
            "contact_details": True,
        },
        "sharing": {"sections": []},
    }


def sweep(session: Session, now: datetime) -> int:
    """Forget notifications after the agreement's 56 days; gives how many."""
    return session.exec(delete(Notified).where(col(Notified.written_at) < now - KEPT)).rowcount
