"""What a referral says, and what becomes of it: frozen values. Pure.

`Content` is what may not rest for longer than it is needed; everything else of a referral is its header.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, cast

from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject


class Urgency(StrEnum):
    """How soon the receiver is asked to look."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


class Theme(StrEnum):
    """What it is about."""

    HOUSING = "housing"
    DAMP = "damp"
    REPAIRS = "repairs"
    MONEY = "money"
    FOOD = "food"
    MENTAL_HEALTH = "mental-health"
    LONELINESS = "loneliness"
    CARING = "caring"
    FAMILY = "family"
    WORK = "work"
    SAFETY = "safety"
    HEALTH = "health"
    OTHER = "other"


class How(StrEnum):
    """How the person agreed."""

    SPOKEN = "spoken"
    WRITTEN = "written"
    BY_REPRESENTATIVE = "by-representative"


class NotContentError(OnceToldError):
    """A document that is no content of a referral. member: where, in names of our own; never a value."""

    def __init__(self, member: str) -> None:
        super().__init__(f"not the content of a referral: {member}")
        self.member = member


@dataclass(frozen=True, slots=True, repr=False)
class About:
    """Who is referred, as far as the referrer knows: lines of text as somebody would write them.

    safe_contact: how the person may be reached without danger. needs: what they need in order to talk (an interpreter, large
    print). preferred_language: as the sender writes it; BCP 47 where it comes from a message.
    """

    name: str
    birth_date: date | None = None
    nhs_number: str | None = None
    telephone: str | None = None
    email: str | None = None
    address: str | None = None
    safe_contact: str | None = None
    preferred_language: str | None = None
    needs: str | None = None

    def without_contact(self) -> About:
        """The same without any way to reach or find the person: of somebody who did not agree to have it passed on."""
        return replace(self, telephone=None, email=None, address=None, safe_contact=None)

    def without_address(self) -> About:
        """The same without where they live."""
        return replace(self, address=None)


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """What one referral says about one person. what_matters: in the person's own words, as far as they said it."""

    about: About
    why: str
    what_matters: str | None = None
    themes: frozenset[Theme] = frozenset()
    urgency: Urgency = Urgency.ROUTINE


@dataclass(frozen=True, slots=True)
class Agreed:
    """The person's agreement to be referred. words: the version of the wording that they heard or read.

    contact_details: whether they agreed that how to reach them is passed on.
    """

    how: How
    said_at: datetime
    words: str
    contact_details: bool


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the receiver may look at under the purpose until the referral ends. None: all that a yes opens; the longest.

    with_: further organisations of the receiver's team, who may look at the same for as long.
    """

    sections: frozenset[str] | None = None
    days: int | None = None
    with_: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that a sender asks for in one referral. to: an organisation; person: the sender's handle, if they have one.

    service: of the directory. reference: the sender's own, given back to them alone.
    """

    to: str
    purpose: str
    content: Content
    agreed: Agreed
    service: str | None = None
    person: str | None = None
    sharing: Sharing = field(default_factory=Sharing)
    reference: str | None = None


_TEXTS: Final = (
    "nhs_number",
    "telephone",
    "email",
    "address",
    "safe_contact",
    "preferred_language",
    "needs",
)


def document(content: Content) -> JsonObject:
    """Content as the API writes it: {about, why, what_matters, themes, urgency}, what is not known left out."""
    about: dict[str, Json] = {"name": content.about.name}
    if content.about.birth_date is not None:
        about["birth_date"] = content.about.birth_date.isoformat()
    for name in _TEXTS:
        value = getattr(content.about, name)
        if value is not None:
            about[name] = value
    found: dict[str, Json] = {"about": about, "why": content.why}
    if content.what_matters is not None:
        found["what_matters"] = content.what_matters
    found["themes"] = sorted(theme.value for theme in content.themes)
    found["urgency"] = content.urgency.value
    return found


def from_document(value: Mapping[str, Json]) -> Content:
    """The reverse of `document`; members that are none of content are left alone. Raises `NotContentError`."""
    about = value.get("about")
    if not isinstance(about, Mapping):
        raise NotContentError("about")
    return Content(
        about=About(
            name=_needed(about, "name", "about.name"),
            birth_date=_day(about.get("birth_date")),
            **{name: _text(about.get(name), f"about.{name}") for name in _TEXTS},
        ),
        why=_needed(value, "why", "why"),
        what_matters=_text(value.get("what_matters"), "what_matters"),
        themes=_themes(value.get("themes")),
        urgency=_urgency(value.get("urgency")),
    )


def _needed(value: Mapping[str, Json], name: str, member: str) -> str:
    found = _text(value.get(name), member)
    if not found:
        raise NotContentError(member)
    return found


def _text(value: Json, member: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise NotContentError(member)
    return value


def _day(value: Json) -> date | None:
    text = _text(value, "about.birth_date")
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise NotContentError("about.birth_date") from None


def _themes(value: Json) -> frozenset[Theme]:
    try:
        return frozenset(Theme(one) for one in cast("list[str]", value or []))
    except (ValueError, TypeError):
        raise NotContentError("themes") from None


def _urgency(value: Json) -> Urgency:
    try:
        return Urgency(cast("str", value))
    except ValueError:
        raise NotContentError("urgency") from None
