"""Checkpoints (c2sp.org/tlog-checkpoint): the signed root of the log at one size.

The log's key carries the log's origin as its name, as the specification recommends; here it is required, so that whoever
trusts a key also knows which log it speaks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.errors import VerificationError
from audit.merkle import EMPTY_ROOT, HASH_BYTES
from audit.note import NoteKey, Signer, VerifierKey, open_note, sign
from audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64


class CheckpointError(VerificationError):
    """A text is no checkpoint, or not one of the log that it names."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint states. Raises `CheckpointError` for a state that no log can be in.

    origin: the log's unique name. size: number of leaves. root: 32 bytes.
    extensions: opaque further lines; they may not be empty.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or "\n" in line for line in (self.origin, *self.extensions)):
            raise CheckpointError("a checkpoint's lines are not empty")
        if not 0 <= self.size <= MAX_INTEGER or len(self.root) != HASH_BYTES:
            raise CheckpointError("a checkpoint's size or root is out of range")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointError("an empty log has the root of nothing")


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The note text: origin, size, root and extension lines."""
    lines = (checkpoint.origin, str(checkpoint.size), to_base64(checkpoint.root), *checkpoint.extensions)
    return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The reverse of `format_checkpoint`, which accepts nothing that it would not write; raises `CheckpointError`."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop():
        raise CheckpointError("a checkpoint has three lines or more, each ended by a newline")
    size, root = from_decimal(lines[1]), from_base64(lines[2])
    if size is None or root is None:
        raise CheckpointError("a checkpoint's size or root is malformed")
    return Checkpoint(lines[0], size, root, tuple(lines[3:]))


def sign_checkpoint(origin: str, size: int, root: bytes, *signers: Signer) -> str:
    """The signed note of a checkpoint, one line a signer: more than one while the log goes over to another key.

    Each signer's name has to be the origin, else `CheckpointError`.
    """
    if any(signer.name != origin for signer in signers):
        raise CheckpointError("the signing key's name is not the log's origin")
    return sign(format_checkpoint(Checkpoint(origin, size, root)), *signers)


def open_checkpoint(text: str, verifier_keys: Iterable[NoteKey]) -> Checkpoint:
    """Read a checkpoint signed by the log that it names.

    Raises `NoteError` when it is no note of a known key, `CheckpointError` when it is no checkpoint, or when none of the
    known keys that signed it (a witness's, another log's) is a log's key with the checkpoint's origin as its name.
    """
    note = open_note(text, verifier_keys)
    checkpoint = parse_checkpoint(note.text)
    if not any(isinstance(key, VerifierKey) and key.name == checkpoint.origin for key in note.signed_by):
        raise CheckpointError("the log that the checkpoint names did not sign it")
    return checkpoint
