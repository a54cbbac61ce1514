"""Verification by strangers (promise 10): receipts, the log's growth, and a whole export, with public keys alone.

Pure: whoever fetched or was handed the texts passes them in. Every function raises `VerificationError`, whatever the input,
and never answers with a boolean. Hold on to checkpoints: what two people kept is what shows a log that was cut or forked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from audit import leaf as leaves_format
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import VerificationError
from audit.merkle import Frontier, extend, leaf_hash, verify_consistency, verify_inclusion
from audit.note import VerifierKey
from audit.tlog_proof import parse_proof
from core.times import from_ms

__all__ = [
    "HistoryError",
    "LogError",
    "VerificationError",
    "Verified",
    "VerifiedLog",
    "verify_log",
    "verify_pair",
    "verify_receipt",
]

CHUNK = 1024
"""Leaves hashed at a time, so that an export of any length needs little memory."""


class HistoryError(VerificationError):
    """Two checkpoints cannot belong to one log that only grew."""


class LogError(VerificationError):
    """An export is not the log that its checkpoints state.

    index: the first leaf that is wrong or missing; for a root that differs, the first of the leaves among which the
        difference lies (those since the last checkpoint that matched).
    checkpoint: the number in the export, from zero, of the checkpoint that does not match; None where a leaf alone is wrong.
    """

    def __init__(self, message: str, index: int, checkpoint: int | None = None) -> None:
        place = f"leaf {index}" if checkpoint is None else f"checkpoint {checkpoint}, leaf {index}"
        super().__init__(f"{place}: {message}")
        self.index = index
        self.checkpoint = checkpoint


@dataclass(frozen=True, slots=True)
class Verified:
    """An entry that stands in the log: its index, the size of the log it was proved for, and its own time (UTC)."""

    index: int
    size: int
    time: datetime


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """An export that is what its checkpoints state: the log's name, its size, its root, and how many checkpoints matched."""

    origin: str
    size: int
    root: bytes
    checkpoints: int


def verify_receipt(
    receipt: str,
    leaf: bytes,
    verifier_keys: Iterable[VerifierKey],
    opening: tuple[bytes, leaves_format.Detail] | None = None,
) -> Verified:
    """Check that a leaf is in the log, and with an opening (salt, detail) that the detail is what the leaf commits to.

    receipt: the tlog-proof's text; its extra data is ignored. leaf: 41 bytes.
    """
    parsed = leaves_format.parse(leaf)
    proof = parse_proof(receipt)
    checkpoint = open_checkpoint(proof.checkpoint, verifier_keys)
    verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.path, checkpoint.root)
    if opening is not None:
        leaves_format.opens(leaf, *opening)
    return Verified(proof.index, checkpoint.size, from_ms(parsed.time_ms))


def verify_pair(
    older_checkpoint: str,
    newer_checkpoint: str,
    proof: Sequence[bytes],
    verifier_keys: Iterable[VerifierKey],
) -> None:
    """Check that the newer checkpoint's log is the older one's, grown or unchanged.

    proof: the consistency proof; empty for equal sizes, and where the older log is empty, which every log continues.
    """
    keys = tuple(verifier_keys)
    older, newer = open_checkpoint(older_checkpoint, keys), open_checkpoint(newer_checkpoint, keys)
    _check_order(older, newer)
    if older.size:
        verify_consistency(older.size, newer.size, proof, older.root, newer.root)
    elif proof:
        raise HistoryError("an empty log needs no consistency proof")


def verify_log(
    leaves: Iterable[bytes], checkpoints: Iterable[str], verifier_keys: Iterable[VerifierKey]
) -> VerifiedLog:
    """Hash a whole export again and compare it with every checkpoint, which come in the order of their sizes.

    Checkpoints kept by others can be merged in. Both inputs are read once and never held in full. Raises `LogError`
    naming the first leaf, or the checkpoint, that is wrong. Leaves after the last checkpoint are refused, being unsigned.
    """
    keys = tuple(verifier_keys)
    remaining = _checked(leaves)
    frontier, last, count = Frontier.empty(), None, 0
    for number, text in enumerate(checkpoints):
        matched = frontier.size
        try:
            checkpoint = open_checkpoint(text, keys)
            if last is not None:
                _check_order(last, checkpoint)
        except VerificationError as error:
            raise LogError(str(error), matched, number) from error
        frontier = _grow(frontier, checkpoint.size, remaining)
        if frontier.size < checkpoint.size:
            raise LogError("the export ends before the checkpoint does", frontier.size, number)
        if frontier.root() != checkpoint.root:
            raise LogError("the leaves since the last checkpoint have another root", matched, number)
        last, count = checkpoint, number + 1
    if last is None:
        raise LogError("the export holds no checkpoint", 0)
    if next(remaining, None) is not None:
        raise LogError("no checkpoint covers the leaf", frontier.size)
    return VerifiedLog(last.origin, last.size, last.root, count)


def _check_order(older: Checkpoint, newer: Checkpoint) -> None:
    if older.origin != newer.origin:
        raise HistoryError("the checkpoints name different logs")
    if older.size > newer.size:
        raise HistoryError("the log shrank")


def _checked(leaves: Iterable[bytes]) -> Iterator[bytes]:
    """Hash leaf by leaf; each is well formed, and none is dated before the one it follows."""
    newest = 0
    for index, leaf in enumerate(leaves):
        try:
            time_ms = leaves_format.parse(leaf).time_ms
        except VerificationError as error:
            raise LogError(str(error), index) from error
        if time_ms < newest:
            raise LogError("a leaf is dated before the one it follows", index)
        newest = time_ms
        yield leaf_hash(leaf)


def _grow(frontier: Frontier, size: int, leaf_hashes: Iterator[bytes]) -> Frontier:
    while frontier.size < size:
        chunk = tuple(islice(leaf_hashes, min(CHUNK, size - frontier.size)))
        if not chunk:
            break
        frontier = extend(frontier, chunk).frontier
    return frontier
