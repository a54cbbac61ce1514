"""The tree against RFC 6962's own words: every proof that we give, and every one that we refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import merkle
from audit.merkle import Frontier, ProofError
from tests.unit.audit import trees

LEAVES = trees.leaf_hashes(200)
HUGE = 2**63


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1]) + data[1:]


def test_hashes_are_those_of_rfc_6962() -> None:
    # The well known roots of Certificate Transparency's reference tests.
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert merkle.EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    eight = [merkle.leaf_hash(bytes.fromhex(one)) for one in REFERENCE_LEAVES]
    assert merkle.root_of(eight).hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


REFERENCE_LEAVES = (
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)


@pytest.mark.parametrize("size", [*range(70), 127, 128, 129, 200])
def test_the_root_is_the_rfcs_root(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]) == trees.mth(LEAVES[:size])


@given(st.integers(1, 200), st.data())
def test_an_inclusion_proof_is_the_rfcs_and_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = LEAVES[:size]
    proof = merkle.inclusion_proof(index, size, trees.node_of(hashes))
    assert list(proof) == trees.path(index, hashes)
    merkle.verify_inclusion(hashes[index], index, size, proof, trees.mth(hashes))


@given(st.integers(1, 200), st.data())
def test_a_consistency_proof_is_the_rfcs_and_verifies(size2: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size2))
    proof = merkle.consistency_proof(size1, size2, trees.node_of(LEAVES[:size2]))
    assert list(proof) == trees.proof(size1, LEAVES[:size2])
    merkle.verify_consistency(size1, size2, proof, trees.mth(LEAVES[:size1]), trees.mth(LEAVES[:size2]))


@given(st.integers(2, 200), st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = LEAVES[:size]
    root, proof = trees.mth(hashes), tuple(trees.path(index, hashes))
    at = data.draw(st.integers(0, len(proof) - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
    for bad in (
        (flipped(hashes[index]), index, size, proof, root),
        (hashes[index], other, size, proof, root),
        (hashes[index], size + index, size, proof, root),
        (hashes[index], index, size, (*proof[:at], flipped(proof[at]), *proof[at + 1 :]), root),
        (hashes[index], index, size, (*proof[:at], *proof[at + 1 :]), root),
        (hashes[index], index, size, (*proof, proof[-1]), root),
        (hashes[index], index, size, (*proof[:-1], proof[-1][:31]), root),
        (hashes[index], index, size, proof, flipped(root)),
        (hashes[index], index, size, proof, root + b"\x00"),
        (hashes[index], index, size * 4, proof, root),
        (hashes[index], -1, size, proof, root),
        (hashes[index], index, HUGE, proof, root),
    ):
        with pytest.raises(ProofError):
            merkle.verify_inclusion(*bad)


@given(st.integers(2, 200), st.data())
def test_a_changed_consistency_proof_is_refused(size2: int, data: st.DataObject) -> None:
    size1 = data.draw(st.integers(1, size2 - 1))
    root1, root2 = trees.mth(LEAVES[:size1]), trees.mth(LEAVES[:size2])
    proof = tuple(trees.proof(size1, LEAVES[:size2]))
    at = data.draw(st.integers(0, len(proof) - 1))
    for bad in (
        (size1, size2, proof, flipped(root1), root2),
        (size1, size2, proof, root1, flipped(root2)),
        (size1, size2, proof, root1, root2[:31]),
        (size1, size2, (*proof[:at], flipped(proof[at]), *proof[at + 1 :]), root1, root2),
        (size1, size2, (*proof[:at], *proof[at + 1 :]), root1, root2),
        (size1, size2, (*proof, proof[-1]), root1, root2),
        (size1, size2, (), root1, root2),
        (size2, size1, proof, root2, root1),
        (size1, size1, proof, root1, root1),
        (0, size2, proof, root1, root2),
        (-1, size2, proof, root1, root2),
        (size1, HUGE, proof, root1, root2),
    ):
        with pytest.raises(ProofError):
            merkle.verify_consistency(*bad)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (0, HUGE)])
def test_no_inclusion_proof_is_made_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError):
        merkle.inclusion_proof(index, size, trees.node_of(LEAVES))


@pytest.mark.parametrize(("size1", "size2"), [(0, 5), (6, 5), (-1, 5), (1, HUGE)])
def test_no_consistency_proof_is_made_for_impossible_sizes(size1: int, size2: int) -> None:
    with pytest.raises(ProofError):
        merkle.consistency_proof(size1, size2, trees.node_of(LEAVES))


@given(st.lists(st.integers(0, 40), max_size=8))
def test_a_tree_grown_batch_by_batch_is_the_naive_tree(batches: list[int]) -> None:
    frontier = Frontier.empty()
    every = trees.leaf_hashes(sum(batches))
    for batch in batches:
        before, after = frontier.size, frontier.size + batch
        extension = merkle.extend(frontier, every[before:after])
        frontier = extension.frontier
        root = trees.mth(every[:after])
        assert frontier.size == after
        assert extension.first == before
        assert extension.root == frontier.root() == root
        for index in range(before, after):
            assert list(extension.inclusion_proof(index)) == trees.path(index, every[:after])
        assert list(extension.completed) == newly_complete(every, before, after)
        assert Frontier.from_bytes(after, frontier.to_bytes()) == frontier


def newly_complete(hashes: list[bytes], before: int, after: int) -> list[merkle.Node]:
    return [
        (level, index, trees.mth(hashes[index << level : (index + 1) << level]))
        for level in range(after.bit_length())
        for index in range(before >> level, after >> level)
    ]


def test_a_batch_on_a_million_leaves_verifies_against_the_grown_root() -> None:
    # The old tree's own leaves are not needed: any hashes do for its complete subtrees.
    size = 10**6 + 3
    old = Frontier(size, tuple(LEAVES[: size.bit_count()]))
    extension = merkle.extend(old, LEAVES[:64])
    for index in range(size, size + 64):
        proof = extension.inclusion_proof(index)
        merkle.verify_inclusion(LEAVES[index - size], index, size + 64, proof, extension.root)


@pytest.mark.parametrize("index", [2, 6, -1])
def test_a_batch_proves_only_its_own_leaves(index: int) -> None:
    extension = merkle.extend(merkle.extend(Frontier.empty(), LEAVES[:3]).frontier, LEAVES[3:6])
    with pytest.raises(ProofError):
        extension.inclusion_proof(index)


def test_a_malformed_frontier_or_batch_is_refused() -> None:
    for size, hashes in ((1, ()), (3, (LEAVES[0],)), (-1, ()), (HUGE, (LEAVES[0],)), (1, (b"short",))):
        with pytest.raises(ProofError):
            Frontier(size, hashes)
    with pytest.raises(ProofError):
        Frontier.from_bytes(3, bytes(63))
    with pytest.raises(ProofError):
        merkle.extend(Frontier.empty(), [b"short"])
    full = Frontier(HUGE - 1, tuple(LEAVES[:63]))
    with pytest.raises(ProofError):
        merkle.extend(full, [LEAVES[0]])
