"""What the gateway answers, as frozen values; the names are those of its contract (openapi/gateway.yaml).

What comes from a person's record is left out of every `repr`, so that it cannot end in a log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One section from one source. as_of: when the source says it was true. data: fields by name, as published."""

    section: str
    source: str
    as_of: datetime
    basis: Mapping[str, Any] = field(repr=False)
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class View:
    """What the gateway lets be seen now: to be shown while a page is written, never kept.

    unavailable: sources that are out of order, alike for every person. notice: to be shown with it, always.
    """

    purpose: str
    sections: tuple[SectionShown, ...] = field(repr=False)
    unavailable: tuple[str, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to a referral that was sent."""

    id: str
    status: str
    to: str
    purpose: str
    sent_at: datetime
    held_until: datetime
    commitment: str


@dataclass(frozen=True, slots=True)
class AboutPerson:
    """Who is referred, as far as the referrer knew."""

    name: str = field(repr=False)
    birth_date: date | None = field(default=None, repr=False)
    nhs_number: str | None = field(default=None, repr=False)
    telephone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    safe_contact: str | None = field(default=None, repr=False)
    preferred_language: str | None = field(default=None, repr=False)
    needs: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What a referral says; shown to its receiver until they have it."""

    about: AboutPerson = field(repr=False)
    why: str = field(repr=False)
    what_matters: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Referral:
    """One referral. `from` and `with` are words of Python's, so they are `sender` and `team` here.

    person: the receiver's own handle; it and content stand there for the receiver alone, until collected.
    """

    id: str
    sender: str
    to: str
    purpose: str
    status: str
    urgency: str
    themes: tuple[str, ...]
    sent_at: datetime
    changed_at: datetime
    service: str | None = None
    reason: str | None = None
    outcomes: tuple[str, ...] | None = None
    reference: str | None = None
    person: str | None = field(default=None, repr=False)
    content: Content | None = field(default=None, repr=False)
    team: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfTeam:
    """A referral as one of the team sees it with which it is shared. person: its own handle, until the referral ends."""

    id: str
    status: str
    person: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReferralPage:
    """Some referrals; `next` is the `after` of the following page, None at the end."""

    referrals: tuple[Referral, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """What a service is about. A theme of referrals has its own code."""

    code: str
    name: str
    taxonomy: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whom a service is for, as far as it says; ages in years, both included."""

    minimum_age: int | None = None
    maximum_age: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is."""

    name: str | None = None
    address: str | None = None
    town: str | None = None
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Places:
    """Where a service can be had. One that must not be found has areas only."""

    areas: tuple[str, ...] = ()
    sites: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """How to reach a service: its own number and mailbox, nobody's."""

    telephone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the directory. organisation_id: whom a referral can go to; None where it takes none here."""

    id: str
    name: str
    status: str
    organisation: str | None = None
    organisation_id: str | None = None
    description: str | None = None
    needs: tuple[Term, ...] = ()
    eligibility: Eligibility = field(default_factory=Eligibility)
    places: Places = field(default_factory=Places)
    contact: ContactPoint = field(default_factory=ContactPoint)
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ServicePage:
    """Some services; `next` is the `after` of the following page, None at the end."""

    services: tuple[Service, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of the register, in plain words. maximum_days: how long a yes may run; None where it has no end."""

    purpose: str
    title: str
    plain_words: str
    legal_text: str
    permission_rule: str
    maximum_days: int | None
    sections: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SectionSchema:
    """The published schema of a section (JSON Schema): titles and descriptions of its fields."""

    section: str
    version: int | str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OrganisationListed:
    """An organisation of the register.

    specified_authority: the duty to refer is its own (Housing Act 1996 s.213B). takes_referrals_for: the purposes for which
    the caller's own organisation may refer to it now; None where nobody's token was shown.
    """

    organisation: str
    title: str
    kind: str
    specified_authority: bool = False
    takes_referrals_for: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """For the person to take home; kept nowhere by the hub."""

    code: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsentSaid:
    """What a person said was written down. until: when a yes ends."""

    notice: str
    until: datetime | None = None
    paper: Paper | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A person was asked to allow something. state: waiting, allowed, expired. There is no word for no."""

    id: str = field(repr=False)
    state: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class WouldShow:
    """What one source would be asked for about somebody made up."""

    section: str
    source: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """What could be shown at most about somebody made up; nobody's record is looked at."""

    would_show: tuple[WouldShow, ...]


@dataclass(frozen=True, slots=True)
class Demographics:
    """What identifies a person without an NHS number; all four are needed."""

    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    postcode: str = field(repr=False)
