"""What another policy would have decided otherwise: the decisions of the log asked again, and the difference counted.

Pure but for the engines. `again` is the question of an entry as a policy would have been asked it at that time;
`Difference` counts what two decisions about it do not have in common. Counts and names of fields, never people; memory
grows with the agreements, not with the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from core.errors import ClosedError
from gateway.policy.live import Policy
from gateway.policy.port import Decision, Question
from gateway.policy.register_values import Registers, agreements_in_force

What = Literal["gains", "loses", "moves", "refused", "must"]
_ORDER: tuple[What, ...] = ("loses", "gains", "moves", "refused", "must")
UNDECIDED = "undecided"
"""Stands in for a refusal's code where a policy contradicts itself: then nothing is shown."""
UNKNOWN = "(not in the register)"
"""Stands in for a role or purpose that a caller made up: it may be any text."""
HIDDEN = "(a hidden source)"


@dataclass(frozen=True, slots=True)
class Line:
    """One difference. agreement: of what is gained, the candidate's; of what is lost, today's; None with a refusal.

    what: `gains` and `loses` a field; `moves`, the same field under another agreement; `refused`, another refusal or none;
    `must`, another obligation. detail: `section.field`, or what it was -> what it would be. source: whose field.
    """

    organisation: str
    role: str | None
    purpose: str
    what: What
    agreement: str | None
    source: str | None
    detail: str


@dataclass(slots=True)
class Difference:
    """The differences so far. lines: how often each. decisions: asked again; changed: of these, with any difference.

    erased: not asked, since the person's key is gone. unreadable: not asked, since the input does not open.
    """

    lines: Counter[Line] = field(default_factory=Counter)
    decisions: int = 0
    changed: int = 0
    erased: int = 0
    unreadable: int = 0

    def add(self, found: frozenset[Line]) -> None:
        """Count one decision that was asked again."""
        self.decisions += 1
        self.changed += bool(found)
        self.lines.update(found)

    def sorted(self) -> tuple[tuple[Line, int], ...]:
        """The lines by organisation, role, purpose and agreement, with how often each."""
        return tuple(sorted(self.lines.items(), key=lambda one: _sorting(one[0])))


def again(question: Question, policy: Policy, at: datetime, given: Mapping[str, datetime]) -> Question:
    """The question as this policy would have been asked it at the entry's time.

    given: when each of the person's permissions was given, by id, as far as known: whether one precedes an agreement's
    winding down is the policy's to say. What a party had suspended at run time stays suspended.
    """
    registers = policy.registers
    check = None if question.check is None else policy.calendar.check(question.check)
    permissions = tuple(
        replace(one, precedes=policy.calendar.wound_down_after(given[one.id])) if one.id in given else one
        for one in question.subject.permissions
    )
    return replace(
        question,
        agreements=agreements_in_force(registers, at),
        sections=question.sections if check is None else frozenset({check.section}),
        subject=replace(question.subject, permissions=permissions),
    )


async def decided(question: Question, policy: Policy) -> Decision | None:
    """What the policy decides; None where it cannot, so that nothing is shown."""
    try:
        return await policy.engine.decide(question)
    except ClosedError:
        return None


def difference(
    question: Question, before: Decision | None, after: Decision | None, *known: Registers
) -> frozenset[Line]:
    """What differs between two decisions about one question. known: the registers by whose names it is told."""
    return frozenset(_lines(question, before, after, known))


def _lines(
    question: Question, before: Decision | None, after: Decision | None, known: tuple[Registers, ...]
) -> Iterator[Line]:
    asker = question.asker
    role = asker.role if asker.role is None or any(asker.role in one.roles for one in known) else UNKNOWN
    purpose = question.purpose if any(question.purpose in one.purposes for one in known) else UNKNOWN

    def line(what: What, detail: str, agreement: str | None = None, source: str | None = None) -> Line:
        return Line(asker.organisation, role, purpose, what, agreement, source, detail)

    code_before, code_after = _code(before), _code(after)
    if code_before != code_after:
        yield line("refused", f"{code_before or 'answered'} -> {code_after or 'answered'}")
    shown_before, shown_after = _shown(before), _shown(after)
    for (source, name), agreement in shown_after.items():
        told = _source(source, known)
        was = shown_before.get((source, name))
        if was is None:
            yield line("gains", name, agreement, told)
        elif was != agreement:
            yield line("moves", f"{name}: {was} -> {agreement}", agreement, told)
    for (source, name), agreement in shown_before.items():
        if (source, name) not in shown_after:
            yield line("loses", name, agreement, _source(source, known))
    if before is not None and after is not None and before.refusal is None and after.refusal is None:
        had, has = _obligations(before), _obligations(after)
        yield from (line("must", f"no longer {one}") for one in had - has)
        yield from (line("must", one) for one in has - had)


def _code(decision: Decision | None) -> str | None:
    if decision is None:
        return UNDECIDED
    return None if decision.refusal is None else decision.refusal.code


def _shown(decision: Decision | None) -> dict[tuple[str, str], str]:
    """(source, section.field) -> the agreement under which it is shown."""
    return {
        (permit.source, f"{section}.{name}"): str(permit.basis["agreement"])
        for permit in (decision.permits if decision is not None else ())
        for section, fields in permit.sections.items()
        for name in fields
    }


def _obligations(decision: Decision) -> set[str]:
    """The obligations in words; whose officers review follows from what is shown, so it is no difference of its own."""
    return {
        " ".join(f"{value}" for _, value in sorted(one.items()) if not isinstance(value, (list, tuple)))
        for one in decision.obligations
    } | {f"show fragments labelled {label}" for label in decision.permitted_labels}


def _source(source: str, known: tuple[Registers, ...]) -> str:
    """Even a count tells too much where it says who is known to somebody hidden, under either policy."""
    organisations = [one.organisations[source] for one in known if source in one.organisations]
    return HIDDEN if any(one.hidden for one in organisations) else source


def _sorting(line: Line) -> tuple[str, ...]:
    return (
        line.organisation,
        line.role or "",
        line.purpose,
        line.agreement or "",
        str(_ORDER.index(line.what)),
        line.source or "",
        line.detail,
    )
