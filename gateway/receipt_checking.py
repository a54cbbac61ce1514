"""Consent receipts, checked with public keys alone: their signature, what they say, and that the log tells of it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from zipfile import BadZipFile, ZipFile

from audit.entries import Opening
from audit.errors import VerificationError
from audit.note import VerifierKey
from audit.text import from_base64
from audit.verify import verify_receipt
from consent.receipts.errors import ReceiptError, ReceiptKeyError
from consent.receipts.jws import TOKEN_MAXIMUM, token_in
from consent.receipts.keys import PublicKey, parse_key_set
from consent.receipts.strict import parse_object
from consent.receipts.verifying import ConsentReceipt, verify
from core.times import to_ms
from core.vocabulary import JsonObject

ZIP = b"PK\x03\x04"
LINES = frozenset({"history.json", "other-lines.json"})
RECEIPTS = "receipts.json"
PART_MAXIMUM = 512 * 1024 * 1024
"""Bytes of one part, unpacked: some hundred thousand lines."""


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
    if content.startswith(ZIP):
        yield from _verify_download(file, trusted)
        return
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


def _verify_download(file: Path, trusted: Trusted) -> Iterator[str]:
    """A download of everything held: every line of the log in it, and every receipt."""
    if not trusted.log_keys:
        raise VerificationError("a download holds lines of the log: give the log's key with --log-key")
    try:
        with ZipFile(file) as archive:
            names = set(archive.namelist())
            for name in sorted(LINES & names):
                rows = _rows(archive, name)
                opened = sum(_check_line(row, trusted.log_keys) for row in rows)
                yield f"{name}: {len(rows)} lines stand in the log; {opened} of them say what was written down"
            if RECEIPTS in names:
                receipts = [_text(row, "receipt") for row in _rows(archive, RECEIPTS)]
                for one in receipts:
                    check_log(verify(one, trusted.keys, trusted.issuer), trusted.log_keys)
                yield f"{RECEIPTS}: {len(receipts)} receipts are signed, and the log tells of each"
    except (BadZipFile, OSError, EOFError, zlib.error, NotImplementedError) as error:
        raise VerificationError("the download is not whole") from error


def _check_line(row: JsonObject, log_keys: Sequence[VerifierKey]) -> bool:
    """Check one line; gives whether it says what was written down."""
    leaf, opening = from_base64(_text(row, "leaf")), row.get("opening")
    if leaf is None:
        raise VerificationError("a leaf is not base64")
    try:
        known = None if opening is None else Opening.from_json(cast("JsonObject", opening))
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError("what was written down is malformed") from error
    verified = verify_receipt(
        _text(row, "receipt"), leaf, log_keys, None if known is None else (known.salt, known.detail)
    )
    if (verified.index, to_ms(verified.time)) != (row.get("index"), row.get("at")):
        raise VerificationError(f"line {row.get('index')} is of another place or time")
    columns = ("kind", "outcome", "recipient", "role", "purpose")
    if known is not None and any(known.detail.get(name) != row.get(name) for name in columns):
        raise VerificationError(f"line {verified.index} says something else than what was written down")
    return known is not None


def _rows(archive: ZipFile, name: str) -> list[JsonObject]:
    if archive.getinfo(name).file_size > PART_MAXIMUM:
        raise VerificationError(f"{name} is too large to be ours")
    try:
        rows = parse_object(archive.read(name)).get("rows")
    except ValueError as error:
        raise VerificationError(f"{name} is not plain JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise VerificationError(f"{name} holds no rows")
    return cast("list[JsonObject]", rows)


def _text(row: JsonObject, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise VerificationError(f"a row has no {name}")
    return value


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
