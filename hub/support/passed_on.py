"""What of a case goes along with a handover, and what does not, in plain words: read before the person's yes. Pure.

Both lists come from the referral that would be sent, so that what the page says is what is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from hub.pages import words
from hub.support.codes import DISTRICTS
from hub.support.handover_form import Handing, about_of
from hub.support.plan_text import Planned, as_text
from hub.support.tables import Case

ABOUT: Final = {
    "name": "Their name",
    "birth_date": "Date of birth",
    "nhs_number": "NHS number",
    "telephone": "Telephone",
    "email": "Email",
    "address": "Address",
    "safe_contact": "How to reach them safely",
    "preferred_language": "Language",
    "needs": "What they need in order to talk",
}
"""By the names of a referral's `about`."""
OWN: Final = (
    "Your reviews",
    "Your attempts to get in touch, and your notes on them",
    "Whether they moved, and from where",
    "Steps that are done and goals that are reached",
    "Who leads the support here, and since when",
    "What others let you see",
)
"""What the team keeps to itself in every handover."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Both lists. on: (what, its words). not_on: what stays here, though this case has it, or any could."""

    on: tuple[tuple[str, str], ...] = field(repr=False)
    not_on: tuple[str, ...] = field(repr=False)


def passed(case: Case, handing: Handing, plan: Sequence[Planned]) -> Passed:
    """What goes along and what does not."""
    about = about_of(case, handing)
    on = [(ABOUT[name], _said(name, value)) for name, value in about.items()]
    on.append(("Why they need help", handing.why))
    if case.what_matters is not None:
        on.append(("What matters to them", case.what_matters))
    if handing.plan and plan:
        on.append(("The plan, as far as it is not done", as_text(plan).partition("\n")[2]))
    left = [title for name, title in ABOUT.items() if name not in about and getattr(case, name) is not None]
    if plan and not handing.plan:
        left.append("The plan")
    return Passed(tuple(on), (*left, f"In which district they live ({DISTRICTS[case.district]})", *OWN))


def _said(name: str, value: str) -> str:
    if name == "birth_date":
        return words.day(date.fromisoformat(value))
    if name == "nhs_number":
        return f"{value[:3]} {value[3:6]} {value[6:]}"
    return value
