"""Seeded random questions and worlds for the policy engines: the same seed gives the same, on every machine.

Nothing here knows a particular agreement: whatever the registers hold is drawn from. Most questions are nearly right, since
a question that is wrong in three ways shows one refusal and hides the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

from core.vocabulary import Kind, Label, PermissionRule
from gateway.policy.port import Asker, Decision, Permission, Question, Subject
from gateway.policy.register_values import (
    Agreement,
    Check,
    Emergency,
    Fields,
    HoldBack,
    LegalGate,
    Organisation,
    Purpose,
    RecipientTerms,
    Registers,
    RoleTerms,
    Section,
    Status,
    Suspension,
    agreements_in_force,
)

UNHEARD_OF = "unheard of: “né\u0000e”"
LABELS = [Label.UNRESTRICTED] * 6 + [Label.RESTRICTED, Label.VERY_RESTRICTED, Label.UNKNOWN, Label.REDACTED]
KINDS = [Kind.CONFIDENTIALITY_CONSENT] * 6 + [Kind.REFERRAL_AGREEMENT] * 2 + list(Kind)
RULES = list(PermissionRule)
GATES = ["explicit-consent", "implied-consent", "statute", "public-interest"]
FIRST_DAY = datetime(2025, 10, 1, 12, tzinfo=UTC)
_T = TypeVar("_T")


def questions(registers: Registers, seed: int, count: int) -> Iterator[Question]:
    """So many questions about these registers."""
    draw = _Draw(registers, Random(seed))
    for _ in range(count):
        yield draw.question()


class _Draw:
    def __init__(self, registers: Registers, rng: Random) -> None:
        self._rng = rng
        self._registers = registers
        self._agreements = [each for _, each in sorted(registers.agreements.items())]
        self._special = [
            each
            for each in self._agreements
            if any(registers.purposes[purpose].emergency for purpose in each.purposes)
            or each.status is Status.WINDING_DOWN
            or any(terms.checks for recipient in each.recipients for terms in recipient.roles.values())
        ]
        self._organisations = sorted(registers.organisations)
        self._hidden = sorted(each.id for each in registers.organisations.values() if each.hidden)

    def question(self) -> Question:
        rng = self._rng
        agreement = rng.choice(self._special if self._special and self._chance(0.3) else self._agreements)
        recipient = rng.choice(agreement.recipients)
        role, terms = rng.choice(sorted(recipient.roles.items()))
        purpose = self._mostly(rng.choice(sorted(agreement.purposes)), self._registers.purposes, 0.95)
        if self._chance(0.02):  # among so many purposes one that nobody has heard of would hardly be drawn
            purpose = UNHEARD_OF
        known = self._registers.purposes.get(purpose)
        return Question(
            asker=Asker(
                organisation=self._mostly(recipient.organisation, self._organisations, 0.97),
                client="app",
                role=None if self._chance(0.02) else self._mostly(role, self._registers.roles, 0.94),
                scopes=frozenset() if self._chance(0.02) else frozenset({"views", "checks", "break-glass"}),
                strong=self._chance(0.8),
            ),
            purpose=purpose,
            sections=self._asked(agreement),
            agreements=self._in_force(),
            subject=self._subject(agreement, purpose, recipient),
            suspended=self._suspended(agreement),
            check=self._check(terms),
            emergency=self._reason(known.emergency if known else None, given=0.9),
            hold_back=self._reason(known.hold_back if known else None, given=0.4),
        )

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _some(self, names: Collection[str], share: float = 0.5) -> frozenset[str]:
        return frozenset(name for name in sorted(names) if self._chance(share))

    def _mostly(self, right: str, others: Collection[str], share: float) -> str:
        """The right one; else any other, or one that nobody has heard of."""
        return right if self._chance(share) else self._rng.choice([*sorted(others), UNHEARD_OF])

    def _asked(self, agreement: Agreement) -> frozenset[str] | None:
        if self._chance(0.6):
            return None
        asked = set(self._rng.sample(sorted(agreement.sections), k=min(2, len(agreement.sections))))
        if self._chance(0.1):
            asked.add(self._rng.choice([*sorted(self._registers.sections), UNHEARD_OF]))
        return frozenset() if self._chance(0.02) else frozenset(asked)

    def _in_force(self) -> frozenset[str]:
        """As of some day; or whatever anyone may take to be in force."""
        if self._chance(0.3):
            return frozenset(self._registers.agreements)
        days = self._rng.choice([420, 420, self._rng.randrange(1000)])
        return agreements_in_force(self._registers, FIRST_DAY + timedelta(days=days))

    def _suspended(self, agreement: Agreement) -> frozenset[str]:
        if self._chance(0.9):
            return frozenset()
        return self._some(self._registers.agreements, 0.2) | self._some([agreement.id, UNHEARD_OF])

    def _check(self, terms: RoleTerms) -> str | None:
        if terms.checks and self._chance(0.7):
            return self._rng.choice(sorted(terms.checks))
        return self._mostly("", self._registers.checks, 0.97) or None

    def _reason(self, coded: Emergency | HoldBack | None, given: float) -> str | None:
        """Of a purpose that has coded reasons, mostly one of them."""
        reasons = sorted(coded.reasons) if coded else []
        if not self._chance(given if reasons else 0.02):
            return None
        return self._mostly(self._rng.choice(reasons), [], 0.95) if reasons else UNHEARD_OF

    def _subject(self, agreement: Agreement, purpose: str, recipient: RecipientTerms) -> Subject:
        sources = [terms.organisation for terms in agreement.sources]
        pointers = self._some(sources, 0.85) | self._some(self._organisations, 0.3)
        kinds = self._rng.choices(KINDS, k=self._rng.choice([0, 1, 1, 1, 2, 3]))
        permissions = tuple(
            self._permission(f"p{number}", kind, agreement, purpose, recipient)
            for number, kind in enumerate(kinds)
        )
        return Subject(self._rng.choice(LABELS), pointers, permissions)

    def _permission(
        self, name: str, kind: Kind, agreement: Agreement, purpose: str, recipient: RecipientTerms
    ) -> Permission:
        sources = [terms.organisation for terms in agreement.sources]
        return Permission(
            id=name,
            kind=kind.value,
            purposes=self._scope([purpose], self._registers.purposes),
            sections=self._scope_sections(agreement.sections),
            sources=self._scope(sources, [*self._organisations, *self._hidden], anything=0.3),
            recipients=self._scope([recipient.organisation], self._organisations),
            precedes=self._some([agreement.id], 0.6) | self._some(self._registers.agreements, 0.1),
        )

    def _scope(
        self, right: Collection[str], others: Collection[str], anything: float = 0.12
    ) -> frozenset[str]:
        """What is right, more or less than that, or anything."""
        if self._chance(anything):
            return frozenset("*")
        return self._some(right, 0.9) | self._some(others, 0.08)

    def _scope_sections(self, agreed: Fields) -> Mapping[str, frozenset[str]]:
        if self._chance(0.08):
            return {"*": frozenset("*")}
        found = {
            section: frozenset("*") if self._chance(0.12) else self._some(fields, 0.8)
            for section, fields in sorted(agreed.items())
            if self._chance(0.85)
        }
        if self._chance(0.1):
            found["*"] = self._some([field for fields in agreed.values() for field in fields], 0.2)
        return found


def made_up(registers: Registers, seed: int) -> Registers:
    """The registers with parts of every kind dropped, added and exchanged: also what their own checks would refuse."""
    return _Edit(registers, Random(seed)).registers()


class _Edit:
    def __init__(self, registers: Registers, rng: Random) -> None:
        self._was = registers
        self._rng = rng

    def registers(self) -> Registers:
        was = self._was
        sections = _each(was.sections, self._section)
        fields = [
            (section, field) for section in sorted(sections) for field in sorted(sections[section].fields)
        ]
        drawn = enumerate(self._rng.sample(fields, k=3))
        checks = {
            f"check-{number}": Check(f"check-{number}", "Check", "A check", *where, frozenset({"yes"}))
            for number, where in drawn
        }
        edited = replace(
            was,
            organisations=_each(was.organisations, self._organisation),
            sections=sections,
            purposes=_each(was.purposes, self._purpose),
            checks={**was.checks, **checks},
        )
        self._was = edited
        agreements = _each(was.agreements, self._agreement)
        # A later one for the same parties: at times the two contradict each other, and nothing may be decided.
        twin = self._rng.choice(sorted(agreements))
        agreements[f"{twin}-twin"] = self._agreement(replace(agreements[twin], id=f"{twin}-twin"))
        return replace(edited, agreements=agreements)

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _some(self, names: Collection[str], share: float) -> frozenset[str]:
        return frozenset(name for name in sorted(names) if self._chance(share))

    def _thinned(self, fields: Fields, share: float) -> Fields:
        return {section: self._some(names, share) for section, names in sorted(fields.items())}

    def _section(self, was: Section) -> Section:
        return replace(
            was,
            sensitive=was.sensitive | self._some(was.fields, 0.1),
            offences=was.offences | self._some(was.fields, 0.1),
        )

    def _organisation(self, was: Organisation) -> Organisation:
        listed = self._some(self._was.purposes, 0.6) if self._chance(0.04) else was.only_for
        return replace(
            was,
            hidden=was.hidden or self._chance(0.12),
            confidential=was.confidential != self._chance(0.2),
            specified_authority=was.specified_authority or self._chance(0.6),
            only_for=listed,
        )

    def _purpose(self, was: Purpose) -> Purpose:
        reasons = {code: code.title() for code in ("fire", "danger", "child")}
        return replace(
            was,
            sections=self._thinned(was.sections, 0.85),
            labels=was.labels | self._some(["R", "PSY", "SDV"], 0.4),
            specified_authorities_only=was.specified_authorities_only or self._chance(0.06),
            emergency=Emergency(reasons, 5) if self._chance(0.15) else was.emergency,
            hold_back=HoldBack(reasons, 9) if self._chance(0.3) else was.hold_back,
            review_hours=self._rng.choice([None, 24, was.review_hours]),
            notify=was.notify or self._chance(0.3),
            watermark=was.watermark or self._chance(0.3),
        )

    def _agreement(self, was: Agreement) -> Agreement:
        rng = self._rng
        status = rng.choice(
            [was.status] * 12 + [Status.ACTIVE, Status.SUSPENDED, Status.WINDING_DOWN, Status.DRAFT]
        )
        other = LegalGate(rng.choice(GATES), "Another law")
        dropped = rng.choice(was.article_6) if self._chance(0.1) else None
        since = Suspension(date(2026, 6, 1), "party", "It ends")
        return replace(
            was,
            version=rng.randrange(1, 9),
            status=status,
            winding_down=since if status is Status.WINDING_DOWN else None,
            valid_until=rng.choice([was.valid_until] * 4 + [None, date(2026, 4, 30)]),
            renewed_by=rng.choice([was.renewed_by, None, rng.choice(sorted(self._was.agreements))]),
            permission_rule=rng.choice([was.permission_rule] * 4 + [rng.choice(RULES)]),
            rules={section: rng.choice(RULES) for section in sorted(self._some(was.sections, 0.2))},
            article_6=tuple(basis for basis in was.article_6 if basis is not dropped),
            article_9=rng.choice([was.article_9] * 4 + [None, LegalGate("9(2)(g)", "A law")]),
            article_10=rng.choice([was.article_10, None, LegalGate("s.10(5)", "A law")]),
            confidentiality=rng.choice([was.confidentiality] * 6 + [None, other]),
            sources=tuple(replace(each, sections=self._thinned(each.sections, 0.9)) for each in was.sources),
            recipients=tuple(self._recipient(each) for each in was.recipients),
        )

    def _recipient(self, was: RecipientTerms) -> RecipientTerms:
        return replace(was, roles={name: self._role(terms) for name, terms in sorted(was.roles.items())})

    def _role(self, was: RoleTerms) -> RoleTerms:
        sees = was.sees if self._chance(0.85) else {}
        return RoleTerms(
            sees=None if sees is None else self._thinned(sees, 0.9),
            labels=was.labels | self._some(["R", "PSY", "SDV"], 0.5),
            checks=was.checks | self._some(self._was.checks, 0.2),
        )


def _each(entries: Mapping[str, _T], change: Callable[[_T], _T]) -> dict[str, _T]:
    return {name: change(entry) for name, entry in sorted(entries.items())}


def features(question: Question, decision: Decision | None, registers: Registers) -> Iterator[str]:
    """What a question shows of the policy; None for no decision, as where two agreements contradict each other."""
    if decision is None:
        yield "no decision"
        return
    if decision.refusal is not None:
        yield f"refused: {decision.refusal.code}"
        return
    yield "permits" if decision.permits else "permits nothing"
    yield from _of_the_decision(decision, registers)
    if question.check is not None and decision.permits:
        yield "permits a check"
    if decision.permits and question.subject.label.hides_location:
        yield "permits without locations"


def _of_the_decision(decision: Decision, registers: Registers) -> Iterator[str]:
    yield from {f"obligation: {one['code']}" for one in decision.obligations}
    yield from {f"reason: {one['code']}" for one in decision.reasons}
    if decision.permitted_labels:
        yield "permits a labelled fragment"
    for permit in decision.permits:
        agreement = registers.agreements[str(permit.basis["agreement"])]
        yield f"under rule: {agreement.permission_rule}"
        if registers.organisations[permit.source].hidden:
            yield "permits a hidden source"
        if agreement.status is Status.WINDING_DOWN:
            yield "permits under a winding down"
        if agreement.rules.keys() & permit.sections.keys():
            yield "permits by a section's own rule"
        if permit.permissions:
            yield "rests on a permission"
