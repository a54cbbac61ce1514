"""Receipts of a person's own decisions: made anew from the log each time, signed, listed, and checked for anybody.

Nothing is kept of a receipt: the log's entry holds the permission, who decided, and the words that were said, so the same
receipt can be made as long as the person's key stands. After an erasure those that were given out still verify.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from sqlalchemy import ColumnElement, FromClause, and_

from audit.entries import Kind, Opening
from audit.errors import VerificationError
from audit.log import Receipt
from audit.note import VerifierKey
from audit.reader import LogReader, StoredEntry
from audit.text import to_base64
from consent.permissions import Given, NonsenseError, Permission
from consent.portal.receipts_ports import RECEIPTS_PAGE, Checked, Decided, Issued, Paper, ReceiptLine
from consent.receipts import jws
from consent.receipts.building import Facts, LogProof, build, notice_bytes
from consent.receipts.errors import ReceiptError
from consent.receipts.strict import to_base64url
from consent.receipts.verifying import ConsentReceipt, verify
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.sealing import mac
from core.times import from_ms
from core.vocabulary import Kind as PermissionKind
from gateway.policy.live import LivePolicy
from gateway.receipt_checking import check_log
from gateway.receipt_keys import ReceiptKeys
from gateway.reviews.store import is_told
from gateway.services.entries import INDEX_MAXIMUM, detail_of, mapping, opened
from gateway.services.proving import Proving
from gateway.services.words import Wording

T = TypeVar("T")

BEGUN = frozenset({"given", "referred", "objected", "dissented"})
"""Outcomes of entries that tell of something that began."""

DECISIONS = BEGUN | {"withdrawn", "taken-back"}
"""Outcomes of entries that have a receipt."""

REFUSING = frozenset({"objected", "dissented", "taken-back"})
"""Outcomes of entries about a no."""

_REFERENCE = "OT-"
_SUBJECT_BYTES = 16
_NOT_OURS = {
    "unknown-key": to_tell("This receipt was not signed by this service, or its key is no longer trusted."),
    "issuer": to_tell("This receipt was given out by another service. Check it there."),
    "key-ended": to_tell("This receipt is dated after the day on which its key stopped. It is not true."),
    "too-long": to_tell("This is longer than any receipt. Paste one receipt and nothing else."),
    "not-a-receipt": to_tell(
        "This is not a true receipt, or part of it is missing. Copy all of it and try again."
    ),
}


@dataclass(frozen=True, slots=True)
class ConsentReceipts:
    """Implements `consent.portal.receipts_ports.ReceiptServices`. log_keys: the one that signs now, then older ones."""

    keys: KeyStore
    reader: LogReader
    policy: LivePolicy
    log_keys: tuple[VerifierKey, ...]
    receipt_keys: ReceiptKeys
    public_url: str

    async def receipts(self, person: str, before: int | None) -> tuple[ReceiptLine, ...]:
        """See `ReceiptServices.receipts`."""
        newest = None if before is None else min(before, INDEX_MAXIMUM)
        return await self._with_key(person, lambda key: self._lines(key, newest), ())

    async def receipt(self, person: str, reference: str) -> Issued | None:
        """See `ReceiptServices.receipt`."""
        index = place_of(reference)
        if index is None:
            return None
        return await self._with_key(person, lambda key: self.issue(key, index), None)

    async def check(self, text: str, leaf: str) -> Checked:
        """See `ReceiptServices.check`."""
        try:
            token = jws.token_in(text)
            if token is None:
                found = Proving(self.reader, self.log_keys).check_receipt(text, leaf)
                return Checked(found.checked, found.checked_words, found.at)
            receipt = verify(token, self.receipt_keys.public, self.public_url)
            check_log(receipt, self.log_keys)
        except ReceiptError as error:
            changed = to_tell("This receipt is not true: it was changed, or somebody else made it.")
            return Checked(False, _NOT_OURS.get(error.fault, changed), None)
        except VerificationError:
            return Checked(
                False, to_tell("The receipt is signed, but its line does not stand in our log."), None
            )
        words = to_tell(
            "This receipt is true: we gave it out, its line stands in our log, and neither was changed."
        )
        return Checked(True, words, receipt.at, paper_of(receipt))

    def issue(self, key: SubjectKey, index: int) -> Issued | None:
        """The receipt of the decision that stands there, if it is one of the key's subject; blocks."""
        entry = self.reader.entry(index, is_told)
        if entry is None or entry.tag != key.tag or entry.outcome not in DECISIONS:
            return None
        opening = opened(self.reader, entry)
        facts = None if opening is None else self._facts(key, entry, opening, self.reader.receipt(index))
        if facts is None:
            return None
        token = jws.sign(build(facts), self.receipt_keys.signer)
        return Issued(paper_of(verify(token, self.receipt_keys.public)), token, jws.armoured(token))

    def _facts(self, key: SubjectKey, entry: StoredEntry, opening: Opening, receipt: Receipt) -> Facts | None:
        detail = detail_of(opening)
        try:
            permission = Permission.from_json(mapping(detail.get("permission")))
            by = Given.from_json(mapping(detail.get("by")))
        except (KeyError, ValueError, TypeError, AttributeError, NonsenseError):
            # A decision of another shape than a permission's has no receipt of this kind; its proof stands all the same.
            return None
        notice = mapping(detail.get("notice"))
        return Facts(
            issuer=self.public_url,
            reference=f"{_REFERENCE}{entry.index}",
            subject=self._subject(key, permission),
            at=from_ms(entry.at_ms),
            permission=permission,
            by=by,
            log=LogProof(entry.index, to_base64(receipt.leaf), receipt.text),
            given=entry.outcome in BEGUN,
            notice=notice,
            digest=to_base64url(sha256(notice_bytes(notice)).digest()) if notice else "",
        )

    def _subject(self, key: SubjectKey, permission: Permission) -> str:
        """One pseudonym a person and recipients: two organisations that compare receipts learn nothing (promise 7)."""
        message = "|".join((key.subject, *sorted(permission.recipients)))
        return to_base64url(mac(self.receipt_keys.subjects, message)[:_SUBJECT_BYTES])

    def _lines(self, key: SubjectKey, before: int | None) -> tuple[ReceiptLine, ...]:
        entries = self.reader.of_tag(key.tag, (Kind.CONSENT.value,), before, RECEIPTS_PAGE, _decision)
        words = Wording(self.policy.registers)
        return tuple(
            ReceiptLine(
                reference=f"{_REFERENCE}{entry.index}",
                index=entry.index,
                at=from_ms(entry.at_ms),
                what=_what(refuses=entry.outcome in REFUSING, begun=entry.outcome in BEGUN),
                organisation_name=words.organisation(entry.recipient) if entry.recipient else "",
                purpose_title=words.purpose(entry.purpose),
            )
            for entry in entries
        )

    async def _with_key(self, person: str, function: Callable[[SubjectKey], T], otherwise: T) -> T:
        def run() -> T:
            try:
                key = self.keys.get(person)
            except MissingKeyError:
                return otherwise
            return function(key)

        return await asyncio.to_thread(run)


def _decision(detail: FromClause) -> ColumnElement[bool]:
    return and_(is_told(detail), detail.c.outcome.in_(DECISIONS))


def paper_of(receipt: ConsentReceipt) -> Paper:
    """The receipt as people read it."""
    refuses = receipt.kind in {PermissionKind.OBJECTION.value, PermissionKind.DISSENT.value}
    return Paper(
        reference=receipt.reference,
        what=_what(refuses=refuses, begun=receipt.given),
        at=receipt.at,
        purposes=receipt.purposes,
        words=receipt.words,
        kinds=receipt.kinds,
        organisations=receipt.recipients,
        sources=receipt.sources,
        since=receipt.since,
        until=receipt.until,
        how=receipt.how,
        capacity=receipt.capacity,
        issuer=receipt.issuer,
    )


def place_of(reference: str) -> int | None:
    """The place in the log that a reference names; None for what is no reference."""
    digits = reference.removeprefix(_REFERENCE)
    known = reference.startswith(_REFERENCE) and digits.isascii() and digits.isdigit() and len(digits) <= 15
    return int(digits) if known else None


def _what(*, refuses: bool, begun: bool) -> Decided:
    if refuses:
        return "refused" if begun else "unrefused"
    return "allowed" if begun else "stopped"
