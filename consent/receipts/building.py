"""The content of a receipt from what the log keeps of a decision. Pure, and the same for the same decision every time, but
for the proof, which grows with the log.

The fields are those of ISO/IEC TS 27560:2023, named as in W3C's DPV guide to it; every term is DPV's (`terms`). Nobody is
named: `pii_principal_id` is one pseudonym a person and recipient, of which nobody but the gateway knows whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from consent.permissions import Given, Permission
from consent.receipts import terms
from consent.receipts.strict import to_json
from core.times import to_ms
from core.vocabulary import Json, JsonObject, Kind

SCHEMA: Final = "oncetold/consent-receipt/v1"
STANDARD: Final = "ISO/IEC TS 27560:2023"
LANGUAGE: Final = "en"
WAY_TO_STOP: Final = "/portal/"
WAY_TO_CHECK: Final = "/portal/check"


@dataclass(frozen=True, slots=True)
class LogProof:
    """Where the log tells of the decision. leaf: base64 of its 41 bytes. proof: a C2SP tlog-proof of it."""

    index: int
    leaf: str
    proof: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a receipt is made of.

    subject: the pseudonym. at: when the log took the decision. given: whether it began, or was ended. by: who ended or began
    it. notice: the words that were said (gateway/notice.py), empty where none were kept. digest: SHA-256 of those words in
    canonical JSON, base64url; empty with them. issuer: our public address.
    """

    issuer: str
    reference: str
    subject: str
    at: datetime
    permission: Permission
    by: Given
    log: LogProof
    given: bool
    notice: JsonObject = field(default_factory=dict)
    digest: str = ""


def build(facts: Facts) -> dict[str, Json]:
    """The payload to be signed."""
    permission = facts.permission
    return {
        "iss": facts.issuer,
        "iat": to_ms(facts.at) // 1000,
        "jti": facts.reference,
        "sub": facts.subject,
        "schema_version": SCHEMA,
        "conforms_to": STANDARD,
        "receipt_id": facts.reference,
        "record": {
            "type": terms.CONSENT_RECORD,
            "record_id": permission.id,
            "pii_principal_id": facts.subject,
            "language": LANGUAGE,
            "privacy_notice": {"sha256": facts.digest, "words": facts.notice} if facts.notice else None,
            "pii_processing": _processing(facts),
            "party_identification": _parties(facts),
            "events": [_event(facts)],
        },
        "log": {"index": facts.log.index, "leaf": facts.log.leaf, "proof": facts.log.proof},
        "check_at": facts.issuer + WAY_TO_CHECK,
    }


def notice_bytes(notice: JsonObject) -> bytes:
    """The spelling of a notice's words over which its digest goes."""
    return to_json(notice)


def _processing(facts: Facts) -> list[Json]:
    """One entry a purpose; of an import they may be several, or any (`*`)."""
    permission, notice = facts.permission, facts.notice
    words, sections = _member(notice, "purposes"), _member(notice, "sections")
    information: list[Json] = [
        {
            "pii_type": section,
            "name": _text(_member(sections, section).get("title")),
            "dpv": terms.SPECIAL_CATEGORY
            if _member(sections, section).get("special") is True
            else terms.PERSONAL_DATA,
            "pii_attributes": sorted(fields),
        }
        for section, fields in sorted(permission.sections.items())
    ]
    return [
        {
            "purpose": code,
            "purpose_name": _text(_member(words, code).get("title")),
            "purpose_type": terms.SERVICE_PROVISION,
            "kind": permission.kind.value,
            "lawful_basis": _bases(facts),
            "pii_information": information,
            "processing_methods": [terms.TRANSFER, terms.USE],
            "pii_controllers": sorted(permission.recipients),
            "collection_method": {"from": _sources(permission, notice)},
            "retention_period": {
                "from": _instant(permission.from_),
                "until": None if permission.until is None else _instant(permission.until),
            },
            "withdrawal_method": {"type": terms.WITHDRAW, "at": facts.issuer + WAY_TO_STOP},
            "privacy_rights": list(terms.RIGHTS),
            "jurisdiction": "GB",
            "applicable_laws": list(terms.APPLICABLE_LAWS),
        }
        for code in sorted(permission.purposes)
    ]


def _bases(facts: Facts) -> list[Json]:
    """The legal bases under UK GDPR. A permission is one of them only where that is its kind: it mostly sets a duty of
    confidence aside, while the organisation's own basis is its public task, and the receipt must not say otherwise.
    """
    if facts.permission.kind is Kind.GDPR_CONSENT:
        return [{"type": terms.EXPLICIT_CONSENT, "article": "6(1)(a)", "law": "UK GDPR"}]
    found: list[Json] = []
    agreements = facts.notice.get("agreements")
    for agreement in agreements if isinstance(agreements, list) else ():
        if isinstance(agreement, Mapping):
            for name, point in (("article_6", "point"), ("article_9", "condition")):
                for basis in _list(agreement.get(name)):
                    article = _text(basis.get(point))
                    found.append(
                        {
                            "type": terms.article(article),
                            "article": article,
                            "law": _text(basis.get("law")),
                            "agreement": agreement.get("id"),
                        }
                    )
    return found


def _sources(permission: Permission, notice: JsonObject) -> list[str]:
    """Whose data. Of whom the notice does not name nothing is told: they keep secret whom they help."""
    named = _member(notice, "organisations")
    return sorted(one for one in permission.sources if one in named or one == "*")


def _parties(facts: Facts) -> list[Json]:
    named = _member(facts.notice, "organisations")
    roles = dict.fromkeys(_sources(facts.permission, facts.notice), "source")
    roles |= dict.fromkeys(sorted(facts.permission.recipients), "recipient")
    return [
        {"party_id": code, "party_name": _text(named.get(code)), "party_role": role}
        for code, role in sorted(roles.items())
        if code != "*"
    ]


def _event(facts: Facts) -> JsonObject:
    return {
        "event_time": _instant(facts.at),
        "event_type": terms.expressed(facts.by.how),
        "event_state": terms.state(facts.permission.kind, given=facts.given),
        "decision": "given" if facts.given else "ended",
        "how": facts.by.how,
        "capacity": facts.by.capacity,
    }


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _member(value: JsonObject, name: str) -> JsonObject:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _list(value: Json) -> list[JsonObject]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
