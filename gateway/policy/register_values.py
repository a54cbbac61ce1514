"""The registers as values: organisations, roles, purposes, sections and agreements.

The files stand in `policies/`; `gateway.policy.registers` reads and checks them, and everything after it works on these
frozen values. What the words mean: docs/architecture.md; what an agreement holds: ICO data sharing code of practice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from core.vocabulary import Label, PermissionRule
from gateway.policy.uk_days import end_of_day, start_of_day

Fields: TypeAlias = Mapping[str, frozenset[str]]
"""section -> the names of its fields."""


@dataclass(frozen=True, slots=True)
class Section:
    """A category of the record, from its published schema `policies/sections/<id>.v<version>.json`.

    titles: field -> what it is called in plain words. locations: fields that tell where the person is. sensitive: fields
    of special category data (UK GDPR Article 9). offences: fields of criminal-offence data (Article 10).
    """

    id: str
    version: int
    title: str
    description: str
    titles: Mapping[str, str]
    locations: frozenset[str]
    sensitive: frozenset[str]
    offences: frozenset[str] = frozenset()

    @property
    def fields(self) -> frozenset[str]:
        """The names of all fields."""
        return frozenset(self.titles)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the partnership. `hidden`: that someone is known there is itself secret.

    keeps_labels: its word that a person is unrestricted (label U) counts. specified_authority: the duty to refer is its own
    (Housing Act 1996 s.213B). only_for: the only purposes for which its records may be shared and for which it may ask
    (SI 2012/1483 reg 5); None for no such list.
    """

    id: str
    title: str
    kind: str
    ods_code: str | None
    confidential: bool
    hidden: bool
    serves: Fields
    keeps_labels: bool = False
    specified_authority: bool = False
    only_for: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A question that is answered `confirmed` or `not-confirmed`: whether a field's value is one of these."""

    id: str
    title: str
    plain_words: str
    section: str
    field: str
    one_of: frozenset[str]


@dataclass(frozen=True, slots=True)
class Emergency:
    """What makes a purpose break-glass: its coded reasons in plain words, and for how long a view may be used (minutes)."""

    reasons: Mapping[str, str]
    use_minutes: int


@dataclass(frozen=True, slots=True)
class HoldBack:
    """Why the person may be left untold for a while (code -> plain words), and after how many days that is looked at."""

    reasons: Mapping[str, str]
    look_again_days: int


@dataclass(frozen=True, slots=True)
class Role:
    """What a practitioner does."""

    id: str
    title: str
    plain_words: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a view may be asked, and the most that may be shared for it.

    maximum_days: the longest that one permission may last, in days; None where it is reviewed instead, or not asked.
    review_days: how often it is looked at again, in days. labels: codes of labelled fragments that it may show.
    """

    id: str
    title: str
    plain_words: str
    legal_text: str
    permission_rule: PermissionRule
    maximum_days: int | None
    review_days: int | None
    labels: frozenset[str]
    sections: Fields
    specified_authorities_only: bool = False
    emergency: Emergency | None = None
    hold_back: HoldBack | None = None
    review_hours: int | None = None
    notify: bool = False
    watermark: bool = False


class Status(StrEnum):
    """Where an agreement stands, apart from its dates."""

    DRAFT = "draft"
    ACTIVE = "active"
    WINDING_DOWN = "winding-down"
    SUSPENDED = "suspended"

    @property
    def lets_ask(self) -> bool:
        """Whether an agreement in its time may be asked under."""
        return self in {Status.ACTIVE, Status.WINDING_DOWN}


@dataclass(frozen=True, slots=True)
class Article6:
    """One party's lawful basis (UK GDPR Article 6), e.g. 6(1)(e) with the statute that gives the task."""

    organisation: str
    point: str
    law: str


@dataclass(frozen=True, slots=True)
class LegalGate:
    """An Article 9 or 10 condition, or a confidentiality gate, with the law or document behind it."""

    name: str
    law: str


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """What an agreement takes from one source: within the agreement's sections and what the source serves."""

    organisation: str
    sections: Fields


