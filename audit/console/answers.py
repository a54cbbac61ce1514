"""An officer's answer to a review, read from its form and checked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from audit.console.ports import WORDS_LENGTH, Answer, Decision, Review, ReviewKind
from core.pages.forms import Form
from core.pages.words import Words

ANSWERS: dict[ReviewKind, tuple[Answer, ...]] = {
    "break-glass": ("right", "wrong"),
    "hold-back": ("agree", "tell"),
    "look-again": ("again", "tell"),
    "sample": ("right", "wrong"),
}


@dataclass(frozen=True, slots=True)
class Written:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    answer: str
    words: str
    look_again: str
    errors: dict[str, str]


NOTHING = Written("", "", "", {})


def read_answer(form: Form, review: Review, words: Words) -> Decision | Written:
    """The decision, or what was written with its errors. Only what this kind of review asks can be answered."""
    _ = words
    answer, why, day = form.one("answer"), form.one("words"), form.one("look_again")
    errors = {}
    look_again = None
    if answer not in ANSWERS[review.kind]:
        errors["answer"] = _("Choose an answer")
    if (review.kind == "break-glass" or answer == "wrong") and not why:
        errors["words"] = _("Write why you think so")
    elif len(why) > WORDS_LENGTH:
        errors["words"] = _("Write %(most)s letters at most") % {"most": f"{WORDS_LENGTH:,}"}
    if answer == "again":
        look_again = _day(day)
        if look_again is None:
            errors["look_again"] = _("Write the day like this: 2026-11-21")
        elif look_again < review.first_day:
            errors["look_again"] = _("Choose %(day)s or a later day") % {"day": words.day(review.first_day)}
        elif look_again > review.last_day:
            errors["look_again"] = _("Choose %(day)s or an earlier day") % {"day": words.day(review.last_day)}
    if errors:
        return Written(answer, why, day, errors)
    return Decision(cast("Answer", answer), why, look_again, form.one("version"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
