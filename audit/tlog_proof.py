"""Receipts as text (c2sp.org/tlog-proof): index, inclusion proof and checkpoint of one entry, complete and offline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import VerificationError
from audit.merkle import HASH_BYTES
from audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64

HEADER = "c2sp.org/tlog-proof@v1"
PATH_MAXIMUM = 63
"""No tree of up to 2^63 - 1 leaves has a longer path."""

_EXTRA = "extra "
_INDEX = "index "


class TlogProofError(VerificationError):
    """A text is no tlog-proof."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """What a receipt holds; nothing of it is verified yet.

    index: of the entry, from zero. path: from the leaf's sibling up to the root's child.
    checkpoint: the signed note, verbatim. extra: opaque, and never to be trusted.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def format_proof(index: int, path: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """The text of a proof; raises `TlogProofError` for what none can hold."""
    if not 0 <= index <= MAX_INTEGER or not checkpoint.endswith("\n") or extra == b"":
        raise TlogProofError("the index, the checkpoint or the extra data cannot stand in a proof")
    if len(path) > PATH_MAXIMUM or any(len(one) != HASH_BYTES for one in path):
        raise TlogProofError("the path cannot stand in a proof")
    lines = [HEADER]
    if extra is not None:
        lines.append(_EXTRA + to_base64(extra))
    lines += [f"{_INDEX}{index}", *map(to_base64, path), "", checkpoint]
    return "\n".join(lines)


def parse_proof(text: str) -> TlogProof:
    """The reverse of `format_proof`, which accepts nothing that it would not write; raises `TlogProofError`."""
    head, gap, checkpoint = text.partition("\n\n")
    if not gap or not checkpoint.endswith("\n"):
        raise TlogProofError("a proof ends with a checkpoint after an empty line")
    lines = head.split("\n")
    if lines.pop(0) != HEADER:
        raise TlogProofError("a proof begins with its format's name")
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = from_base64(lines.pop(0).removeprefix(_EXTRA))
        if not extra:
            raise TlogProofError("the extra data is malformed")
    if not lines or not lines[0].startswith(_INDEX):
        raise TlogProofError("a proof has an index")
    index = from_decimal(lines.pop(0).removeprefix(_INDEX))
    if index is None or len(lines) > PATH_MAXIMUM:
        raise TlogProofError("the index or the path is out of range")
    return TlogProof(index, tuple(_parse_hash(line) for line in lines), checkpoint, extra)


def _parse_hash(line: str) -> bytes:
    digest = from_base64(line)
    if digest is None or len(digest) != HASH_BYTES:
        raise TlogProofError("a hash of the path is malformed")
    return digest
