"""What an entry says, and how it is sealed before it enters the log.

The leaf gives nothing away; what was done, by whom and why stands beside it, sealed under the key of the person it is
about (or of the asking organisation, where it is about nobody we know). Sealing happens before the append, off the
writer's thread; the writer only puts the batch's time into the leaf.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from audit import leaf
from core.keys import SubjectKey
from core.sealing import open_json, seal_json
from core.vocabulary import Json, JsonObject


class Kind(StrEnum):
    """What happened."""

    DISCLOSURE = "disclosure"
    REFUSAL = "refusal"
    BREAK_GLASS = "break-glass"
    CONSENT = "consent"
    POINTER = "pointer"
    SIGN_IN = "sign-in"
    AUDIT_READ = "audit-read"
    ADMINISTRATION = "administration"


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it is sealed.

    kind, outcome: what happened, from the closed lists of docs/audit-log.md.
    organisations: every organisation the entry concerns, whose officers may find it.
    recipient, role, purpose: for search; None where they do not apply.
    detail: everything else, for whoever may open it: fields by source, basis, reason, the practitioner's subject id.
        Strings, integers, booleans, lists and objects only (canonical JSON, RFC 8785 without floats).
    """

    kind: Kind
    outcome: str
    organisations: frozenset[str]
    detail: JsonObject
    recipient: str | None = None
    role: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry ready for the log: the commitment for its leaf, and its sealed detail under the key with that tag."""

    draft: Draft
    commitment: bytes
    tag: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens a leaf's commitment: the salt (32 bytes) and the detail. Whoever has both can check the leaf."""

    salt: bytes
    detail: JsonObject

    def to_json(self) -> dict[str, Json]:
        """As the resident downloads it: `{"salt": base64, "detail": {...}}`."""
        return {"salt": base64.b64encode(self.salt).decode(), "detail": self.detail}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Opening:
        """The reverse of `to_json`."""
        salt = base64.b64decode(cast("str", value["salt"]), validate=True)
        return cls(salt, cast("JsonObject", value["detail"]))


def seal_entry(draft: Draft, key: SubjectKey) -> SealedEntry:
    """Commit to the draft and seal it under the subject's key."""
    opening = Opening(os.urandom(leaf.SALT_BYTES), full_detail(draft))
    commitment = leaf.commit(opening.salt, opening.detail)
    return SealedEntry(
        draft, commitment, key.tag, seal_json(key.key, opening.to_json(), _context(commitment))
    )


def open_entry(sealed: bytes, commitment: bytes, key: SubjectKey) -> Opening:
    """Open a sealed detail; raises `core.sealing.SealError` when it is not the one that the leaf commits to."""
    return Opening.from_json(cast("JsonObject", open_json(key.key, sealed, _context(commitment))))


def full_detail(draft: Draft) -> dict[str, Json]:
    """The whole of what the leaf commits to: the searchable columns are part of it, so they cannot be changed either."""
    return {
        "kind": draft.kind.value,
        "outcome": draft.outcome,
        "organisations": sorted(draft.organisations),
        "recipient": draft.recipient,
        "role": draft.role,
        "purpose": draft.purpose,
        "detail": draft.detail,
    }


def _context(commitment: bytes) -> str:
    return f"log_entry_detail|{commitment.hex()}"
