"""The canonical form of a question, as the policy engines read it (`input` in policies/rego)."""

from __future__ import annotations

import orjson

from core.vocabulary import JsonObject
from gateway.policy.port import Permission, Question


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
        },
        "purpose": question.purpose,
        "sections": None if question.sections is None else sorted(question.sections),
        "agreements": sorted(question.agreements),
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
    }
