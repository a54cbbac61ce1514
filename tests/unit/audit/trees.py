"""Trees by the words of RFC 6962 section 2.1, naive on purpose, to hold the quick ones against; and a small signed log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit import checkpoint, leaf, merkle
from audit.note import Signer

SIGNER = Signer("log.example/oncetold", bytes(range(32)))
STRANGER = Signer("log.example/oncetold", bytes(32))
KEYS = (SIGNER.verifier_key,)
START_MS = 1_790_000_000_000


def leaf_hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(number.to_bytes(8, "big")) for number in range(count)]


def mth(hashes: Sequence[bytes]) -> bytes:
    """MTH(D[n]) word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = cut(len(hashes))
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


def path(m: int, hashes: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n]) word for word."""
    if len(hashes) == 1:
        return []
    k = cut(len(hashes))
    if m < k:
        return [*path(m, hashes[:k]), mth(hashes[k:])]
    return [*path(m - k, hashes[k:]), mth(hashes[:k])]


def proof(m: int, hashes: Sequence[bytes], complete: bool = True) -> list[bytes]:
    """PROOF(m, D[n]) and SUBPROOF(m, D[n], b) word for word."""
    if m == len(hashes):
        return [] if complete else [mth(hashes)]
    k = cut(len(hashes))
    if m <= k:
        return [*proof(m, hashes[:k], complete), mth(hashes[k:])]
    return [*proof(m - k, hashes[k:], complete=False), mth(hashes[:k])]


def cut(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def node_of(hashes: Sequence[bytes]) -> merkle.NodeLookup:
    def node(level: int, index: int) -> bytes:
        start, end = index << level, (index + 1) << level
        assert end <= len(hashes), "only complete subtrees may be asked for"
        return mth(hashes[start:end])

    return node


@dataclass(frozen=True)
class SmallLog:
    """Leaves and, for each batch size, the checkpoint after it."""

    leaves: list[bytes]
    checkpoints: list[str]

    @property
    def hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(one) for one in self.leaves]


def small_log(*batches: int, mark: int = 0, first_empty: bool = True) -> SmallLog:
    leaves: list[bytes] = []
    checkpoints = [signed(leaves)] if first_empty else []
    for batch in batches:
        for _ in range(batch):
            commitment = sha256(bytes([mark]) + len(leaves).to_bytes(8, "big")).digest()
            leaves.append(leaf.make(START_MS + len(leaves), commitment))
        checkpoints.append(signed(leaves))
    return SmallLog(leaves, checkpoints)


def signed(leaves: Sequence[bytes], signer: Signer = SIGNER) -> str:
    root = mth([merkle.leaf_hash(one) for one in leaves])
    return checkpoint.sign_checkpoint(signer.name, len(leaves), root, signer)
