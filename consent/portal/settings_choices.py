"""What the resident typed on the page of how they are reached, read and checked. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from consent.portal.settings_ports import Channel, Contact
from core.pages.forms import Form
from core.pages.words import Words

HOURS = range(25)
"""Full hours of a day; 24 is its end."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, to be shown again; `errors` holds field name -> what to do about it."""

    address: str = field(repr=False)
    others: str
    first: str
    before: str
    errors: dict[str, str]

    @classmethod
    def of(cls, contact: Contact) -> Typed:
        """What was chosen before."""
        first, before = ("", "") if contact.hours is None else (str(one) for one in contact.hours)
        return cls(contact.address, "yes" if contact.others_read else "no", first, before, {})


NO_CHOICE = Typed("", "", "", "", {})


def choices_of(words: Words) -> tuple[tuple[str, str], ...]:
    """The hours to choose from: value and words."""
    return tuple((str(hour), words.hour(hour)) for hour in HOURS)


def hours_of(contact: Contact, words: Words) -> str:
    """When a message may come, in words; empty where there is nothing to say."""
    if contact.hours is None:
        return ""
    first, before = contact.hours
    _ = words
    return _("From %(first)s to %(before)s") % {"first": words.hour(first), "before": words.hour(before)}


def read_contact(
    form: Form,
    channel: Literal["email", "text"],
    address: Callable[[Channel, str], str | None],
    words: Words,
) -> Contact | Typed:
    """How the resident is reached, or what was typed with its errors. address: gives it as it is kept."""
    _ = words
    typed = Typed(form.one("address"), form.one("others"), form.one("first"), form.one("before"), {})
    kept = address(channel, typed.address)
    if kept is None:
        typed.errors["address"] = (
            _("Write an email address, like name@example.com")
            if channel == "email"
            else _("Write a UK mobile number, like 07700 900 982")
        )
    if typed.others not in {"yes", "no"}:
        typed.errors["others"] = _("Say if somebody else could read it there")
    hours = _hours(typed)
    if hours is False:
        typed.errors["first"] = _("Choose two times, the first before the second, or neither")
    if typed.errors or kept is None or hours is False:
        return typed
    return Contact(channel, kept, typed.others == "yes", hours)


def _hours(typed: Typed) -> tuple[int, int] | Literal[False] | None:
    """The hours; None for at any time; False for what makes no sense."""
    if not typed.first and not typed.before:
        return None
    known = {str(hour) for hour in HOURS}
    if not {typed.first, typed.before} <= known or int(typed.first) >= int(typed.before):
        return False
    return int(typed.first), int(typed.before)
