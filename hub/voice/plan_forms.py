"""The forms of plans, actions and notes, read with all faults at once. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from hub.pages.forms import Form, typed_day
from hub.voice.choosing import prose, prose_fault
from hub.voice.guarding import looks_personal
from hub.voice.plans import ActionSays, PlanSays
from hub.voice.vocabulary import PROGRESS, THEMES

LINE_LENGTH: Final = 120
WHY_LENGTH: Final = 1000
WHAT_LENGTH: Final = 300
NOTE_LENGTH: Final = 1000


def read_plan(form: Form, titles: Mapping[str, str]) -> tuple[PlanSays, dict[str, str]]:
    """What a plan is to say, and what must be done first. titles: owners' words."""
    says = PlanSays(
        title=prose(form, "title"),
        area=prose(form, "area"),
        theme=form.one("theme"),
        why=prose(form, "why"),
        owner=form.one("owner"),
        public=form.one("shown_to") == "all",
    )
    faults = _faults(
        title=_text_fault(says.title, LINE_LENGTH, "Write what the plan is called"),
        area=_text_fault(says.area, LINE_LENGTH, "Write where the plan is for"),
        theme=None if says.theme in THEMES else "Choose a theme",
        why=_text_fault(says.why, WHY_LENGTH, "Write why there is this plan"),
        owner=None if says.owner in titles else "Choose who looks after the plan",
    )
    return says, faults


def read_action(
    form: Form, titles: Mapping[str, str], items: Collection[str]
) -> tuple[ActionSays, dict[str, str]]:
    """What an action is to say, and what must be done first. items: ids of the things on the list."""
    try:
        due = typed_day(form, "due")
    except ValueError:
        due = None
    chosen = form.one("item")
    says = ActionSays(
        what=prose(form, "what"),
        owner=form.one("owner"),
        team=prose(form, "team"),
        due=due or date.max,
        progress=form.one("progress"),
        item=chosen or None,
    )
    faults = _faults(
        what=_text_fault(says.what, WHAT_LENGTH, "Write what is to be done"),
        owner=None if says.owner in titles else "Choose who does it",
        team=_text_fault(says.team, LINE_LENGTH, "") if says.team else None,
        **{"due-day": None if due else "Write until when, for example 31 3 2027"},
        progress=None if says.progress in PROGRESS else "Choose how far it is",
        item=None if not chosen or chosen in items else "Choose a thing from the list, or none",
    )
    return says, faults


def note_fault(words: str) -> str | None:
    """What to do about a note."""
    return _text_fault(words, NOTE_LENGTH, "Write what happened")


def _text_fault(text: str, most: int, missing: str) -> str | None:
    fault = prose_fault(text, most, missing)
    if fault is not None:
        return fault
    found = looks_personal(text)
    return None if found is None else f"This looks like {found}. Everybody may read it: take it out"


def _faults(**by_field: str | None) -> dict[str, str]:
    return {name: fault for name, fault in by_field.items() if fault is not None}
