"""Entries for the pages: opened, checked, and their details read without assuming anything.

Older versions of the gateway may have written them, and whoever can write to the database may have changed them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from audit.entries import Opening
from audit.errors import VerificationError
from audit.log import Receipt
from audit.note import VerifierKey
from audit.reader import LogReader, StoredEntry
from audit.verify import verify_receipt
from core.sealing import SealError
from core.times import to_ms
from core.vocabulary import Json, JsonObject

INDEX_MAXIMUM = 2**53 - 1
"""The largest index that an address may name; no log comes near it, and beyond it neither database nor leaf can hold it."""

_COLUMNS = ("kind", "outcome", "recipient", "role", "purpose")


def opened(reader: LogReader, entry: StoredEntry) -> Opening | None:
    """What opens the entry; None where its key was erased, and where it was changed: its proof tells the two apart."""
    try:
        return reader.open(entry)
    except (SealError, VerificationError):
        return None


def checked(reader: LogReader, entry: StoredEntry, receipt: Receipt, *keys: VerifierKey) -> Opening | None:
    """What opens the entry; None where its key was erased. keys: of the log, those that it had before too.

    Raises `VerificationError` unless checkpoint, leaf, detail and the columns that are searched and shown all agree.
    """
    try:
        opening = reader.open(entry)
    except SealError as error:
        raise VerificationError("the detail is not the one that the leaf commits to") from error
    known = None if opening is None else (opening.salt, opening.detail)
    verified = verify_receipt(receipt.text, receipt.leaf, keys, known)
    if to_ms(verified.time) != entry.at_ms:
        raise VerificationError("the time beside the leaf is another one")
    if opening is not None and any(opening.detail.get(name) != getattr(entry, name) for name in _COLUMNS):
        raise VerificationError("a column beside the leaf says something else than the detail")
    return opening


def detail_of(opening: Opening | None) -> JsonObject:
    """What an opened entry says beside its columns; empty for one that does not open."""
    return {} if opening is None else mapping(opening.detail.get("detail"))


def mapping(value: Json) -> JsonObject:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def text(value: Json) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def texts(value: Json) -> tuple[str, ...]:
    """The texts in the value if it is a list."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(one for one in value if isinstance(one, str))
    return ()
