"""What would be answered about a person who is made up, and which clause, role or permission would change it.

Pure: `question_of` is what would be asked, `neighbours` are the questions that stand next to it, and `explained` compares
the engine's decisions about them. No real person is in any of them, so nothing here can tell of one. A hidden source is in
nobody's pointers here and no permission reaches it: it is as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from core.vocabulary import Kind, Label
from gateway.policy.port import Asker, Decision, Permission, Question, Subject
from gateway.policy.register_values import (
    Agreement,
    Fields,
    RecipientTerms,
    Registers,
    RoleTerms,
    Status,
)

NEIGHBOURS_MAXIMUM = 60
"""How many neighbouring questions are asked at most, the nearest to mend first."""

Change = Literal["agreement", "permission", "label", "sign-in", "role", "purpose"]
Shown = Mapping[str, Fields]
"""source -> section -> fields."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What an organisation would ask, and of what sort of person.

    known_at: organisations that would hold something of them; None for every one that is not hidden.
    allowed: whether the person would have allowed everything there is, just now, or nothing.
    """

    asker: Asker
    purpose: str
    sections: frozenset[str] | None = None
    check: str | None = None
    emergency: str | None = None
    hold_back: str | None = None
    label: Label = Label.UNRESTRICTED
    known_at: frozenset[str] | None = None
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """What stands at the moment of asking. in_force: by their days; suspended: at run time, by a party."""

    registers: Registers
    in_force: frozenset[str]
    suspended: frozenset[str]
    at: datetime

    @property
    def holding(self) -> frozenset[str]:
        """Ids of the agreements that may be asked under."""
        return self.in_force - self.suspended


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of an agreement."""

    agreement: str
    clause: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A question that differs from what would be asked in one thing.

    clauses: those that make the difference. renewal: of an agreement that ended, the one that renews it.
    supposes: whether the question is for an engine over `resumed` registers: the register itself suspends the agreement.
    """

    change: Change
    to: str
    question: Question
    clauses: tuple[Clause, ...] = ()
    because: str | None = None
    renewal: str | None = None
    supposes: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A neighbour that changes the answer. lifts_refusal: what was refused whoever the person is no longer would be."""

    neighbour: Neighbour
    lifts_refusal: bool
    gains: Shown
    loses: Shown


def question_of(asked: Hypothesis, policy: Policy) -> Question:
    """The question that the policy would be asked; a check is asked of the section that the register says it reads."""
    check = None if asked.check is None else policy.registers.checks.get(asked.check)
    return Question(
        asker=asked.asker,
        purpose=asked.purpose,
        sections=asked.sections if check is None else frozenset({check.section}),
        agreements=policy.in_force,
        subject=_subject(asked, policy.registers),
        suspended=policy.suspended,
        check=asked.check,
        emergency=asked.emergency,
        hold_back=asked.hold_back,
    )


def neighbours(asked: Hypothesis, policy: Policy) -> tuple[Neighbour, ...]:
    """The questions next to it, at most `NEIGHBOURS_MAXIMUM`."""
    found = [
        *_agreements(asked, policy),
        *_permissions(asked, policy),
        *_labels(asked, policy),
        *_sign_ins(asked, policy),
        *_roles(asked, policy),
        *_purposes(asked, policy),
    ]
    return tuple(found[:NEIGHBOURS_MAXIMUM])


def explained(decision: Decision, decided: Iterable[tuple[Neighbour, Decision]]) -> tuple[Told, ...]:
    """Those neighbours that change the answer. One that is refused itself mends nothing, so it is not told."""
    told = []
    before = shown(decision)
    for neighbour, other in decided:
        if other.refusal is not None:
            continue
        after = shown(other)
        lifts = decision.refusal is not None
        if lifts or after != before:
            touched = _agreements_of(decision, other, before, after)
            nearest = tuple(one for one in neighbour.clauses if one.agreement in touched)
            told.append(
                Told(
                    replace(neighbour, clauses=nearest or neighbour.clauses),
                    lifts,
                    without(after, before),
                    without(before, after),
                )
            )
    return tuple(told)


def shown(decision: Decision) -> Shown:
    """What a decision would show."""
    return {permit.source: permit.sections for permit in decision.permits}


def without(all_of_it: Shown, known: Shown) -> Shown:
    """What is in the one and not in the other."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for source, sections in all_of_it.items():
        for section, fields in sections.items():
            rest = fields - known.get(source, {}).get(section, frozenset())
            if rest:
                found.setdefault(source, {})[section] = rest
    return found


def resumed(registers: Registers) -> Registers:
    """The registers as if no agreement were suspended in them; which of them count is the question's to say."""
    return replace(
        registers,
        agreements={
            name: replace(one, status=Status.ACTIVE, suspension=None)
            if one.status is Status.SUSPENDED
            else one
            for name, one in registers.agreements.items()
        },
    )


# The questions ---------------------------------------------------------------------------------------------------------


def _subject(asked: Hypothesis, registers: Registers) -> Subject:
    plain = frozenset(one.id for one in registers.organisations.values() if not one.hidden)
    pointers = plain if asked.known_at is None else plain & asked.known_at
    permissions = (_everything(asked, registers),) if asked.allowed else ()
    return Subject(asked.label, pointers, permissions)


def _everything(
    asked: Hypothesis, registers: Registers, precedes: frozenset[str] = frozenset()
) -> Permission:
    return Permission(
        id="hypothetical",
        kind=Kind.CONFIDENTIALITY_CONSENT.value,
        purposes=frozenset({asked.purpose}),
        sections={name: section.fields for name, section in registers.sections.items()},
        sources=frozenset("*"),
        recipients=frozenset({asked.asker.organisation}),
        precedes=precedes,
    )


