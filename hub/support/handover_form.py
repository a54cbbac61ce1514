"""The handover as it is typed: to whom, exactly what goes along, and the person's yes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.pages.forms import Faults, Form
from hub.pages.words import LONDON, london_day
from hub.support.codes import ALONG, HOW, WORDS_VERSION
from hub.support.plan_text import Planned, joined
from hub.support.reading import TEXT, chosen, clean, day_of, text_fault
from hub.support.tables import Case

SAID_WITHIN: Final = timedelta(days=13)
REACHING: Final = ("telephone", "email", "address", "safe_contact")
"""How to reach somebody: goes along only where they want that."""


@dataclass(frozen=True, slots=True)
class Handing:
    """What is chosen. plan: whether it goes along. sections: what the receiver may look at besides; empty for nothing."""

    to: str
    purpose: str
    why: str = field(repr=False)
    plan: bool
    sections: tuple[str, ...]
    contact: bool


@dataclass(frozen=True, slots=True)
class Yes:
    """The person's yes to exactly that."""

    how: str
    said_on: date


def read(form: Form, targets: Mapping[str, str], plan: Sequence[Planned]) -> Handing | Faults:
    """What is chosen, or what is wrong, in the order of the page. targets: `organisation purpose` -> words."""
    target, why = chosen(form, "target", targets), clean(form.one("why"))
    along, contact = chosen(form, "along", ("plan", "nothing")), chosen(form, "contact", ("yes", "no"))
    faults = {
        "target": None if target else "Select who goes on with the support",
        "along": None if along else "Select whether the plan goes along",
        "contact": None if contact else "Select whether they may know how to reach the person",
        "why": text_fault(why, TEXT, "Say why the person needs help"),
    }
    if faults["why"] is None and along == "plan" and len(joined(why, plan)) > TEXT:
        room = TEXT - len(joined("x", plan)) + 1
        faults["why"] = (
            f"With the plan there is room for {room} characters"
            if room > 0
            else "The plan is too long to go along: shorten it first"
        )
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or target is None:
        return Faults(wrong)
    to, _, purpose = target.partition(" ")
    sections = tuple(one for one in ALONG if one in form.every("sections"))
    return Handing(to, purpose, why, along == "plan", sections, contact == "yes")


def read_yes(form: Form, today: date) -> Yes | Faults:
    """The person's yes to what was read out, or what is wrong."""
    how, said_on = chosen(form, "how", HOW), day_of(form, "said_on", "day", today)
    faults = {
        "agreed": None
        if form.one("agreed") == "yes"
        else "Nobody is handed over who did not agree. Read the words out, and tick this if they agreed",
        "how": None if how else "Select how they agreed",
        "said_on": _said_fault(said_on, today),
    }
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or how is None or isinstance(said_on, str):
        return Faults(wrong)
    return Yes(how, said_on or today)


def about_of(case: Case, handing: Handing) -> dict[str, str]:
    """What the receiver is told about the person, by the API's names. Ways to reach them only by their yes."""
    names = ("name", "birth_date", "nhs_number", *(REACHING if handing.contact else ()))
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name in (*names, "preferred_language", "needs")
        if (value := getattr(case, name)) is not None
    }


def referral_body(
    case: Case, handing: Handing, yes: Yes, plan: Sequence[Planned], reference: str, now: datetime
) -> Mapping[str, object]:
    """The body of POST /v1/referrals: who, why, the plan where it goes along, and what the receiver may look at.

    Nothing else of the case is in it: no contact log, no reviews, no notes.
    """
    return {
        "to": handing.to,
        "purpose": handing.purpose,
        **({} if case.person is None else {"person": case.person}),
        "about": about_of(case, handing),
        "why": joined(handing.why, plan if handing.plan else ()),
        **({} if case.what_matters is None else {"what_matters": case.what_matters}),
        "themes": [],
        "urgency": "soon",
        "agreed": {
            "how": yes.how,
            "said_at": _moment(yes.said_on, now).isoformat(),
            "words": WORDS_VERSION,
            "contact_details": handing.contact,
        },
        "sharing": {"sections": list(handing.sections), "days": None},
        "reference": reference,
    }


def _said_fault(said_on: date | str | None, today: date) -> str | None:
    if isinstance(said_on, str):
        return said_on
    if said_on is not None and said_on < today - SAID_WITHIN:
        return "This is too long ago: ask the person again"
    return None


def _moment(day: date, now: datetime) -> datetime:
    """Midday of the day in London, or now where that is still to come."""
    return now if day == london_day(now) else datetime.combine(day, time(12), LONDON)
