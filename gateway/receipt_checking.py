"""That what a consent receipt tells of stands in the log: with the log's public keys alone, online or offline."""

from __future__ import annotations

from collections.abc import Sequence

from audit.errors import VerificationError
from audit.note import VerifierKey
from audit.text import from_base64
from audit.verify import verify_receipt
from consent.receipts.verifying import ConsentReceipt


def check_log(receipt: ConsentReceipt, log_keys: Sequence[VerifierKey]) -> None:
    """Check that the receipt's line stands in the log, at its place and time. Raises `VerificationError`."""
    leaf = from_base64(receipt.log.leaf)
    if leaf is None:
        raise VerificationError("the receipt's leaf is not base64")
    verified = verify_receipt(receipt.log.proof, leaf, log_keys)
    if (verified.index, verified.time) != (receipt.log.index, receipt.at):
        raise VerificationError("the receipt's line is of another place or time")
