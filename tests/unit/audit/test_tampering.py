"""Every way in which a whole log can be tampered with: each is named, with the first entry that is bad."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import leaf, merkle
from audit.diagnosis import MOVES_MAXIMUM
from audit.errors import VerificationError
from audit.harm import ADVICE, Harm, Seen, TamperedError
from audit.note import Signer
from audit.tampering import SPAN, Examiner, no_hash
from audit.verify import VerifiedLog
from tests.unit.audit import trees
from tests.unit.audit.trees import KEYS, START_MS, STRANGER, SmallLog, small_log

LOG = small_log(1, 4, 2, 8)
FOREIGN = leaf.make(START_MS + 40, bytes(32))


def numbered(leaves: Iterable[bytes]) -> list[Seen]:
    return [Seen(index, one) for index, one in enumerate(leaves)]


def tiles_of(log: SmallLog) -> Callable[[int], bytes | None]:
    return lambda index: log.hashes[index] if index < len(log.hashes) else None


def harm(
    entries: Sequence[Seen],
    log: SmallLog = LOG,
    expected: Callable[[int], bytes | None] = no_hash,
    kept: Sequence[str] = (),
) -> tuple[Harm, int, int]:
    with pytest.raises(TamperedError) as caught:
        Examiner(KEYS, expected, kept).run(entries, log.checkpoints)
    assert str(caught.value.first) in str(caught.value)
    return caught.value.harm, caught.value.first, caught.value.last


def test_a_log_that_nobody_touched_is_whole() -> None:
    expected = VerifiedLog("log.example/oncetold", 15, merkle.root_of(LOG.hashes), 5)
    assert Examiner(KEYS).run(numbered(LOG.leaves), LOG.checkpoints) == expected
    kept = (*LOG.checkpoints, trees.signed(LOG.leaves[:3]), trees.signed(LOG.leaves[:9]))
    assert Examiner(KEYS, tiles_of(LOG), kept).run(numbered(LOG.leaves), LOG.checkpoints) == expected


def test_every_harm_comes_with_advice() -> None:
    assert set(ADVICE) == set(Harm)


@pytest.mark.parametrize("at", range(15))
def test_with_kept_hashes_each_harm_is_told_with_its_entry(at: int) -> None:
    """Whoever did it gave the entries new places, so that nothing but the kept hashes tells."""
    leaves, kept = LOG.leaves, tiles_of(LOG)
    edited = [*leaves[:at], FOREIGN, *leaves[at + 1 :]]
    assert harm(numbered(edited), expected=kept) == (Harm.EDITED, at, at)
    inserted = [*leaves[:at], FOREIGN, *leaves[at:]]
    assert harm(numbered(inserted), expected=kept) == (Harm.INSERTED, at, at)
    deleted = [*leaves[:at], *leaves[at + 1 :]]
    known = Harm.TRUNCATED if at == 14 else Harm.DELETED
    assert harm(numbered(deleted), expected=kept) == (known, at, at)
    if at < 14:
        swapped = [*leaves[:at], leaves[at + 1], leaves[at], *leaves[at + 2 :]]
        assert harm(numbered(swapped), expected=kept) == (Harm.REORDERED, at, at)
    assert harm(numbered(leaves[:at]), expected=kept)[:2] == (Harm.TRUNCATED, at)
    doubled = [*leaves[:at], leaves[at], *leaves[at:]]
    assert harm(numbered(doubled), expected=kept)[0] is Harm.INSERTED


@pytest.mark.parametrize("at", range(15))
def test_the_places_that_entries_state_tell_what_is_missing_double_or_moved(at: int) -> None:
    whole = numbered(LOG.leaves)
    if at < 14:
        assert harm([*whole[:at], *whole[at + 1 :]]) == (Harm.DELETED, at, at)
        assert harm([*whole[:at], whole[at + 1], whole[at], *whole[at + 2 :]]) == (Harm.REORDERED, at, at)
        assert harm([*whole[:at], Seen(at, FOREIGN), *whole[at:]]) == (Harm.INSERTED, at, at)
    moved = [*whole[:at], Seen(99, whole[at].leaf), *whole[at + 1 :]]
    assert harm(moved)[:2] == (Harm.DELETED, at)


@pytest.mark.parametrize("at", range(15))
def test_with_leaves_and_checkpoints_alone_the_root_still_tells_most(at: int) -> None:
    leaves = LOG.leaves
    if at < 14:
        assert harm(numbered([*leaves[:at], FOREIGN, *leaves[at:]])) == (Harm.INSERTED, at, at)
    start, end = next((a, b) for a, b in ((0, 1), (1, 5), (5, 7), (7, 15)) if a <= at < b)
    edited = [*leaves[:at], FOREIGN, *leaves[at + 1 :]]
    assert harm(numbered(edited)) == (Harm.EDITED, start, end - 1)
    deleted = numbered([*leaves[:at], *leaves[at + 1 :]])
    known, last = (Harm.DELETED, end - 1) if end < 15 else (Harm.TRUNCATED, 14)
    assert harm(deleted) == (known, start, last)
    opened = [Seen(one.index, one.leaf, opens=one.index != at) for one in numbered(edited)]
    assert harm(opened) == (Harm.EDITED, at, at), "a detail that no longer fits tells which"


def test_two_entries_that_changed_places_within_a_batch_are_found_by_trying() -> None:
    leaves = [*LOG.leaves]
    leaves[8], leaves[12] = leaves[12], leaves[8]
    assert harm(numbered(leaves)) == (Harm.REORDERED, 8, 8)
    leaves = [*LOG.leaves]
    leaves.insert(12, leaves.pop(8))
    assert harm(numbered(leaves)) == (Harm.REORDERED, 8, 8)


def test_hashes_that_were_edited_along_with_the_entries_are_not_believed() -> None:
    edited = [*LOG.leaves[:9], FOREIGN, *LOG.leaves[10:]]
    lying = tiles_of(SmallLog(edited, []))
    assert harm(numbered(edited), expected=lying) == (Harm.EDITED, 7, 14)


def test_what_no_checkpoint_covers_was_inserted() -> None:
    assert harm(numbered([*LOG.leaves, FOREIGN])) == (Harm.INSERTED, 15, 15)


def test_a_log_without_any_checkpoint_lost_its_end() -> None:
    assert harm([], SmallLog([], [])) == (Harm.TRUNCATED, 0, 0)


def test_a_checkpoint_that_the_log_did_not_sign_is_named_with_the_batch_that_it_stands_for() -> None:
    forged = [*LOG.checkpoints[:2], trees.signed(LOG.leaves[:5], STRANGER), *LOG.checkpoints[3:]]
    assert harm(numbered(LOG.leaves), SmallLog(LOG.leaves, forged)) == (Harm.EDITED, 1, 1)


def test_checkpoints_out_of_order_are_named() -> None:
    swapped = [*LOG.checkpoints[:2], LOG.checkpoints[3], LOG.checkpoints[2], LOG.checkpoints[4]]
    assert harm(numbered(LOG.leaves), SmallLog(LOG.leaves, swapped))[0] is Harm.REORDERED


def test_a_checkpoint_of_another_log_under_a_trusted_key_is_a_fork() -> None:
    other = Signer("other.example/log", bytes(range(32)))
    mixed = [*LOG.checkpoints[:3], trees.signed(LOG.leaves[:7], other)]
    with pytest.raises(TamperedError, match="forked"):
        Examiner((*KEYS, other.verifier_key)).run(numbered(LOG.leaves), mixed)


def test_a_leaf_that_is_none_is_edited() -> None:
    broken = [*LOG.leaves[:6], LOG.leaves[6][:-1], *LOG.leaves[7:]]
    assert harm(numbered(broken)) == (Harm.EDITED, 6, 6)


def test_an_entry_that_the_keeper_signed_with_an_earlier_date_is_named() -> None:
    leaves = [*LOG.leaves[:6], leaf.make(START_MS, bytes(32)), *LOG.leaves[7:]]
    dated = SmallLog(leaves, [trees.signed(leaves[:7]), trees.signed(leaves)])
    assert harm(numbered(leaves), dated) == (Harm.INSERTED, 6, 6)


def test_a_log_that_went_back_to_a_backup_is_told_by_any_later_checkpoint_and_by_nothing_else() -> None:
    old = SmallLog(LOG.leaves[:7], LOG.checkpoints[:4])
    assert harm(numbered(old.leaves), old, kept=[LOG.checkpoints[-1]]) == (Harm.ROLLED_BACK, 7, 14)
    assert Examiner(KEYS, kept=[LOG.checkpoints[3]]).run(numbered(old.leaves), old.checkpoints).size == 7


def test_a_fork_is_told_by_a_checkpoint_of_the_other_log_between_the_last_that_agrees_and_the_first_that_does_not() -> (
    None
):
    shared = LOG.leaves[:5]
    other = small_log(1, 4, 2, 8, 3, mark=1)
    leaves = [*shared, *other.leaves[5:]]
    fork = SmallLog(leaves, [trees.signed(leaves[:n]) for n in (1, 5, 7, 15, 18)])
    assert harm(numbered(leaves), fork, kept=LOG.checkpoints) == (Harm.FORKED, 5, 6)
    assert harm(numbered(leaves), fork, kept=[LOG.checkpoints[-1]]) == (Harm.FORKED, 0, 14)
    inside = trees.signed(LOG.leaves[:6])
    assert harm(numbered(leaves), fork, kept=[LOG.checkpoints[2], inside]) == (Harm.FORKED, 5, 5)


def test_a_kept_checkpoint_of_an_unknown_key_is_refused_and_of_the_empty_log_says_nothing() -> None:
    with pytest.raises(VerificationError, match="no known key"):
        Examiner(KEYS, kept=[trees.signed([], STRANGER)]).run([], LOG.checkpoints)
    assert Examiner(KEYS, kept=[trees.signed([])]).run(numbered(LOG.leaves), LOG.checkpoints).size == 15


def test_batches_far_apart_are_told_by_places_and_counts() -> None:
    log = small_log(SPAN + 700, first_empty=False)
    whole = numbered(log.leaves)
    assert (
        Examiner(KEYS, kept=[trees.signed(log.leaves[:1100])]).run(whole, log.checkpoints).size == SPAN + 700
    )
    edited = [*whole[:30], Seen(30, FOREIGN), *whole[31:]]
    assert harm(edited, log) == (Harm.EDITED, 0, SPAN + 699)
    assert harm([*whole[:1500], *whole[1501:]], log) == (Harm.DELETED, 1500, 1500)
    renumbered = numbered([*log.leaves[:30], *log.leaves[31:]])
    assert harm(renumbered, log) == (Harm.TRUNCATED, 0, SPAN + 699)
    more = numbered([*log.leaves[:30], FOREIGN, *log.leaves[30:]])
    assert harm(more, log) == (Harm.INSERTED, 0, SPAN + 699)


def test_every_subtree_is_told_while_it_grows() -> None:
    grown: list[merkle.Node] = []
    Examiner(KEYS, grown=grown.extend).run(numbered(LOG.leaves), LOG.checkpoints)
    assert sorted(grown) == sorted(merkle.extend(merkle.Frontier.empty(), LOG.hashes).completed)


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.data(),
    st.sampled_from(["edit", "delete", "insert", "swap", "cut"]),
)
def test_whatever_is_done_is_told_and_never_after_the_entry_that_it_was_done_to(
    batches: list[int], data: st.DataObject, what: str
) -> None:
    log = small_log(*batches)
    size = len(log.leaves)
    at = data.draw(st.integers(0, size - 1))
    leaves = [*log.leaves]
    if what == "edit":
        leaves[at] = leaf.make(START_MS + at, bytes(32))
    elif what == "delete":
        del leaves[at]
    elif what == "insert":
        leaves.insert(at, leaf.make(START_MS + at, bytes(32)))
    elif what == "cut":
        del leaves[at:]
    else:
        to = data.draw(st.integers(0, size - 1))
        if to == at:
            return
        leaves[at], leaves[to] = leaves[to], leaves[at]
        at = min(at, to)
    assert size <= MOVES_MAXIMUM
    _, first, last = harm(numbered(leaves), log, tiles_of(log))
    assert (first, last)[0] == at
    _, first, last = harm(numbered(leaves), log)
    assert first <= at <= max(last, at)
