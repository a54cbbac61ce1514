"""What a person says to the worker who is with them: a yes or a no to this team, for this purpose, as it is typed. Pure.

It becomes POST /v1/consents. The form carries a name of its own, made when it was opened, which is the API's `reference`:
sent twice, it is one, and gets the same paper.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from hub.pages.forms import Faults, Form
from hub.pages.words import LONDON, london_day
from hub.support.codes import KINDS
from hub.support.ends import last_possible, may_go_on
from hub.support.handover_form import SAID_WITHIN
from hub.support.reading import chosen, day_of
from hub.support.tables import Case

SAID_WORDS: Final = "support-consent-2026-1"
SAID_TO_READ: Final = (
    "I would like to look at what others already know, so that you need not tell it all again. May I? You choose what. I "
    "look only while we help you. You can see each look, and stop it at any time. Saying no costs you nothing: I go on "
    "helping you as I can. I ask for our team alone."
)
"""What the person hears before they say yes or no; a change of it is a new version."""
DECISIONS: Final = {"yes": "Yes, they allow it", "no": "No, or they want to stop it"}
HOW_HEARD: Final = {"in-person": "Face to face", "by-phone": "By phone", "by-video": "By video"}
HELPED_BY: Final = {
    "interpreter": "An interpreter",
    "witness": "Somebody who saw it",
    "advocate": "Somebody who speaks for them",
}
_ENTRY: Final = re.compile(r"[0-9a-f]{24}", re.ASCII)
_SECTION: Final = re.compile(r"[a-z][a-z-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said. entry: the form's name. sections: with a yes, what was read out. said_at: None for just now."""

    entry: str
    yes: bool
    sections: tuple[str, ...]
    how: str
    helped_by: tuple[str, ...]
    said_at: datetime | None


def new_entry() -> str:
    """A name for a form, of the signs that the API's references take."""
    return secrets.token_hex(12)


def read(form: Form, now: datetime) -> Said | Faults:
    """What was said, or what is wrong, in the order of the page. Which sections there are, the gateway judges."""
    today, entry = london_day(now), form.one("entry")
    decision, how = chosen(form, "decision", DECISIONS), chosen(form, "how", HOW_HEARD)
    sections = tuple(one for one in form.every("sections") if _SECTION.fullmatch(one))
    on = day_of(form, "said_on", "day", today)
    faults = {
        "decision": None if decision and _ENTRY.fullmatch(entry) else "Select what they said",
        "sections": "Tick what they said yes to, at least one"
        if decision == "yes" and not sections
        else None,
        "how": None if how else "Select how they said it",
        "said_on": on if isinstance(on, str) else _too_long_ago(on, today),
    }
    wrong = {at: words for at, words in faults.items() if words is not None}
    if wrong or decision is None or how is None or isinstance(on, str):
        return Faults(wrong)
    helped_by = tuple(one for one in HELPED_BY if one in form.every("helped_by"))
    yes = decision == "yes"
    at = None if on is None or on == today else _moment(on, yes=yes)
    return Said(entry, yes, sections if yes else (), how, helped_by, at)


def consent_body(case: Case, said: Said, person: str, now: datetime) -> dict[str, object]:
    """The body of POST /v1/consents. A yes ends with the support: a later look would need a new one."""
    body: dict[str, object] = {
        "person": person,
        "purpose": case.purpose,
        "decision": "yes" if said.yes else "no",
        "how": said.how,
        "helped_by": list(said.helped_by),
        "words": SAID_WORDS,
        "reference": said.entry,
    }
    if said.said_at is not None:
        body["said_at"] = said.said_at.isoformat()
    if said.yes:
        body["sections"] = list(said.sections)
        end, at = _end(case, now, said.said_at or now), said.said_at or now
        if end is not None:
            body["days"] = max(1, (end - at) // timedelta(days=1))
    return body


def _end(case: Case, now: datetime, said_at: datetime) -> datetime | None:
    """When the support ends if they said yes."""
    lasts, last = KINDS[case.purpose].lasts, last_possible(case)
    if lasts is None or not may_go_on(case, now):
        return case.ends_at
    return said_at + lasts if last is None else min(said_at + lasts, last)


def _too_long_ago(on: date | None, today: date) -> str | None:
    return "This is too long ago: ask the person again" if on and on < today - SAID_WITHIN else None


def _moment(on: date, *, yes: bool) -> datetime:
    """An earlier day's yes counts from its first minute and a no until its last: in doubt, the no was said last."""
    return datetime.combine(on, time(0) if yes else time(23, 59, 59), LONDON)
