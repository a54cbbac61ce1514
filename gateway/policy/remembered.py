"""Remembers decisions by revision and question, so that the same question is decided once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace

from core.vocabulary import JsonObject
from gateway.policy.answer import in_order
from gateway.policy.port import Decision, Permission, PolicyEngine, Question, SourcePermit


class Remembered:
    """A `PolicyEngine` before another one: at most `maximum` decisions, the least recently used forgotten first.

    A decision is a pure function of revision and question, and time enters the question only as what is in force, so nothing
    remembered outlives a grant, an agreement or a policy. Permissions are renumbered before a question is put or remembered:
    the same wishes of two people are one question, and no person's permission id rests here. Failures are never remembered.
    """

    def __init__(self, engine: PolicyEngine, maximum: int = 10_000) -> None:
        self._engine = engine
        self._maximum = maximum
        self._decisions: OrderedDict[Hashable, Decision] = OrderedDict()
        self.hits = 0
        self.misses = 0

    @property
    def revision(self) -> str:
        """The revision of the engine behind."""
        return self._engine.revision

    async def decide(self, question: Question) -> Decision:
        """The remembered decision, or a new one; in either case about this person's own permissions."""
        permissions = question.subject.permissions
        key = (self._engine.revision, *_key(question))
        decision = self._decisions.get(key)
        if decision is None:
            self.misses += 1
            decision = await self._engine.decide(_renumbered(question))
            # The engine may have changed its revision meanwhile; such a decision is used, not kept under the older one.
            if decision.revision == key[0]:
                self._decisions[key] = decision
                if len(self._decisions) > self._maximum:
                    self._decisions.popitem(last=False)
        else:
            self.hits += 1
            self._decisions.move_to_end(key)
        return _named(decision, permissions) if permissions else decision


def _key(question: Question) -> tuple[Hashable, ...]:
    """All of the question but the permissions' ids. Frozen sets keep their hash, which makes this cheap to look up."""
    asker = question.asker
    subject = question.subject
    return (
        asker.organisation,
        asker.client,
        asker.role,
        asker.scopes,
        asker.strong,
        question.purpose,
        question.sections,
        question.agreements,
        question.suspended,
        question.check,
        question.emergency,
        question.hold_back,
        subject.label,
        subject.pointers,
        tuple(
            (
                each.kind,
                each.purposes,
                frozenset(each.sections.items()),
                each.sources,
                each.recipients,
                each.precedes,
            )
            for each in subject.permissions
        ),
    )


def _renumbered(question: Question) -> Question:
    subject = question.subject
    numbered = tuple(replace(each, id=str(number)) for number, each in enumerate(subject.permissions))
    return replace(question, subject=replace(subject, permissions=numbered))


def _named(decision: Decision, permissions: tuple[Permission, ...]) -> Decision:
    """The decision with the permissions' own ids."""
    permits = tuple(
        _named_permit(permit, permissions) if permit.permissions else permit for permit in decision.permits
    )
    reasons = in_order(_named_reason(reason, permissions) for reason in decision.reasons)
    return replace(decision, permits=permits, reasons=reasons)


def _named_permit(permit: SourcePermit, permissions: tuple[Permission, ...]) -> SourcePermit:
    return replace(
        permit, permissions=frozenset(permissions[int(number)].id for number in permit.permissions)
    )


def _named_reason(reason: JsonObject, permissions: tuple[Permission, ...]) -> JsonObject:
    number = reason.get("permission")
    return {**reason, "permission": permissions[int(number)].id} if isinstance(number, str) else reason
