"""Verification by strangers: receipts, growth, whole exports, and every way in which a log can be tampered with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import checkpoint, leaf, merkle, note, tlog_proof, verify
from audit.errors import VerificationError
from audit.verify import HistoryError, LogError
from tests.unit.audit import trees
from tests.unit.audit.trees import KEYS, SIGNER, START_MS, STRANGER, SmallLog, small_log

SALT = bytes(range(32))
DETAIL: leaf.Detail = {"kind": "disclosure", "purpose": "early-help-triage"}
LOG = small_log(1, 4, 2, 8)


def receipt(log: SmallLog, index: int, extra: bytes | None = None) -> str:
    return tlog_proof.format_proof(index, trees.path(index, log.hashes), log.checkpoints[-1], extra)


def opened_log() -> tuple[str, bytes]:
    """A log whose fourth leaf commits to DETAIL under SALT: its receipt, and the leaf."""
    leaves = [*LOG.leaves[:3], leaf.make(START_MS + 3, leaf.commit(SALT, DETAIL))]
    return receipt(SmallLog(leaves, [trees.signed(leaves)]), 3), leaves[3]


# Receipts


def test_every_leaf_of_a_log_has_a_receipt_that_verifies() -> None:
    for index, one in enumerate(LOG.leaves):
        at = datetime.fromtimestamp(START_MS // 1000, UTC) + timedelta(milliseconds=index)
        assert verify.verify_receipt(receipt(LOG, index), one, KEYS) == verify.Verified(index, 15, at)


def test_a_receipt_with_its_opening_shows_what_was_logged() -> None:
    text, one = opened_log()
    assert verify.verify_receipt(text, one, KEYS, (SALT, DETAIL)).index == 3


@pytest.mark.parametrize(
    "opening",
    [
        (bytes(32), DETAIL),
        (SALT[1:], DETAIL),
        (SALT, {**DETAIL, "purpose": "social-prescribing"}),
        (SALT, {**DETAIL, "count": 0.5}),
    ],
)
def test_another_opening_is_refused(opening: tuple[bytes, leaf.Detail]) -> None:
    text, one = opened_log()
    with pytest.raises(leaf.LeafError):
        verify.verify_receipt(text, one, KEYS, opening)


def test_a_receipt_of_another_leaf_key_or_index_is_refused() -> None:
    text = receipt(LOG, 4)
    for tampered, one, keys in (
        (text, LOG.leaves[5], KEYS),
        (text, LOG.leaves[4][:40], KEYS),
        (text, b"", KEYS),
        (text, LOG.leaves[4], ()),
        (text, LOG.leaves[4], (STRANGER.verifier_key,)),
        (text.replace("index 4", "index 5"), LOG.leaves[4], KEYS),
        (text.replace("index 4", "index 15"), LOG.leaves[4], KEYS),
        (text.replace("\n15\n", "\n16\n"), LOG.leaves[4], KEYS),
        (text.replace(LOG.checkpoints[-1], LOG.checkpoints[-2]), LOG.leaves[4], KEYS),
        (text.replace(LOG.checkpoints[-1], trees.signed(LOG.leaves, STRANGER)), LOG.leaves[4], KEYS),
        (LOG.checkpoints[-1], LOG.leaves[4], KEYS),
    ):
        with pytest.raises(VerificationError):
            verify.verify_receipt(tampered, one, keys)


def test_a_receipts_extra_data_proves_nothing_and_changes_nothing() -> None:
    with_extra = verify.verify_receipt(receipt(LOG, 0, b"claims of any kind"), LOG.leaves[0], KEYS)
    assert with_extra == verify.verify_receipt(receipt(LOG, 0), LOG.leaves[0], KEYS)


@given(st.text(max_size=200), st.binary(max_size=50))
def test_any_receipt_and_leaf_are_refused_and_never_break(text: str, data: bytes) -> None:
    with pytest.raises(VerificationError):
        verify.verify_receipt(text, data, KEYS)
    with pytest.raises(VerificationError):
        verify.verify_receipt(text, LOG.leaves[0], KEYS)
    with pytest.raises(VerificationError):
        verify.verify_receipt(receipt(LOG, 0), data, KEYS)


@given(
    st.integers(0, len(receipt(LOG, 7)) - 1),
    st.characters(codec=None),
    st.integers(0, 40),
    st.integers(1, 255),
)
def test_one_changed_letter_of_a_receipt_or_bit_of_a_leaf_is_refused(
    at: int, letter: str, byte: int, flip: int
) -> None:
    text, one = receipt(LOG, 7), LOG.leaves[7]
    if text[at] != letter:
        with pytest.raises(VerificationError):
            verify.verify_receipt(text[:at] + letter + text[at + 1 :], one, KEYS)
    with pytest.raises(VerificationError):
        verify.verify_receipt(text, one[:byte] + bytes([one[byte] ^ flip]) + one[byte + 1 :], KEYS)


# Growth


def pair_proof(log: SmallLog, size: int) -> list[bytes]:
    return trees.proof(size, log.hashes)


def test_every_checkpoint_of_a_log_is_continued_by_the_last() -> None:
    for older in LOG.checkpoints[1:]:
        size = int(older.split("\n")[1])
        verify.verify_pair(older, LOG.checkpoints[-1], pair_proof(LOG, size), KEYS)


def test_every_log_continues_the_empty_one() -> None:
    verify.verify_pair(LOG.checkpoints[0], LOG.checkpoints[-1], (), KEYS)
    verify.verify_pair(LOG.checkpoints[0], LOG.checkpoints[0], (), iter(KEYS))
    with pytest.raises(HistoryError):
        verify.verify_pair(LOG.checkpoints[0], LOG.checkpoints[-1], (bytes(32),), KEYS)


def test_a_forked_shrunk_or_foreign_log_is_told_by_two_checkpoints() -> None:
    fork = small_log(5, 10, mark=1)
    other = note.Signer("log.example/other", bytes(32))
    proof = pair_proof(LOG, 5)
    for older, newer, keys, error in (
        (LOG.checkpoints[2], fork.checkpoints[2], KEYS, merkle.ProofError),
        (LOG.checkpoints[-1], fork.checkpoints[-1], KEYS, merkle.ProofError),
        (LOG.checkpoints[-1], LOG.checkpoints[2], KEYS, HistoryError),
        (LOG.checkpoints[2], LOG.checkpoints[0], KEYS, HistoryError),
        (LOG.checkpoints[2], trees.signed(LOG.leaves, other), (*KEYS, other.verifier_key), HistoryError),
        (LOG.checkpoints[2], trees.signed(LOG.leaves, STRANGER), KEYS, note.NoteError),
        (note.sign("a remark\n", SIGNER), LOG.checkpoints[2], KEYS, checkpoint.CheckpointError),
    ):
        with pytest.raises(error):
            verify.verify_pair(older, newer, proof, keys)


@given(st.text(max_size=100), st.lists(st.binary(max_size=40), max_size=5))
def test_any_pair_and_proof_are_refused_and_never_break(text: str, proof: list[bytes]) -> None:
    for older, newer in ((text, LOG.checkpoints[-1]), (LOG.checkpoints[1], text)):
        with pytest.raises(VerificationError):
            verify.verify_pair(older, newer, proof, KEYS)
    with pytest.raises(VerificationError):
        verify.verify_pair(LOG.checkpoints[1], LOG.checkpoints[-1], proof, KEYS)


# Whole exports


def test_a_whole_export_verifies_against_every_checkpoint() -> None:
    verified = verify.verify_log(iter(LOG.leaves), iter(LOG.checkpoints), iter(KEYS))
    assert verified == verify.VerifiedLog(SIGNER.name, 15, trees.mth(LOG.hashes), 5)


def test_a_long_export_between_two_checkpoints_verifies() -> None:
    long = small_log(verify.CHUNK * 2 + 7)
    assert verify.verify_log(long.leaves, long.checkpoints, KEYS).size == verify.CHUNK * 2 + 7


def test_an_empty_log_verifies_by_its_first_checkpoint() -> None:
    assert verify.verify_log([], LOG.checkpoints[:1], KEYS).size == 0


def test_checkpoints_that_others_kept_can_be_merged_in() -> None:
    kept = trees.signed(LOG.leaves[:9])
    merged = [*LOG.checkpoints[:-1], kept, LOG.checkpoints[-1], LOG.checkpoints[-1]]
    assert verify.verify_log(LOG.leaves, merged, KEYS).checkpoints == 7


def refused(leaves: list[bytes], checkpoints: list[str]) -> tuple[int, int | None]:
    with pytest.raises(LogError) as error:
        verify.verify_log(leaves, checkpoints, KEYS)
    assert f"leaf {error.value.index}" in str(error.value)
    return error.value.index, error.value.checkpoint


def test_an_edited_leaf_is_found_by_the_checkpoint_after_it() -> None:
    edited = [*LOG.leaves]
    edited[3] = leaf.make(START_MS + 3, bytes(32))
    assert refused(edited, LOG.checkpoints) == (1, 2)


def test_a_deleted_leaf_is_found() -> None:
    assert refused(LOG.leaves[:3] + LOG.leaves[4:], LOG.checkpoints) == (1, 2)


def test_two_swapped_leaves_are_found() -> None:
    swapped = [*LOG.leaves]
    swapped[5], swapped[6] = swapped[6], swapped[5]
    assert refused(swapped, LOG.checkpoints) == (6, None)
    # Also when their times are alike, so that only the tree can tell.
    alike = [leaf.make(START_MS, bytes([number] * 32)) for number in range(4)]
    checkpoints = [trees.signed(alike[:2]), trees.signed(alike)]
    assert refused([alike[0], alike[1], alike[3], alike[2]], checkpoints) == (2, 1)


def test_a_truncated_export_is_found() -> None:
    assert refused(LOG.leaves[:-1], LOG.checkpoints) == (14, 4)


def test_leaves_that_no_checkpoint_covers_are_found() -> None:
    assert refused([*LOG.leaves, LOG.leaves[-1]], LOG.checkpoints) == (15, None)
    assert refused(LOG.leaves, LOG.checkpoints[:-1]) == (7, None)


def test_a_log_rolled_back_and_grown_anew_is_found_by_a_kept_checkpoint() -> None:
    fork = small_log(1, 4, 10, mark=1)
    assert refused(fork.leaves, [*fork.checkpoints[:1], LOG.checkpoints[2], fork.checkpoints[-1]]) == (0, 1)


def test_a_restored_backup_is_found_by_a_later_checkpoint() -> None:
    assert refused(LOG.leaves[:7], LOG.checkpoints) == (7, 4)


def test_checkpoints_out_of_order_or_of_another_key_are_found() -> None:
    first, *rest = LOG.checkpoints
    assert refused(LOG.leaves, [rest[-1], first]) == (15, 1)
    assert refused(LOG.leaves, [first, trees.signed(LOG.leaves[:1], STRANGER)]) == (0, 1)
    assert refused(LOG.leaves, ["no checkpoint\n"]) == (0, 0)


def test_an_export_without_checkpoints_proves_nothing() -> None:
    assert refused([], []) == (0, None)


def test_a_malformed_leaf_is_named() -> None:
    assert refused([*LOG.leaves[:4], b"short", *LOG.leaves[5:]], LOG.checkpoints) == (4, None)


def test_a_leaf_dated_before_the_one_it_follows_is_named() -> None:
    backdated = [*LOG.leaves[:4], leaf.make(START_MS - 1, bytes(32))]
    assert refused(backdated, [trees.signed(backdated)]) == (4, None)


@given(st.lists(st.binary(max_size=45), max_size=4), st.lists(st.text(max_size=40), max_size=3))
def test_any_export_is_refused_and_never_breaks(leaves: list[bytes], checkpoints: list[str]) -> None:
    with pytest.raises(VerificationError):
        verify.verify_log(leaves, checkpoints, KEYS)
    with pytest.raises(VerificationError):
        verify.verify_log([*LOG.leaves, *leaves, b""], [*LOG.checkpoints, *checkpoints], KEYS)


def test_no_refusal_tells_what_stood_in_the_text() -> None:
    secret = "resident-of-the-year"
    for text in (secret, receipt(LOG, 0).replace("index", secret)):
        with pytest.raises(VerificationError) as error:
            verify.verify_receipt(text, LOG.leaves[0], KEYS)
        assert secret not in str(error.value)
