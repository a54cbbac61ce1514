"""The Merkle tree of RFC 6962 section 2 and RFC 9162 section 2.1: hashing, growing, proving, verifying. SHA-256 only.

A complete subtree is addressed by (level, index): level 0 are the leaf hashes, and the node (level, index) covers the leaves
from `index << level` up to `(index + 1) << level`. Sizes and indices are 0 to 2^63 - 1; hashes are 32 bytes. Whatever does
not verify, or is not even shaped like a proof, raises `ProofError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from audit.errors import VerificationError
from audit.text import MAX_INTEGER

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeLookup: TypeAlias = Callable[[int, int], bytes]
"""The hash of the complete subtree (level, index)."""

Node: TypeAlias = tuple[int, int, bytes]
"""A complete subtree: level, index, hash."""


class ProofError(VerificationError):
    """A proof does not prove what it is shown for, or a tree is asked for what it does not hold."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf's bytes (RFC 6962 section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children (RFC 6962 section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root of a tree with these leaf hashes; of no leaves, the hash of nothing."""
    row = list(leaf_hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        paired = [node_hash(row[n], row[n + 1]) for n in range(0, len(row) - 1, 2)]
        # An odd one out rises unhashed: it is the root of the incomplete right edge.
        row = paired + row[len(paired) * 2 :]
    return row[0]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash stands at an index of the tree with that size and root (RFC 9162 section 2.1.3.2).

    The size is only as good as its source: take it from the signed checkpoint that the root came from.
    """
    _check_number(index, size)
    if index >= size:
        raise ProofError("the index lies beyond the tree")
    _check_hashes(leaf, root, *proof)
    at, last, grown = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if at & 1 or at == last:
            grown = node_hash(sibling, grown)
            at, last = _climb_right_edge(at, last)
        else:
            grown = node_hash(grown, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if grown != root:
        raise ProofError("the inclusion proof does not lead to the root")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Check that the second tree continues the first one unchanged (RFC 9162 section 2.1.4.2).

    An empty first tree is refused: every tree continues it, so a proof of it would prove nothing.
    """
    _check_number(size1, size2)
    if not 0 < size1 <= size2:
        raise ProofError("the first tree is empty or larger than the second")
    if size1 == size2:
        # Nothing is hashed here: equal sizes are consistent when the roots are the same bytes, whatever they are.
        if proof or root1 != root2:
            raise ProofError("two roots of one size differ, or a proof was given for equal sizes")
        return
    _check_hashes(root1, root2, *proof)
    if not proof:
        raise ProofError("the consistency proof is empty")
    # A complete first tree is a node of the second one, so its root is left out of the proof.
    path = [root1, *proof] if size1.bit_count() == 1 else proof
    if _grow_both(size1, size2, path) != (root1, root2):
        raise ProofError("the consistency proof does not lead to both roots")


def _grow_both(size1: int, size2: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The two roots that a consistency path leads to; it begins with the last complete subtree that both trees share."""
    at, last = size1 - 1, size2 - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    grown1 = grown2 = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if at & 1 or at == last:
            grown1, grown2 = node_hash(sibling, grown1), node_hash(sibling, grown2)
            at, last = _climb_right_edge(at, last)
        else:
            grown2 = node_hash(grown2, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    return grown1, grown2


def inclusion_proof(index: int, size: int, node: NodeLookup) -> tuple[bytes, ...]:
    """The path from a leaf's sibling up to the root's child (RFC 9162 section 2.1.3.1)."""
    _check_number(index, size)
    if index >= size:
        raise ProofError("the index lies beyond the tree")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    return tuple(reversed(path))


def consistency_proof(size1: int, size2: int, node: NodeLookup) -> tuple[bytes, ...]:
    """What shows that the tree of the second size continues that of the first (RFC 9162 section 2.1.4.1).

    Empty for equal sizes. Raises for an empty first tree, as `verify_consistency` does.
    """
    _check_number(size1, size2)
    if not 0 < size1 <= size2:
        raise ProofError("the first tree is empty or larger than the second")
    path: list[bytes] = []
    start, end = 0, size2
    while size1 < end:
        middle = start + _split(end - start)
        if size1 <= middle:
            path.append(_range_root(middle, end, node))
            end = middle
        else:
            path.append(_range_root(start, middle, node))
            start = middle
    if start:
        path.append(_range_root(start, end, node))
    return tuple(reversed(path))


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to grow a tree: its size, and its maximal complete subtrees from left to right.

    hashes: one for each set bit of size, 32 bytes each. Raises `ProofError` when they do not fit the size.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _check_number(self.size)
        _check_hashes(*self.hashes)
        if len(self.hashes) != self.size.bit_count():
            raise ProofError("the frontier does not fit its size")

    @classmethod
    def empty(cls) -> Frontier:
        """The frontier of a tree without leaves."""
        return cls(0, ())

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """The reverse of `to_bytes`; the size is kept beside it."""
        return cls(size, tuple(bytes(data[at : at + HASH_BYTES]) for at in range(0, len(data), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """The hashes from left to right, 32 bytes each."""
        return b"".join(self.hashes)

    def root(self) -> bytes:
        """The root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        grown = self.hashes[-1]
        for left in self.hashes[-2::-1]:
            grown = node_hash(left, grown)
        return grown


@dataclass(frozen=True, slots=True)
class Extension:
    """A tree that grew by one batch.

    first: index of the batch's first leaf.
    frontier, root: of the grown tree.
    completed: every complete subtree that the old tree did not have, leaf hashes included, by level and then index.
    """

    first: int
    frontier: Frontier
    root: bytes
    completed: tuple[Node, ...]
    _nodes: dict[tuple[int, int], bytes] = field(repr=False)
    _edges: tuple[bytes | None, ...] = field(repr=False)
    _paths: dict[tuple[int, int], tuple[bytes, ...]] = field(repr=False, default_factory=dict)

    def inclusion_proof(self, index: int) -> tuple[bytes, ...]:
        """The path of one of the batch's leaves in the grown tree, as `merkle.inclusion_proof` gives it."""
        if not self.first <= index < self.frontier.size:
            raise ProofError("the index lies outside the batch")
        return self._path(0, index)

    def _path(self, level: int, index: int) -> tuple[bytes, ...]:
        # The batch's leaves share most of their way up, so each part of it is put together once.
        if level == len(self._edges) - 1:
            return ()
        known = self._paths.get((level, index))
        if known is None:
            sibling = self._sibling(level, index ^ 1)
            above = self._path(level + 1, index >> 1)
            known = above if sibling is None else (sibling, *above)
            self._paths[level, index] = known
        return known

    def _sibling(self, level: int, index: int) -> bytes | None:
        complete = self.frontier.size >> level
        if index < complete:
            return self._nodes[level, index]
        return self._edges[level] if index == complete else None


def extend(frontier: Frontier, leaf_hashes: Sequence[bytes]) -> Extension:
    """Grow a tree by a batch of leaf hashes, which may be empty."""
    _check_hashes(*leaf_hashes)
    size = frontier.size + len(leaf_hashes)
    _check_number(size)
    height = size.bit_length()
    # To the left of the new nodes a sibling is always one of the frontier: the last complete node of its level.
    nodes = _by_place(frontier)
    completed: list[Node] = []
    row, start = list(leaf_hashes), frontier.size
    for level in range(height):
        for index, digest in enumerate(row, start):
            nodes[level, index] = digest
            completed.append((level, index, digest))
        if start & 1 and row:
            row = [nodes[level, start - 1], *row]
        row = [node_hash(row[n], row[n + 1]) for n in range(0, len(row) - 1, 2)]
        start >>= 1
    edges = _right_edges(size, nodes)
    hashes = tuple(
        nodes[level, (size >> level) - 1] for level in range(height - 1, -1, -1) if size >> level & 1
    )
    return Extension(
        first=frontier.size,
        frontier=Frontier(size, hashes),
        root=edges[-1] or EMPTY_ROOT,
        completed=tuple(completed),
        _nodes=nodes,
        _edges=edges,
    )


def _by_place(frontier: Frontier) -> dict[tuple[int, int], bytes]:
    size = frontier.size
    levels = (level for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1)
    return {
        (level, (size >> level) - 1): digest for level, digest in zip(levels, frontier.hashes, strict=True)
    }


def _right_edges(size: int, nodes: dict[tuple[int, int], bytes]) -> tuple[bytes | None, ...]:
    """At each level from 0 to the root's: the root of the leaves after the level's last complete node, None without any."""
    edges: list[bytes | None] = [None]
    for level in range(size.bit_length()):
        edge = edges[-1]
        if size >> level & 1:
            complete = nodes[level, (size >> level) - 1]
            edge = complete if edge is None else node_hash(complete, edge)
        edges.append(edge)
    return tuple(edges)


def _range_root(start: int, end: int, node: NodeLookup) -> bytes:
    """The root of the leaves from start up to end, where start is a multiple of the power of two that holds them."""
    complete: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        complete.append(node(level, start >> level))
        start += 1 << level
    grown = complete[-1]
    for left in complete[-2::-1]:
        grown = node_hash(left, grown)
    return grown


def _split(size: int) -> int:
    """The largest power of two smaller than a size of two or more: where RFC 6962 cuts a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb_right_edge(at: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the node is the left, lonely child: nothing is hashed there."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _check_number(*numbers: int) -> None:
    if any(not 0 <= number <= MAX_INTEGER for number in numbers):
        raise ProofError("a size or an index is out of range")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError("a hash is not 32 bytes long")