@dataclass(frozen=True, slots=True)
class RoleTerms:
    """What a role sees of it (None: all that the agreement shares), and the codes of labelled fragments it may see.

    checks: ids of the questions it may ask without seeing the data.
    """

    sees: Fields | None
    labels: frozenset[str]
    checks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RecipientTerms:
    """The roles of one recipient that may ask."""

    organisation: str
    roles: Mapping[str, RoleTerms]


@dataclass(frozen=True, slots=True)
class Suspension:
    """Since when an agreement is suspended (or being wound down), by which party, and why."""

    since: date
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed for a party, by office, and when."""

    organisation: str
    role: str
    on: date


@dataclass(frozen=True, slots=True)
class Agreement:
    """One data-sharing agreement. valid_until is its last day, None for a standing one; days are UK days.

    clauses: which clause says it, by subject (purpose, sections, roles, permission, ending, suspension).
    rules: section -> its own permission rule, where it is another than permission_rule.
    """

    id: str
    title: str
    version: int
    status: Status
    valid_from: date
    valid_until: date | None
    review_date: date
    renews: str | None
    renewed_by: str | None
    suspension: Suspension | None
    purposes: frozenset[str]
    permission_rule: PermissionRule
    rule_reason: str | None
    article_6: tuple[Article6, ...]
    article_9: LegalGate | None
    article_10: LegalGate | None
    confidentiality: LegalGate | None
    retention: str
    clauses: Mapping[str, str]
    sections: Fields
    sources: tuple[SourceTerms, ...]
    recipients: tuple[RecipientTerms, ...]
    signatories: tuple[Signature, ...]
    winding_down: Suspension | None = None
    rules: Mapping[str, PermissionRule] = field(default_factory=dict)

    @property
    def parties(self) -> frozenset[str]:
        """Every organisation that the agreement binds."""
        sources = frozenset(terms.organisation for terms in self.sources)
        return sources | {terms.organisation for terms in self.recipients}

    @property
    def begins(self) -> datetime:
        """The first moment at which it can be in force."""
        return start_of_day(self.valid_from)

    @property
    def ends(self) -> datetime | None:
        """The first moment at which it is no longer in force."""
        return None if self.valid_until is None else end_of_day(self.valid_until)

    def in_force(self, at: datetime) -> bool:
        """Whether it holds at a moment (an aware datetime)."""
        return self.status.lets_ask and self.begins <= at and (self.ends is None or at < self.ends)

    def rule(self, section: str) -> PermissionRule:
        """What is needed of the person for a section."""
        return self.rules.get(section, self.permission_rule)

    def precedes_winding_down(self, at: datetime) -> bool:
        """Whether something given at a moment (an aware datetime) was given before the agreement began to wind down."""
        return self.winding_down is not None and at < start_of_day(self.winding_down.since)


@dataclass(frozen=True, slots=True)
class Registers:
    """All registers, each by id."""

    organisations: Mapping[str, Organisation]
    roles: Mapping[str, Role]
    purposes: Mapping[str, Purpose]
    sections: Mapping[str, Section]
    agreements: Mapping[str, Agreement]
    checks: Mapping[str, Check] = field(default_factory=dict)

    def believed(self, source: str, label: Label | None) -> Label | None:
        """What a source's word about a person's label counts for.

        A restriction counts from anybody; "unrestricted" opens locations, so it counts only from who keeps labels.
        """
        known = self.organisations.get(source)
        opens = label is Label.UNRESTRICTED and not (known is not None and known.keeps_labels)
        return None if opens else label


def agreements_in_force(registers: Registers, at: datetime) -> frozenset[str]:
    """Ids of the agreements that hold at a moment (an aware datetime). Good until `next_change`: keep and reuse it."""
    return frozenset(agreement.id for agreement in registers.agreements.values() if agreement.in_force(at))


def next_change(registers: Registers, at: datetime) -> datetime | None:
    """The first moment after `at` when `agreements_in_force` may give another answer; None if it never will."""
    active = [agreement for agreement in registers.agreements.values() if agreement.status.lets_ask]
    turns = [agreement.begins for agreement in active] + [
        agreement.ends for agreement in active if agreement.ends
    ]
    return min((turn for turn in turns if turn > at), default=None)
