"""What somebody says, read from the public form or from the team's own: pure, with all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.pages.forms import Faults, Form, typed_day
from hub.pages.words import LONDON
from hub.voice.choosing import prose, prose_fault
from hub.voice.codes import new_code, read_code
from hub.voice.vocabulary import ABOUTS, CHANNELS

WORDS_LENGTH: Final = 2000
GROUP_LARGEST: Final = 500
OLDEST: Final = timedelta(days=92)
"""What was said longer ago than so is not written down any more: its words would be remembered wrongly."""
TRAP: Final = "website"
"""A field that people do not see and are told to leave empty; programs that fill every field give themselves away."""
WRITTEN_DOWN: Final[Mapping[str, str]] = {code: title for code, title in CHANNELS.items() if code != "web"}
HOURS: Final[Mapping[str, str]] = {
    "in": "Monday to Friday, between 9am and 5pm",
    "out": "In the evening, at night, at a weekend or on a bank holiday",
}
ANSWERS: Final[Mapping[str, str]] = {
    "no": "No",
    "new": "Yes. Show me a code to give them",
    "paper": "Yes. Their paper has a code",
}


@dataclass(frozen=True, slots=True, repr=False)
class Said:
    """What was said. code: as shown on the ticket; None where no answer is wanted."""

    about: str
    words: str
    channel: str
    people: int
    said_on: date
    out_of_hours: bool
    code: str | None


@dataclass
class _Reading:
    faults: dict[str, str] = field(default_factory=dict)

    def among(self, form: Form, name: str, known: Mapping[str, str], missing: str) -> str:
        """The chosen code."""
        chosen = form.one(name)
        if chosen not in known:
            self.faults[name] = missing
        return chosen

    def text(self, form: Form, name: str, missing: str) -> str:
        """What was written."""
        text = prose(form, name)
        fault = prose_fault(text, WORDS_LENGTH, missing)
        if fault is not None:
            self.faults[name] = fault
        return text


def read_public(form: Form, now: datetime) -> tuple[Said | None, Faults]:
    """What was said on the website at this time. None and the faults where something must be done first."""
    reading = _Reading()
    if form.one(TRAP):
        reading.faults[TRAP] = "Leave this box empty"
    about = reading.among(form, "about", ABOUTS, "Choose what it is about")
    words = reading.text(form, "words", "Write what you think")
    code = None
    if form.one("answer") == "yes":
        # A page of ours sent the code along, so that sending twice on a bad line gives one code, not two.
        code = read_code(form.one("code")) or new_code()
    if reading.faults:
        return None, Faults(reading.faults)
    today = now.astimezone(LONDON).date()
    return Said(about, words, "web", 1, today, out_of_hours(now), code), Faults({})


def read_written_down(form: Form, today: date) -> tuple[Said | None, Faults]:
    """What somebody of the team wrote down for another. None and the faults where something must be done first."""
    reading = _Reading()
    channel = reading.among(form, "channel", WRITTEN_DOWN, "Choose how they said it")
    people = _people(form, channel, reading.faults)
    said_on = _said_on(form, today, reading.faults)
    hours = reading.among(form, "hours", HOURS, "Choose at what time they said it")
    about = reading.among(form, "about", ABOUTS, "Choose what it is about")
    words = reading.text(form, "words", "Write what they said")
    answer = reading.among(form, "answer", ANSWERS, "Choose if they want to see the answer")
    code = read_code(form.one("code")) if answer == "paper" else new_code() if answer == "new" else None
    if answer == "paper" and code is None:
        reading.faults["code"] = "Copy the code as it is on the paper: 12 letters and numbers"
    if reading.faults:
        return None, Faults(reading.faults)
    return Said(about, words, channel, people, said_on, hours == "out", code), Faults({})


def out_of_hours(now: datetime) -> bool:
    """Whether it is evening, night or weekend in London. Bank holidays count as days like others here."""
    local = now.astimezone(LONDON)
    return local.weekday() >= 5 or not time(9) <= local.time() < time(17)


def _people(form: Form, channel: str, faults: dict[str, str]) -> int:
    typed = form.one("people")
    if channel != "group":
        return 1
    if not (typed.isascii() and typed.isdigit() and 2 <= int(typed[:6]) <= GROUP_LARGEST):
        faults["people"] = f"Write how many people were in the group, from 2 to {GROUP_LARGEST}"
        return 1
    return int(typed)


def _said_on(form: Form, today: date, faults: dict[str, str]) -> date:
    try:
        said_on = typed_day(form, "said")
    except ValueError:
        said_on = date.max
    if said_on is None or said_on == date.max:
        faults["said-day"] = "Write the day on which they said it, for example 21 11 2026"
    elif said_on > today:
        faults["said-day"] = "Write a day that is not in the future"
    elif today - said_on > OLDEST:
        faults["said-day"] = "Write a day in the last 3 months"
    return said_on or today
