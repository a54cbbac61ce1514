"""Who could see one person now, what of them, and why: from the live policy itself, question by question.

Pure but for the engine: `looks` are the questions of every recipient, purpose and role of an agreement in force that has a
source which knows the person, and `merged` puts the engine's decisions into rows. Nothing is worked out here that the
engine decides: a row holds exactly what it permits, so what a label or a hidden source takes away is in no row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from core.vocabulary import PermissionRule
from gateway.policy.port import Asker, Decision, PolicyEngine, Question, SourcePermit, Subject
from gateway.policy.register_values import Agreement, Fields, Registers, RoleTerms

LOOKS_MAXIMUM = 5_000
"""How many questions are asked at most; whoever is cut off is told so."""


class Because(StrEnum):
    """Why something could be seen."""

    ALLOWED = "allowed"
    """The person's own yes."""
    NO_OBJECTION = "no-objection"
    """The law, unless the person says no."""
    LAW = "law"
    """The law, whatever the person says."""


@dataclass(frozen=True, slots=True)
class Look:
    """One question about the person: an organisation's role, for a purpose. check: of a check that is asked instead."""

    organisation: str
    role: str
    purpose: str
    check: str | None
    emergency: bool
    question: Question


@dataclass(frozen=True, slots=True)
class Row:
    """What some roles of an organisation could see for a purpose, for one reason.

    shown: source -> section -> fields. permissions: ids of the person's own that it rests on, of kind ALLOWED only.
    agreements: under which. check: only whether it is so could be told, nothing be seen. emergency: after a break-glass.
    """

    organisation: str
    purpose: str
    roles: tuple[str, ...]
    because: Because
    shown: Mapping[str, Fields]
    permissions: frozenset[str]
    agreements: frozenset[str]
    check: str | None
    emergency: bool


@dataclass(frozen=True, slots=True)
class CouldSee:
    """All rows; `complete` unless there were more questions than are asked."""

    rows: tuple[Row, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at the moment. in_force: agreements by their days; suspended: at run time, by a party."""

    registers: Registers
    in_force: frozenset[str]
    suspended: frozenset[str]


async def could_see(engine: PolicyEngine, standing: Standing, subject: Subject) -> CouldSee:
    """Ask the engine who could see this person. Raises `ClosedError` where the engine is in doubt about any of it."""
    asked: list[tuple[Look, Decision]] = []
    for look in looks(standing, subject):
        if len(asked) == LOOKS_MAXIMUM:
            return CouldSee(merged(standing.registers, subject, asked), complete=False)
        asked.append((look, await engine.decide(look.question)))
        # Many decisions in a row must not hold up the requests of others.
        await asyncio.sleep(0)
    return CouldSee(merged(standing.registers, subject, asked), complete=True)


def looks(standing: Standing, subject: Subject) -> Iterator[Look]:
    """The questions, each once, in the order of organisation, purpose and role."""
    registers = standing.registers
    asking: set[tuple[str, str, str, str | None]] = set()
    for name in standing.in_force - standing.suspended:
        agreement = registers.agreements[name]
        # A source is asked only where it knows the person, so of the others nothing can be seen by anybody.
        if not any(terms.organisation in subject.pointers for terms in agreement.sources):
            continue
        for recipient in agreement.recipients:
            for role, terms in recipient.roles.items():
                for purpose in agreement.purposes:
                    for check in _asked_for(agreement, terms):
                        asking.add((recipient.organisation, purpose, role, check))
    for organisation, purpose, role, check in sorted(asking, key=lambda one: (*one[:3], one[3] or "")):
        yield _look(standing, subject, organisation, purpose, role, check)


def merged(
    registers: Registers, subject: Subject, decided: Iterable[tuple[Look, Decision]]
) -> tuple[Row, ...]:
    """The rows: roles of an organisation that could see the same for the same reason stand in one."""
    roles: dict[_Key, list[str]] = {}
    rows: dict[_Key, Row] = {}
    for look, decision in decided:
        for row in _rows(registers, subject, look, decision):
            key = _key(row)
            rows.setdefault(key, row)
            roles.setdefault(key, []).append(look.role)
    return tuple(replace(row, roles=tuple(roles[key])) for key, row in rows.items())


_Key = tuple[object, ...]


def _key(row: Row) -> _Key:
    shown = frozenset(
        (source, section, fields)
        for source, sections in row.shown.items()
        for section, fields in sections.items()
    )
    return (row.organisation, row.purpose, row.because, shown, row.permissions, row.agreements, row.check)


def _asked_for(agreement: Agreement, terms: RoleTerms) -> Iterator[str | None]:
    """A view, if the role sees something, and each check that it may ask."""
    sees = agreement.sections if terms.sees is None else terms.sees
    if any(sees.values()):
        yield None
    yield from terms.checks


def _look(
    standing: Standing, subject: Subject, organisation: str, purpose: str, role: str, check: str | None
) -> Look:
    emergency = standing.registers.purposes[purpose].emergency
    asked = None if check is None else frozenset({standing.registers.checks[check].section})
    # Whoever could look is somebody whose token and sign-in are in order.
    question = Question(
        asker=Asker(organisation, "", role, frozenset({"views", "checks", "break-glass"}), strong=True),
        purpose=purpose,
        sections=asked,
        agreements=standing.in_force,
        subject=subject,
        suspended=standing.suspended,
        check=check,
        emergency=None if emergency is None else min(emergency.reasons),
    )
    return Look(organisation, role, purpose, check, emergency is not None, question)


def _rows(registers: Registers, subject: Subject, look: Look, decision: Decision) -> Iterator[Row]:
    """One look's rows: what it could see, apart by reason and by the permissions that it rests on."""
    found: dict[tuple[Because, frozenset[str]], dict[str, dict[str, frozenset[str]]]] = {}
    agreements: dict[tuple[Because, frozenset[str]], set[str]] = {}
    for permit in decision.permits:
        agreement = registers.agreements[str(permit.basis["agreement"])]
        for section, fields in permit.sections.items():
            because = _because(registers, agreement, permit.source, section)
            rests_on = _rests_on(subject, permit, section) if because is Because.ALLOWED else frozenset()
            found.setdefault((because, rests_on), {}).setdefault(permit.source, {})[section] = fields
            agreements.setdefault((because, rests_on), set()).add(agreement.id)
    for (because, rests_on), shown in found.items():
        yield Row(
            organisation=look.organisation,
            purpose=look.purpose,
            roles=(look.role,),
            because=because,
            shown=shown,
            permissions=rests_on,
            agreements=frozenset(agreements[because, rests_on]),
            check=look.check,
            emergency=look.emergency,
        )


def _because(registers: Registers, agreement: Agreement, source: str, section: str) -> Because:
    rule = agreement.rule(section)
    if rule is PermissionRule.PERMISSION or registers.organisations[source].hidden:
        return Because.ALLOWED
    return Because.NO_OBJECTION if rule is PermissionRule.NO_OBJECTION else Because.LAW


def _rests_on(subject: Subject, permit: SourcePermit, section: str) -> frozenset[str]:
    """Of the permissions that the engine says the source's share rests on, those that reach the section."""
    return frozenset(
        one.id
        for one in subject.permissions
        if one.id in permit.permissions
        and one.sections.get(section, frozenset()) & permit.sections[section]
        and not one.sources.isdisjoint({permit.source, "*"})
    )
