"""What a witness does with a request (c2sp.org/tlog-witness, "add-checkpoint"). Pure: what it saw before comes in.

Two rules carry all of it: never another root for a size that was seen, and never a size that does not continue the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from audit.checkpoint import Checkpoint, CheckpointError, open_checkpoint, parse_checkpoint
from audit.errors import VerificationError
from audit.merkle import EMPTY_ROOT, ProofError, verify_consistency
from audit.note import NoteError, VerifierKey, split_note
from audit.witness.request import AddCheckpoint, RequestError, parse_request

LogKeys: TypeAlias = Mapping[str, tuple[VerifierKey, ...]]
"""The logs that a witness watches: origin to the public keys that may sign for it, more than one while keys change."""


class Status(IntEnum):
    """The HTTP status of a refusal."""

    MALFORMED = 400
    UNTRUSTED = 403
    UNKNOWN_LOG = 404
    CONFLICT = 409
    NOT_CONSISTENT = 422


@dataclass(frozen=True, slots=True)
class Tree:
    """A log's size and root, as a witness cosigned them last."""

    size: int = 0
    root: bytes = EMPTY_ROOT


NOTHING_SEEN = Tree()


@dataclass(frozen=True, slots=True)
class Submitted:
    """A well-formed request for a log that the witness watches, signed by that log.

    text: what is cosigned: the note's text. note: all of it, for evidence.
    """

    request: AddCheckpoint
    checkpoint: Checkpoint
    text: str

    @property
    def tree(self) -> Tree:
        """The size and root that it states."""
        return Tree(self.checkpoint.size, self.checkpoint.root)


class RefusedError(VerificationError):
    """A request is not cosigned.

    known_size: for a conflict, the size that was cosigned last, which the answer tells. fork: the log signed two roots for
    one size, so that the request is evidence against it.
    """

    def __init__(
        self, status: Status, reason: str, known_size: int | None = None, *, fork: bool = False
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.known_size = known_size
        self.fork = fork


def log_keys(keys: Iterable[VerifierKey]) -> LogKeys:
    """The logs by their origin, which is the name of their keys."""
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for key in keys:
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


def read(body: bytes, logs: LogKeys) -> Submitted:
    """Read a request, and check that a log which the witness watches signed it; raises `RefusedError`."""
    try:
        request = parse_request(body)
        text, _ = split_note(request.checkpoint)
        named = parse_checkpoint(text)
    except (RequestError, NoteError, CheckpointError) as error:
        raise RefusedError(Status.MALFORMED, str(error)) from error
    keys = logs.get(named.origin)
    if keys is None:
        raise RefusedError(Status.UNKNOWN_LOG, "the witness does not watch this log")
    try:
        checkpoint = open_checkpoint(request.checkpoint, keys)
    except VerificationError as error:
        raise RefusedError(Status.UNTRUSTED, str(error)) from error
    if request.old_size > checkpoint.size:
        raise RefusedError(Status.MALFORMED, "the old size is greater than the checkpoint's")
    return Submitted(request, checkpoint, text)


def judge(last: Tree, submitted: Submitted) -> None:
    """Return only where the checkpoint continues the tree that was cosigned last, or is it; raises `RefusedError`."""
    old, new = submitted.request.old_size, submitted.tree
    # A second root for the size that was cosigned is told whatever size the log pretends to grow from.
    fork = new.size == last.size and new.root != last.root
    if old != last.size or fork:
        reason = "another root was cosigned for that size" if fork else "another size was cosigned last"
        raise RefusedError(Status.CONFLICT, reason, last.size, fork=fork)
    try:
        if old:
            verify_consistency(old, new.size, submitted.request.proof, last.root, new.root)
        elif submitted.request.proof:
            raise ProofError("nothing was cosigned yet, so there is nothing to prove")
    except ProofError as error:
        raise RefusedError(Status.NOT_CONSISTENT, str(error)) from error
