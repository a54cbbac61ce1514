"""A receipt as it is made, its key, and the ways to change it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from consent.permissions import Given, Permission
from consent.receipts import jws
from consent.receipts.building import Facts, LogProof, build, notice_bytes
from consent.receipts.keys import KeySigner
from consent.receipts.strict import to_base64url
from core.vocabulary import Json, JsonObject, Kind

AT = datetime(2026, 10, 20, 15, 7, 8, 123000, tzinfo=UTC)
SIGNER = KeySigner(bytes(range(32)))
OTHER = KeySigner(bytes(32))
ISSUER = "https://gateway.test"
NOTICE: JsonObject = {
    "purposes": {
        "income-debt-advice": {
            "title": "Help with money and debts",
            "plain_words": "To help you with money.",
            "legal_text": "They look only if you allow it.",
        }
    },
    "sections": {
        "debts": {"title": "Money you owe", "special": False},
        "health-summary": {"title": "Your health", "special": True},
    },
    "organisations": {"harbour-charity": "Harbour Help", "norwich-city-council": "Norwich City Council"},
    "agreements": [
        {
            "id": "income-debt-advice",
            "version": 2,
            "article_6": [{"point": "6(1)(f)", "law": "LIA-02"}, {"point": "6(1)(ea)", "law": "DUAA 2025"}],
            "article_9": [{"condition": "9(2)(h)", "law": "DPA 2018 Sch 1 para 2"}],
        }
    ],
}


def permission(kind: Kind = Kind.CONFIDENTIALITY_CONSENT, **changes: object) -> Permission:
    values: dict[str, object] = {
        "id": "c_0123456789abcdef",
        "kind": kind,
        "purposes": frozenset({"income-debt-advice"}),
        "sections": {"debts": frozenset({"band", "creditor"}), "health-summary": frozenset({"*"})},
        "sources": frozenset({"norwich-city-council", "a-secret-service"}),
        "recipients": frozenset({"harbour-charity"}),
        "from_": AT,
        "until": AT + timedelta(days=30),
        "given": Given("portal", "p_internal-id"),
        **changes,
    }
    return Permission(**values)  # type: ignore[arg-type] # a test's changes are of the field's own type


def facts(one: Permission | None = None, *, given: bool = True, notice: JsonObject = NOTICE) -> Facts:
    return Facts(
        issuer=ISSUER,
        reference="OT-41017",
        subject="pseudonym",
        at=AT,
        permission=one or permission(),
        by=Given("portal", "p_internal-id"),
        log=LogProof(41017, "AAAA", "c2sp.org/tlog-proof@v1\n"),
        given=given,
        notice=notice,
        digest=to_base64url(sha256(notice_bytes(notice)).digest()) if notice else "",
    )


def payload(**changes: Json) -> dict[str, Json]:
    return {**build(facts()), **changes}


def token(**changes: Json) -> str:
    return jws.sign(payload(**changes), SIGNER)


def forged(header: Mapping[str, object] | str, body: bytes | None = None, signer: KeySigner = SIGNER) -> str:
    """A compact JWS with any header and body, signed."""
    head = (header if isinstance(header, str) else json.dumps(header)).encode()
    content = json.dumps(payload()).encode() if body is None else body
    signing_input = f"{to_base64url(head)}.{to_base64url(content)}"
    return f"{signing_input}.{to_base64url(signer.sign(signing_input.encode()))}"


def header(**changes: object) -> dict[str, object]:
    return {"alg": "EdDSA", "kid": SIGNER.kid, "typ": jws.TYPE, **changes}
