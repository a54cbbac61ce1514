"""Consent receipts, checked with public keys alone: their signature, what they say, and that the log tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.errors import VerificationError
from audit.note import VerifierKey
from audit.text import from_base64
from audit.verify import verify_receipt
from consent.receipts.errors import ReceiptError, ReceiptKeyError
from consent.receipts.jws import TOKEN_MAXIMUM, token_in
from consent.receipts.keys import PublicKey, parse_key_set
from consent.receipts.verifying import ConsentReceipt, verify

ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whom whoever verifies trusts. keys: of receipts. log_keys: of the log; none leaves its line unchecked, and says so."""

    keys: tuple[PublicKey, ...]
    log_keys: tuple[VerifierKey, ...] = ()
    issuer: str | None = None

    @classmethod
    def of(
        cls, jwks: Path | None, keys: Sequence[str], log_keys: Sequence[str], issuer: str | None = None
    ) -> Trusted:
        """From what was written at the terminal. Raises `ReceiptKeyError`, `VerificationError`."""
        known = tuple(PublicKey.parse(one) for one in keys)
        if jwks is not None:
            known += parse_key_set(_read(jwks))
        if not known:
            raise ReceiptKeyError("give the service's public keys: --jwks FILE or --key X")
        return cls(known, tuple(VerifierKey.parse(one) for one in log_keys), issuer)


def verify_file(file: Path, trusted: Trusted) -> Iterator[str]:
    """What was found, line by line. Raises `ReceiptError` or `VerificationError` when anything does not hold."""
    content = _read(file, 2 * TOKEN_MAXIMUM + 1)
    try:
        token = token_in(content.decode("utf-8"))
    except UnicodeDecodeError:
        token = None
    if token is None:
        raise ReceiptError("not-a-receipt")
    receipt = verify(token, trusted.keys, trusted.issuer)
    if trusted.log_keys:
        check_log(receipt, trusted.log_keys)
    yield from lines_of(receipt, with_log=bool(trusted.log_keys))


def lines_of(receipt: ConsentReceipt, *, with_log: bool) -> Iterator[str]:
    """What a receipt proves."""
    yield f"{receipt.reference}: given out by {receipt.issuer}, signed by its key {receipt.kid}"
    yield f"on {receipt.at.isoformat()} somebody {_did(receipt)}, {receipt.how}, as {receipt.capacity}"
    yield f"for: {'; '.join(receipt.purposes)}"
    yield f"of: {'; '.join(receipt.kinds)}"
    yield f"to: {'; '.join(receipt.recipients) or 'everybody who takes part'}"
    yield f"from: {'; '.join(receipt.sources) or 'not named'}"
    until = "until it is stopped" if receipt.until is None else f"until {receipt.until.isoformat()}"
    yield f"since {receipt.since.isoformat()}, {until}"
    if with_log:
        yield f"the log tells of it in entry {receipt.log.index}"
    else:
        yield f"the log's entry {receipt.log.index} was not checked: give the log's key with --log-key"


def check_log(receipt: ConsentReceipt, log_keys: Sequence[VerifierKey]) -> None:
    """Check that the receipt's line stands in the log, at its place and time. Raises `VerificationError`."""
    leaf = from_base64(receipt.log.leaf)
    if leaf is None:
        raise VerificationError("the receipt's leaf is not base64")
    verified = verify_receipt(receipt.log.proof, leaf, log_keys)
    if (verified.index, verified.time) != (receipt.log.index, receipt.at):
        raise VerificationError("the receipt's line is of another place or time")


def _did(receipt: ConsentReceipt) -> str:
    return f"{'gave' if receipt.given else 'ended'} this {receipt.kind.replace('_', ' ')}"


def _read(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise ReceiptKeyError(f"{path} cannot be read") from error
