"""The canonical form of a question, as the policy engines read it (`input` in policies/rego)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import orjson

from core.vocabulary import JsonObject
from gateway.policy.port import Permission, Question

_NONE: frozenset[str] = frozenset()


def narrowed(question: Question, concerned: Mapping[tuple[str, str], frozenset[str]]) -> Question:
    """The question with those agreements only that name its asker and purpose (`gateway.policy.compile.concerned`).

    Whatever else is in force or suspended is nobody's business here, and must not make an engine slower.
    """
    ours = concerned.get((question.asker.organisation, question.purpose), _NONE)
    return replace(question, agreements=ours & question.agreements, suspended=ours & question.suspended)


def to_input(question: Question) -> JsonObject:
    """The question as a JSON object; equal questions give equal objects: sets are sorted, permissions stand by id."""
    asker = question.asker
    subject = question.subject
    return {
        "asker": {
            "organisation": asker.organisation,
            "client": asker.client,
            "role": asker.role,
            "scopes": sorted(asker.scopes),
            "strong": asker.strong,
        },
        "purpose": question.purpose,
        "sections": None if question.sections is None else sorted(question.sections),
        "agreements": sorted(question.agreements),
        "suspended": sorted(question.suspended),
        "check": question.check,
        "emergency": question.emergency,
        "hold_back": question.hold_back,
        "subject": {
            "label": subject.label.value,
            "pointers": sorted(subject.pointers),
            "permissions": [
                _permission(each) for each in sorted(subject.permissions, key=lambda one: one.id)
            ],
        },
    }


def canonical(question: Question) -> bytes:
    """The question as canonical JSON in UTF-8: keys sorted, no spaces."""
    return orjson.dumps(to_input(question), option=orjson.OPT_SORT_KEYS)


def _permission(permission: Permission) -> JsonObject:
    return {
        "id": permission.id,
        "kind": permission.kind,
        "purposes": sorted(permission.purposes),
        "sections": {section: sorted(fields) for section, fields in permission.sections.items()},
        "sources": sorted(permission.sources),
        "recipients": sorted(permission.recipients),
        "precedes": sorted(permission.precedes),
    }
