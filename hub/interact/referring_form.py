"""The short referral form: what is typed, read and checked. Pure. One form for the signed-in and for one-time links."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.gateway_answers import AboutPerson, Demographics
from hub.interact.codes import HOW, PURPOSE, THEMES, URGENCIES, WORDS_VERSION
from hub.looking import Person, identified
from hub.pages.forms import Faults, Form, typed_day
from hub.pages.words import LONDON, london_day

LINE: Final = 200
LINES: Final = 500
TEXT: Final = 2000
SAID_WITHIN: Final = timedelta(days=13)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LIMITS: Final = {
    "telephone": LINE,
    "email": LINE,
    "address": LINES,
    "safe_contact": LINES,
    "preferred_language": LINE,
    "needs": LINES,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a referrer says. said_on: the day on which the person agreed. contact: that how to reach them may be told.

    named: the organisations of the team that were read out, where the person said yes to all of them; None for one alone.
    """

    about: AboutPerson = field(repr=False)
    why: str = field(repr=False)
    what_matters: str | None = field(repr=False)
    themes: tuple[str, ...]
    urgency: str
    how: str
    said_on: date
    contact: bool
    named: tuple[str, ...] | None = None

    def shared_with(self, to: str, team: Collection[str]) -> tuple[str, ...]:
        """Those of the team to which the person said yes by name, beside whoever gets it."""
        return tuple(one for one in team if one in (self.named or ()) and one != to)

    @property
    def trace(self) -> Demographics | str | None:
        """By what the person can be found; None where that is not enough, and nobody is guessed."""
        about = self.about
        return identified(
            Person(
                "",
                nhs_number=about.nhs_number,
                name=about.name,
                birth_date=about.birth_date,
                address=about.address,
            )
        )


def read(form: Form, today: date) -> Said | Faults:
    """What the form says, or what is wrong with it, field by field in the order of the page."""
    faults = dict(_faults(form, today))
    if faults:
        return Faults(faults)
    contact = form.one("contact") == "yes"
    # Only what the person let go out is taken in at all.
    text = {
        name: clean(form.one(name)) or None
        for name in _LIMITS
        if contact or name in {"preferred_language", "needs"}
    }
    about = AboutPerson(
        name=clean(form.one("name")),
        birth_date=typed_day(form, "birth_date"),
        nhs_number="".join(form.one("nhs_number").split()) or None,
        **text,
    )
    return Said(
        about=about,
        why=clean(form.one("why")),
        what_matters=clean(form.one("what_matters")) or None,
        themes=tuple(one for one in THEMES if one in form.every("themes")),
        urgency=form.one("urgency"),
        how=form.one("how"),
        said_on=typed_day(form, "said_on") or today,
        contact=contact,
        named=tuple(form.one("named").split()) if form.one("team") == "all" else None,
    )


def _faults(form: Form, today: date) -> Iterator[tuple[str, str]]:
    yield from _agreement_faults(form, today)
    yield from _person_faults(form, today)
    yield from _reason_faults(form)


def _person_faults(form: Form, today: date) -> Iterator[tuple[str, str]]:
    name = form.one("name")
    if not name:
        yield "name", "Enter the person's name"
    elif len(name) > LINE:
        yield "name", f"The name must be {LINE} characters or fewer"
    fault = _day_fault(form, "birth_date", "date of birth", date(1900, 1, 1), today)
    if fault:
        yield "birth_date", fault
    number = "".join(form.one("nhs_number").split())
    if number and not nhs_number_fits(number):
        yield "nhs_number", "Check the NHS number: it has 10 digits, and one of these is not right"
    email = form.one("email")
    if email and not _EMAIL.fullmatch(email):
        yield "email", "Enter an email address in the correct format, like name@example.com"
    for field_name, most in _LIMITS.items():
        if len(form.one(field_name)) > most:
            yield field_name, f"Write {most} characters or fewer"


def _reason_faults(form: Form) -> Iterator[tuple[str, str]]:
    if not form.one("why"):
        yield "why", "Say why the person needs help"
    for field_name in ("why", "what_matters"):
        if len(form.one(field_name)) > TEXT:
            yield field_name, f"Write {TEXT} characters or fewer"
    if form.one("urgency") not in URGENCIES:
        yield "urgency", "Select how soon the team should look"


def _agreement_faults(form: Form, today: date) -> Iterator[tuple[str, str]]:
    if form.one("agreed") != "yes":
        yield (
            "agreed",
            "Nobody is referred who did not agree. Read the words out, and tick this if they agreed",
        )
    if form.one("team") not in {"all", "only"}:
        yield "team", "Select who of the team may know and look"
    if form.one("how") not in HOW:
        yield "how", "Select how they agreed"
    fault = _day_fault(form, "said_on", "day on which they agreed", today - SAID_WITHIN, today)
    if fault:
        yield "said_on", fault
    if form.one("contact") not in {"yes", "no"}:
        yield "contact", "Select whether the team may know how to reach them"


def _day_fault(form: Form, name: str, what: str, first: date, last: date) -> str | None:
    try:
        day = typed_day(form, name)
    except ValueError:
        return f"The {what} must be a real date"
    if day is None or first <= day <= last:
        return None
    if day > last:
        return f"The {what} must not be in the future"
    return f"The {what} is too long ago: ask the person again" if name == "said_on" else f"Check the {what}"


def referral_body(
    said: Said, to: str, team: Collection[str], reference: str, now: datetime
) -> Mapping[str, object]:
    """The body of POST /v1/referrals. team: all of it. reference: our own id of it, which says nothing of the person."""
    shared = said.shared_with(to, team)
    about = {
        name: value.isoformat() if isinstance(value, date) else value
        for name in ("name", "birth_date", "nhs_number", *_LIMITS)
        if (value := getattr(said.about, name)) is not None
    }
    return {
        "to": to,
        "purpose": PURPOSE,
        "about": about,
        "why": said.why,
        **({} if said.what_matters is None else {"what_matters": said.what_matters}),
        "themes": list(said.themes),
        "urgency": said.urgency,
        "agreed": {
            "how": said.how,
            "said_at": _moment(said.said_on, now).isoformat(),
            "words": WORDS_VERSION,
            "contact_details": said.contact,
        },
        **({"sharing": {"with": list(shared)}} if shared else {}),
        "reference": reference,
    }


def _moment(day: date, now: datetime) -> datetime:
    """Midday of the day in London, or now where that is still to come."""
    return now if day == london_day(now) else datetime.combine(day, time(12), LONDON)


def nhs_number_fits(number: str) -> bool:
    """Whether it has ten digits and their check digit (NHS Data Dictionary, NHS NUMBER: modulus 11)."""
    if not re.fullmatch(r"[0-9]{10}", number, re.ASCII):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:9], range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11 == int(number[9])


def clean(text: str) -> str:
    """What somebody typed, without controls, its line breaks as one kind."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def chosen(form: Form, name: str, among: Collection[str]) -> str | None:
    """The choice, where it is one of those offered."""
    value = form.one(name)
    return value if value in among else None
