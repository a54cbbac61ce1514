"""Logs and witnesses for tests: a small log in memory that grows, that can fork, and that asks to be cosigned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from audit import merkle
from audit.checkpoint import sign_checkpoint
from audit.note import Signer
from audit.witness.cosignature import Cosigner
from audit.witness.request import format_request

ORIGIN = "oncetold.test/log"
LOG = Signer(ORIGIN, bytes(range(64, 96)))
NEXT_LOG = Signer(ORIGIN, bytes(range(96, 128)))
COSIGNER = Cosigner("witness.test/one", bytes(range(32)))
OTHER_COSIGNER = Cosigner("witness.test/two", bytes(range(1, 33)))


@dataclass
class SmallLog:
    """Leaf hashes in memory. `salt` makes it another log under the same key."""

    salt: bytes = b""
    hashes: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, salt: bytes = b"", shared: int = 0) -> SmallLog:
        """A log of that size, whose first `shared` leaves are those of the log without salt."""
        log = cls()
        log.grow(shared)
        log.salt = salt
        log.grow(size - shared)
        return log

    def grow(self, by: int) -> None:
        first = len(self.hashes)
        self.hashes += [merkle.leaf_hash(self.salt + b"%d" % number) for number in range(first, first + by)]

    def root(self, size: int) -> bytes:
        return merkle.root_of(self.hashes[:size])

    def checkpoint(self, size: int, *signers: Signer) -> str:
        return sign_checkpoint(ORIGIN, size, self.root(size), *(signers or (LOG,)))

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        if not 0 < old < size:
            return ()
        return merkle.consistency_proof(
            old, size, lambda level, n: merkle.root_of(self.hashes[n << level : (n + 1) << level])
        )

    def request(self, old: int, size: int, proof: Sequence[bytes] | None = None, *signers: Signer) -> bytes:
        """A request of add-checkpoint; with its true proof unless another is given."""
        given = self.proof(old, size) if proof is None else proof
        return format_request(old, given, self.checkpoint(size, *signers))
