"""Compiles the registers into the data that the Rego reads, indexed so that a decision looks up and never searches.

`registers.parties[recipient][purpose][agreement]` holds what one agreement means for one recipient, so that the cost of a
decision does not depend on how many agreements others have made. Nothing is decided here: each gate's terms stand side by
side, and `policies/rego` brings them together. Fields are objects (`{field: true}`), since JSON has no sets.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeAlias, cast

import orjson

from gateway.policy.register_values import (
    Agreement,
    Fields,
    Purpose,
    RecipientTerms,
    Registers,
    Status,
)

Data: TypeAlias = "bool | int | str | list[Data] | dict[str, Data] | None"


def policy_data(registers: Registers) -> dict[str, Data]:
    """The data document of the policy engine, the same for the same registers."""
    return {
        "registers": {
            "purposes": {purpose.id: _purpose(purpose) for purpose in registers.purposes.values()},
            "sections": _flags(registers.sections),
            "roles": _flags(registers.roles),
            "locations": _fields({section.id: section.locations for section in registers.sections.values()}),
            "sensitive": _fields({section.id: section.sensitive for section in registers.sections.values()}),
            "offences": _fields({section.id: section.offences for section in registers.sections.values()}),
            "checks": {
                check.id: {"section": check.section, "field": check.field}
                for check in registers.checks.values()
            },
            "specified": _flags(
                each.id for each in registers.organisations.values() if each.specified_authority
            ),
            "only_for": {
                each.id: _flags(each.only_for)
                for each in registers.organisations.values()
                if each.only_for is not None
            },
            "hidden": _flags(each.id for each in registers.organisations.values() if each.hidden),
            "confidential": _flags(each.id for each in registers.organisations.values() if each.confidential),
            "parties": _parties(registers),
        }
    }


def _purpose(purpose: Purpose) -> Data:
    """What does not apply is left out: to Rego, null is as true as anything."""
    emergency, hold_back = purpose.emergency, purpose.hold_back
    entry: dict[str, Data] = {
        "sections": _fields(purpose.sections),
        "labels": _flags(purpose.labels),
        "specified_only": purpose.specified_authorities_only,
        "notify": purpose.notify,
        "watermark": purpose.watermark,
    }
    if emergency is not None:
        entry["emergency"] = {"reasons": _flags(emergency.reasons), "minutes": emergency.use_minutes}
    if hold_back is not None:
        entry["hold_back"] = {
            "reasons": _flags(hold_back.reasons),
            "look_again_days": hold_back.look_again_days,
        }
    if purpose.review_hours is not None:
        entry["review_hours"] = purpose.review_hours
    return entry


def with_revision(data: Mapping[str, Data], rego_sha256: str) -> dict[str, Data]:
    """The data document with its revision: SHA-256, in hexadecimal, over the digests of the Rego and of the data.

    It stands in the data so that a decision itself says under which revision it was made, whichever engine made it.
    """
    registers = cast("dict[str, Data]", data["registers"])
    digest = hashlib.sha256(bytes.fromhex(rego_sha256) + hashlib.sha256(document(data)).digest())
    return {**data, "registers": {**registers, "revision": digest.hexdigest()}}


def revision_of(data: Mapping[str, Data]) -> str:
    """The revision that stands in a data document."""
    return str(cast("dict[str, Data]", data["registers"])["revision"])


def concerned(registers: Registers) -> dict[tuple[str, str], frozenset[str]]:
    """(recipient, purpose) -> ids of the agreements that name them: whatever else is in force need not be asked about."""
    found: dict[tuple[str, str], set[str]] = {}
    for agreement, recipient, purpose in _terms(registers):
        found.setdefault((recipient.organisation, purpose), set()).add(agreement.id)
    return {key: frozenset(ids) for key, ids in found.items()}


def document(data: Mapping[str, Data]) -> bytes:
    """A data document as canonical JSON in UTF-8: keys sorted, no spaces."""
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS)


def _terms(registers: Registers) -> list[tuple[Agreement, RecipientTerms, str]]:
    """Every agreement that is past its draft, by recipient and purpose."""
    return [
        (agreement, recipient, purpose)
        for _, agreement in sorted(registers.agreements.items())
        if agreement.status is not Status.DRAFT
        for recipient in agreement.recipients
        for purpose in sorted(agreement.purposes)
    ]


def _parties(registers: Registers) -> dict[str, Data]:
    parties: dict[str, dict[str, dict[str, Data]]] = {}
    for agreement, recipient, purpose in _terms(registers):
        by_purpose = parties.setdefault(recipient.organisation, {})
        by_purpose.setdefault(purpose, {})[agreement.id] = _agreement(agreement, recipient)
    return {recipient: dict(by_purpose) for recipient, by_purpose in parties.items()}


def _agreement(agreement: Agreement, recipient: RecipientTerms) -> Data:
    return {
        "version": agreement.version,
        "status": agreement.status.value,
        "valid_from": agreement.valid_from.isoformat(),
        "valid_until": agreement.valid_until.isoformat() if agreement.valid_until else None,
        "renewed_by": agreement.renewed_by,
        "rule": agreement.permission_rule.value,
        "rules": {section: rule.value for section, rule in agreement.rules.items()},
        "clauses": dict(agreement.clauses),
        "article_6": {
            basis.organisation: {"point": basis.point, "law": basis.law} for basis in agreement.article_6
        },
        "article_9": (
            {"condition": agreement.article_9.name, "law": agreement.article_9.law}
            if agreement.article_9
            else None
        ),
        "article_10": (
            {"condition": agreement.article_10.name, "law": agreement.article_10.law}
            if agreement.article_10
            else None
        ),
        "confidentiality": (
            {"gate": agreement.confidentiality.name, "law": agreement.confidentiality.law}
            if agreement.confidentiality
            else None
        ),
        "sources": {terms.organisation: _fields(terms.sections) for terms in agreement.sources},
        "roles": {
            role: {
                "sees": _fields(agreement.sections if terms.sees is None else terms.sees),
                "labels": _flags(terms.labels),
                "checks": _flags(terms.checks),
            }
            for role, terms in recipient.roles.items()
        },
    }


def _fields(fields: Fields) -> dict[str, Data]:
    return {section: _flags(names) for section, names in sorted(fields.items()) if names}


def _flags(names: Iterable[str]) -> dict[str, Data]:
    return dict.fromkeys(sorted(names), True)
