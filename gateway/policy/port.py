"""The policy port: what is asked of the engine and what it answers.

The question is a plain value and the decision is a pure function of it and of the policy's revision, so a decision can be
remembered by (revision, canonical question). Time enters only as what is in force: the agreements and permissions whose
time has not come, or has ended, are left out by the asker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.vocabulary import JsonObject, Label


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the organisation, its application, and the practitioner's role in it (None for an application alone).

    strong: whether the practitioner has just signed in by more than a password (step-up, RFC 9470).
    """

    organisation: str
    client: str
    role: str | None
    scopes: frozenset[str]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission or preference in force, as the policy sees it. Empty sets mean "none".

    sections: section -> fields. `*` means "any" in what takes away; in what allows, it counts for `sources` only, so that
        nobody inherits a permission and a field that an agreement adds later needs a new yes.
    precedes: ids of the agreements before whose winding down it was given: under those, no other still counts.
    """

    id: str
    kind: str
    purposes: frozenset[str]
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    recipients: frozenset[str]
    precedes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Subject:
    """The person as the policy sees them: no identifier at all. A stranger to us has no pointers and an unknown label."""

    label: Label
    pointers: frozenset[str]
    permissions: tuple[Permission, ...]


STRANGER = Subject(Label.UNKNOWN, frozenset(), ())


@dataclass(frozen=True, slots=True)
class Question:
    """One policy question, for all sources and sections at once.

    sections: what was asked for; None for everything that the purpose allows.
    agreements: ids of the agreements that are in force now. suspended: ids of those that were suspended at run time.
    check: a yes-or-no question of the register that is asked instead of a view. emergency: the coded reason of a
    break-glass. hold_back: the coded reason why the person must not be told yet.
    """

    asker: Asker
    purpose: str
    sections: frozenset[str] | None
    agreements: frozenset[str]
    subject: Subject
    suspended: frozenset[str] = frozenset()
    check: str | None = None
    emergency: str | None = None
    hold_back: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that does not depend on the person: a plain 403 that says what to fix.

    code: e.g. `purpose-unknown`, `no-agreement`, `agreement-ended`, `role-not-permitted`, `scope-missing`,
        `section-not-agreed`; `step-up-needed` is answered with 401 (RFC 9470).
    """

    code: str
    detail: str
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePermit:
    """What may be asked of one source. `basis` names agreement, clause, Article 6 and 9 bases and confidentiality gate."""

    source: str
    sections: Mapping[str, frozenset[str]]
    basis: JsonObject
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a `Question`.

    permits: by source; only sources that hold a pointer, only permitted fields, locations already taken out where the
        label hides them. Empty for a person of whom nothing may be shown.
    named_sources: every source that the asker's agreements name for the purpose, whoever the person is: an outage of
        these may be told (promise 9).
    permitted_labels: codes of resource labels (PSY, SDV, R, V ...) that this purpose and role may see; every other
        labelled fragment is dropped.
    location_fields: section -> fields that tell where the person is; dropped when a stricter label arrives.
    reasons: person-dependent reasons, for the audit log only, never for the caller.
    obligations: what whoever acts on the decision has to do, each with a `code`: `notify` the person at once; `review` by
        officers of the organisations in `by` within `hours`; `hold-back` for `reason`, to be looked at again after
        `look_again_days`; `watermark` the view; it `expires` after `minutes`.
    """

    revision: str
    refusal: Refusal | None
    permits: tuple[SourcePermit, ...] = ()
    named_sources: frozenset[str] = frozenset()
    permitted_labels: frozenset[str] = frozenset()
    location_fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reasons: tuple[JsonObject, ...] = ()
    obligations: tuple[JsonObject, ...] = ()

    def obligation(self, code: str) -> JsonObject | None:
        """The obligation with a code, if it stands."""
        return next((one for one in self.obligations if one["code"] == code), None)


class PolicyEngine(Protocol):
    """A policy engine. Any doubt raises `core.errors.ClosedError("policy engine", ...)`: no answer is no disclosure."""

    @property
    def revision(self) -> str:
        """The revision of policy and registers that decides."""
        ...

    async def decide(self, question: Question) -> Decision:
        """Decide one question."""
        ...
