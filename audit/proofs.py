"""Proofs that anybody may ask for: that an entry stands in the log of some size, and that one size continues another.

RFC 9162 sections 2.1.3 and 2.1.4, from the stored tiles. What they are made of is public under /log/ anyway.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import column, select, table

from audit import merkle
from audit.store import LogStore
from core.storage import Database

_BATCH = table("log_batch", column("size"), column("checkpoint"))


@dataclass(frozen=True, slots=True)
class Inclusion:
    """leaf_hash, hashes: 32 bytes each, from the leaf's sibling up. checkpoint: of that size, where a batch ended there."""

    leaf_hash: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str | None


@dataclass(frozen=True, slots=True)
class Consistency:
    """hashes: 32 bytes each. first, second: the checkpoints of the two sizes, where batches ended there."""

    hashes: tuple[bytes, ...]
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True)
class Proofs:
    """Makes proofs of one log."""

    database: Database
    store: LogStore

    def inclusion(self, index: int, size: int) -> Inclusion | None:
        """That the entry stands in the log of that size; None where it does not, or the log is shorter."""
        if not 0 <= index < size <= self._size():
            return None
        (leaf,) = self.store.leaves(index, 1)
        with self.database.read() as tx:
            hashes = merkle.inclusion_proof(index, size, self.store.node(tx))
        return Inclusion(merkle.leaf_hash(leaf), hashes, self._checkpoint(size))

    def consistency(self, first: int, second: int) -> Consistency | None:
        """That the log of the second size continues that of the first; None where there are no two such sizes."""
        if not 0 < first <= second <= self._size():
            return None
        with self.database.read() as tx:
            hashes = merkle.consistency_proof(first, second, self.store.node(tx))
        return Consistency(hashes, self._checkpoint(first), self._checkpoint(second))

    def _size(self) -> int:
        head = self.store.head()
        return 0 if head is None else head.frontier.size

    def _checkpoint(self, size: int) -> str | None:
        # A batch without entries, were there ever one, would say the same of the tree.
        wanted = select(_BATCH.c.checkpoint).where(_BATCH.c.size == size).limit(1)
        with self.database.read() as tx:
            found: str | None = tx.execute(wanted).scalar()
        return found
