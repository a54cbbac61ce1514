"""Registers of any size out of the real ones, and a full-size question about them. Pure but for the engine that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count, islice

from core.vocabulary import Kind, Label, PermissionRule
from gateway.policy.port import Asker, Decision, Permission, PolicyEngine, Question, Subject
from gateway.policy.registers import Agreement, Organisation, Registers, agreements_in_force

SOURCES = 3
SECTIONS = 12
"""What is shown of the person of a full-size question: a dozen sections, from three sources."""


@dataclass(frozen=True, slots=True)
class FullSize:
    """A question of full size, and the agreements that concern its asker and purpose. sections: counted source by source."""

    question: Question
    concerned: frozenset[str]
    sources: int
    sections: int
    fields: int

    def told(self) -> str:
        """In words."""
        asker = self.question.asker
        return (
            f"{asker.organisation} ({asker.role}) asks for {self.question.purpose}: {self.sections} sections of "
            f"{self.sources} sources, {self.fields} fields"
        )


def multiplied(registers: Registers, concerned: frozenset[str], agreements: int) -> Registers:
    """The registers with exactly so many agreements: the concerned ones, then the real ones, then copies of all of them
    between organisations of their own.
    """
    first = sorted(registers.agreements, key=lambda id_: (id_ not in concerned, id_))
    if agreements < len(concerned):
        raise ValueError("the agreements that concern the question have to stay")
    kept = {id_: registers.agreements[id_] for id_ in first[:agreements]}
    organisations = dict(registers.organisations)
    for number, agreement in islice(_copies(registers), agreements - len(kept)):
        kept[agreement.id] = agreement
        for name in agreement.parties:
            organisations[name] = _renamed(registers.organisations, name, number)
    return replace(registers, organisations=organisations, agreements=kept)


async def full_size(registers: Registers, engine: PolicyEngine, at: datetime) -> FullSize:
    """The question about a person whom three sources know and who allowed all of it that comes closest to full size."""
    in_force = agreements_in_force(registers, at)
    asked: list[tuple[Question, Decision]] = []
    for question in _questions(registers, in_force):
        everywhere = await engine.decide(question)
        most = sorted(everywhere.permits, key=lambda permit: (-len(permit.sections), permit.source))[:SOURCES]
        known = frozenset(permit.source for permit in most)
        narrowed = replace(question, subject=replace(question.subject, pointers=known))
        asked.append((narrowed, await engine.decide(narrowed)))
    question, decision = max(asked, key=lambda one: _likeness(*_size(one[1])))
    concerned = frozenset(
        agreement.id
        for agreement in registers.agreements.values()
        if question.purpose in agreement.purposes
        and question.asker.organisation in {each.organisation for each in agreement.recipients}
    )
    return FullSize(question, concerned, *_size(decision))


def _likeness(sources: int, sections: int, fields: int) -> tuple[int, int, int]:
    return sources, -abs(sections - SECTIONS), fields


def _size(decision: Decision) -> tuple[int, int, int]:
    """Sources, sections by source, and fields."""
    sections = [fields for permit in decision.permits for fields in permit.sections.values()]
    return len(decision.permits), len(sections), sum(map(len, sections))


def _questions(registers: Registers, in_force: frozenset[str]) -> Iterator[Question]:
    for id_ in sorted(in_force):
        agreement = registers.agreements[id_]
        if agreement.permission_rule is PermissionRule.PERMISSION:
            for recipient in agreement.recipients:
                for role in sorted(recipient.roles):
                    for purpose in sorted(agreement.purposes):
                        yield _question(agreement, recipient.organisation, role, purpose, in_force)


def _question(
    agreement: Agreement, organisation: str, role: str, purpose: str, in_force: frozenset[str]
) -> Question:
    grant = Permission(
        id="c_1",
        kind=Kind.CONFIDENTIALITY_CONSENT.value,
        purposes=frozenset({purpose}),
        sections=agreement.sections,
        sources=frozenset({"*"}),
        recipients=frozenset({organisation}),
    )
    return Question(
        asker=Asker(organisation, f"{organisation}-app", role, frozenset({"views"})),
        purpose=purpose,
        sections=None,
        agreements=in_force,
        subject=Subject(Label.UNRESTRICTED, agreement.parties, (grant,)),
    )


def _copies(registers: Registers) -> Iterator[tuple[int, Agreement]]:
    """(number of the copy, agreement) without end; every copy's organisations are new ones."""
    for number in count(1):
        for _, agreement in sorted(registers.agreements.items()):
            yield number, _copy(agreement, number)


def _copy(agreement: Agreement, number: int) -> Agreement:
    return replace(
        agreement,
        id=f"{agreement.id}-{number}",
        renews=None,
        renewed_by=None,
        sources=tuple(
            replace(each, organisation=f"{each.organisation}-{number}") for each in agreement.sources
        ),
        recipients=tuple(
            replace(each, organisation=f"{each.organisation}-{number}") for each in agreement.recipients
        ),
        article_6=tuple(
            replace(each, organisation=f"{each.organisation}-{number}") for each in agreement.article_6
        ),
        signatories=tuple(
            replace(each, organisation=f"{each.organisation}-{number}") for each in agreement.signatories
        ),
    )


def _renamed(organisations: Mapping[str, Organisation], name: str, number: int) -> Organisation:
    return replace(organisations[name.removesuffix(f"-{number}")], id=name)