def _agreements(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    """Each agreement that does not hold now, as if it did; not one that would contradict what holds."""
    question = question_of(asked, policy)
    ours = list(_ours(asked.asker.organisation, policy.registers, asked.purpose))
    holding = [one for one, terms in ours if one.id in policy.holding and asked.asker.role in terms.roles]
    taken = {terms.organisation for one in holding for terms in one.sources}
    for agreement, _ in ours:
        if agreement.id in policy.holding or taken & {terms.organisation for terms in agreement.sources}:
            continue
        because = _why_not(agreement, policy.at)
        subject = "suspension" if because == "suspended" else "ending"
        yield Neighbour(
            "agreement",
            agreement.id,
            replace(
                question,
                agreements=question.agreements | {agreement.id},
                suspended=question.suspended - {agreement.id},
            ),
            (Clause(agreement.id, agreement.clauses[subject]),),
            because,
            _renewal(agreement, policy.registers),
            supposes=agreement.status is Status.SUSPENDED,
        )


def _why_not(agreement: Agreement, at: datetime) -> str:
    if agreement.ends is not None and at >= agreement.ends:
        return "ended"
    return "not-begun" if at < agreement.begins else "suspended"


def _renewal(agreement: Agreement, registers: Registers) -> str | None:
    renewing = (one.id for _, one in sorted(registers.agreements.items()) if one.renews == agreement.id)
    return agreement.renewed_by or next(renewing, None)


def _permissions(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    question = question_of(asked, policy)
    holding = [
        one
        for one, _ in _ours(asked.asker.organisation, policy.registers, asked.purpose)
        if one.id in policy.holding
    ]
    clauses = tuple(Clause(one.id, one.clauses["permission"]) for one in holding)
    other = replace(asked, allowed=not asked.allowed)
    to = "everything" if other.allowed else "nothing"
    yield Neighbour("permission", to, replace(question, subject=_subject(other, policy.registers)), clauses)
    ending = [one for one in holding if one.status is Status.WINDING_DOWN]
    if ending:
        before = _everything(asked, policy.registers, frozenset(one.id for one in ending))
        yield Neighbour(
            "permission",
            "everything-before-the-winding-down",
            replace(question, subject=replace(question.subject, permissions=(before,))),
            tuple(Clause(one.id, one.clauses["ending"]) for one in ending),
        )


def _labels(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    """R and V hide the same, so from U there is one way and back there is one."""
    to = Label.UNRESTRICTED if asked.label.hides_location else Label.RESTRICTED
    yield Neighbour("label", to.value, question_of(replace(asked, label=to), policy))


def _sign_ins(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    if not asked.asker.strong:
        strong = replace(asked, asker=replace(asked.asker, strong=True))
        yield Neighbour("sign-in", "step-up", question_of(strong, policy))


def _roles(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    asking: dict[str, list[Clause]] = {}
    for agreement, terms in _ours(asked.asker.organisation, policy.registers, asked.purpose):
        if agreement.id in policy.holding:
            for role in sorted(terms.roles):
                if role != asked.asker.role and _may_ask(agreement, terms.roles[role], asked.check):
                    asking.setdefault(role, []).append(Clause(agreement.id, agreement.clauses["roles"]))
    for role, clauses in sorted(asking.items()):
        other = replace(asked, asker=replace(asked.asker, role=role))
        yield Neighbour("role", role, question_of(other, policy), tuple(clauses))


def _purposes(asked: Hypothesis, policy: Policy) -> Iterator[Neighbour]:
    """Other purposes for which the same role may ask; never an emergency, which nobody should be led to."""
    asking: dict[str, list[Clause]] = {}
    for agreement, terms in _ours(asked.asker.organisation, policy.registers):
        role = terms.roles.get(asked.asker.role or "")
        if agreement.id in policy.holding and role is not None and _may_ask(agreement, role, asked.check):
            for purpose in agreement.purposes - {asked.purpose}:
                asking.setdefault(purpose, []).append(Clause(agreement.id, agreement.clauses["purpose"]))
    for purpose, clauses in sorted(asking.items()):
        known = policy.registers.purposes[purpose]
        if known.emergency is None:
            hold_back = asked.hold_back if known.hold_back is not None else None
            other = replace(asked, purpose=purpose, emergency=None, hold_back=hold_back)
            yield Neighbour("purpose", purpose, question_of(other, policy), tuple(clauses))


def _ours(
    organisation: str, registers: Registers, purpose: str | None = None
) -> Iterator[tuple[Agreement, RecipientTerms]]:
    """The agreements past their draft that name the organisation as a recipient, for the purpose or any, by id."""
    for _, agreement in sorted(registers.agreements.items()):
        if agreement.status is not Status.DRAFT and (purpose is None or purpose in agreement.purposes):
            for terms in agreement.recipients:
                if terms.organisation == organisation:
                    yield agreement, terms


def _may_ask(agreement: Agreement, terms: RoleTerms, check: str | None) -> bool:
    sees = agreement.sections if terms.sees is None else terms.sees
    return any(sees.values()) if check is None else check in terms.checks


def _agreements_of(decision: Decision, other: Decision, before: Shown, after: Shown) -> Sequence[str]:
    """Ids of the agreements under which the two differ."""
    touched = without(after, before).keys() | without(before, after).keys()
    return [
        str(permit.basis["agreement"])
        for permit in (*decision.permits, *other.permits)
        if permit.source in touched
    ]
