"""Proofs for a resident: of what was done about them, and of any receipt that somebody holds."""

from __future__ import annotations

import json
from dataclasses import dataclass

from audit.entries import Kind
from audit.errors import VerificationError
from audit.log import Receipt
from audit.note import VerifierKey
from audit.reader import LogReader
from audit.text import from_base64, to_base64
from audit.verify import verify_receipt
from consent.permissions import Permission
from consent.portal.ports import Proof, ReceiptCheck
from core.keys import SubjectKey
from core.pages.telling import to_tell
from gateway.questions.asking import LOOKS
from gateway.reviews.store import is_told
from gateway.services.entries import INDEX_MAXIMUM, checked, mapping, opened, text
from gateway.services.words import seen_by

GAVE = frozenset({"given", "referred"})
"""Outcomes of decisions after which something is allowed; after every other one it is stopped."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands in the log: what it was about, whether it allowed that, and the subject id of who took it."""

    receipt: Receipt
    permission: Permission
    gave: bool
    by: str


@dataclass(frozen=True, slots=True)
class Proving:
    """Reads the log for proofs. log_keys: the one that signs now, then those that signed before."""

    reader: LogReader
    log_keys: tuple[VerifierKey, ...]

    def proof(self, key: SubjectKey, index: int) -> Proof | None:
        """The proof of an entry about the key's subject; None for any other and for what they are not told of."""
        entry = self.reader.entry(index, is_told) if index <= INDEX_MAXIMUM else None
        if entry is None or entry.tag != key.tag:
            return None
        receipt = self.reader.receipt(index)
        opening, holds = None, True
        try:
            opening = checked(self.reader, entry, receipt, *self.log_keys)
        except VerificationError:
            holds = False
        words = to_tell("It does not hold. Please tell us at once.")
        if holds:
            words = to_tell("Nobody has changed it since it was written down.")
            if receipt.witnesses:
                seen = seen_by(len(receipt.witnesses))
                words = to_tell("%(said)s %(seen)s", said=words, seen=seen)
        return Proof(
            index=index,
            receipt_text=receipt.text,
            leaf_b64=to_base64(receipt.leaf),
            opening_json=""
            if opening is None
            else json.dumps(opening.to_json(), indent=2, ensure_ascii=False),
            checked=holds,
            checked_words=words,
            can_ask=entry.kind in LOOKS,
        )

    def decision(self, key: SubjectKey, index: int) -> Decision | None:
        """The decision about the person's record in an entry."""
        entry = self.reader.entry(index)
        if entry is None or entry.tag != key.tag or entry.kind != Kind.CONSENT.value:
            return None
        opening = opened(self.reader, entry)
        if opening is None:
            return None
        decided = mapping(opening.detail.get("detail"))
        # What the person told of themselves, or how to reach them, is a change of theirs and no decision about a look.
        # And what was heard by a practitioner is told by the history: it may not have come to stand.
        if "permission" not in decided or "took" in decided:
            return None
        permission = Permission.from_json(mapping(decided["permission"]))
        by = text(mapping(decided.get("by")).get("by"))
        return Decision(self.reader.receipt(index), permission, entry.outcome in GAVE, by)

    def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        """Whether a receipt is true, for anybody; keeps nothing of it."""
        receipt = text.replace("\r\n", "\n").strip("\n") + "\n"
        raw = from_base64("".join(leaf.split()))
        try:
            if raw is None:
                raise VerificationError("no leaf")
            verified = verify_receipt(receipt, raw, list(self.log_keys))
        except VerificationError:
            words = to_tell(
                "This is not a true receipt of our log, or part of it is missing. Copy all of it and try again."
            )
            return ReceiptCheck(checked=False, checked_words=words, at=None)
        words = to_tell("This receipt is true: the line stands in our log and was not changed.")
        return ReceiptCheck(checked=True, checked_words=words, at=verified.time)
