"""The body of add-checkpoint (c2sp.org/tlog-witness): the size to grow from, a consistency proof, and the checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.errors import VerificationError
from audit.merkle import HASH_BYTES
from audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64

PROOF_MAXIMUM = 63
BODY_MAXIMUM = 65_536
"""Bytes of a body that a witness reads: a proof of the greatest length, and a checkpoint with many signatures."""

_OLD = "old "


class RequestError(VerificationError):
    """A body is no request of add-checkpoint."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """What a log submits; nothing of it is verified yet.

    old_size: of the checkpoint that the witness cosigned last, 0 for none. proof: from there to the checkpoint's size.
    checkpoint: the signed note, verbatim.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: str


def format_request(old_size: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    """The body; raises `RequestError` for what none can hold."""
    if not 0 <= old_size <= MAX_INTEGER or len(proof) > PROOF_MAXIMUM or not checkpoint.endswith("\n"):
        raise RequestError("the size, the proof or the checkpoint cannot stand in a request")
    if any(len(one) != HASH_BYTES for one in proof):
        raise RequestError("the proof cannot stand in a request")
    return "\n".join([f"{_OLD}{old_size}", *map(to_base64, proof), "", checkpoint]).encode("utf-8")


def parse_request(body: bytes) -> AddCheckpoint:
    """The reverse of `format_request`, which accepts nothing that it would not write; raises `RequestError`."""
    try:
        head, gap, checkpoint = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise RequestError("a request is not valid UTF-8") from None
    if not gap or not checkpoint.endswith("\n"):
        raise RequestError("a request ends with a checkpoint after an empty line")
    first, *lines = head.split("\n")
    old_size = from_decimal(first.removeprefix(_OLD)) if first.startswith(_OLD) else None
    if old_size is None or len(lines) > PROOF_MAXIMUM:
        raise RequestError("the old size or the proof is out of range")
    return AddCheckpoint(old_size, tuple(_parse_hash(line) for line in lines), checkpoint)


def _parse_hash(line: str) -> bytes:
    digest = from_base64(line)
    if digest is None or len(digest) != HASH_BYTES:
        raise RequestError("a hash of the proof is malformed")
    return digest
