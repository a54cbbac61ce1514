"""What the resident ticked on the page of an offer, read and checked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from consent.portal.ports import Choice, Offer
from core.pages.forms import Form
from core.pages.words import Words

USUAL_DAYS = (7, 30, 91, 182, 365)


@dataclass(frozen=True, slots=True)
class Duration:
    """One length of time to choose from: its days, its name, and the day on which it would end, in words."""

    days: int
    title: str
    until: str


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    sections: frozenset[str]
    days: str
    errors: dict[str, str]


EMPTY = Typed(frozenset(), "", {})


def durations(offer: Offer, now: datetime, words: Words) -> tuple[Duration, ...]:
    """The lengths of time the offer leaves, shortest first; its longest one is always among them."""
    _ = words
    names = {7: _("1 week"), 30: _("1 month"), 91: _("3 months"), 182: _("6 months"), 365: _("1 year")}
    longest = offer.longest_days
    days = [d for d in USUAL_DAYS if longest is None or d <= longest]
    if longest is not None and longest not in days:
        days.append(longest)
    return tuple(
        Duration(d, names.get(d) or _length(d, words), words.day(now + timedelta(days=d))) for d in days
    )


def read_choice(form: Form, offer: Offer, lengths: tuple[Duration, ...], words: Words) -> Choice | Typed:
    """The choice, or what was typed with its errors. Nothing that the offer does not hold can be chosen."""
    _ = words
    offered = {kind.section for kind in offer.kinds}
    sections = frozenset(form.every("sections")) & offered
    days = form.one("days")
    errors = {}
    if not sections:
        errors["sections"] = _("Choose what they can see, or do not allow it")
    if days not in {str(length.days) for length in lengths}:
        errors["days"] = _("Choose for how long they can see it")
    if errors:
        return Typed(sections, days, errors)
    return Choice(offer.organisation, offer.purpose, sections, int(days))


def _length(days: int, words: Words) -> str:
    plural = words.translations.ngettext
    years, rest = divmod(days, 365)
    if years and not rest:
        return plural("%(n)d year", "%(n)d years", years) % {"n": years}
    return plural("%(n)d day", "%(n)d days", days) % {"n": days}
