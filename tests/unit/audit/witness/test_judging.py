"""What a witness does with each request of the specification's table, and that it never cosigns a fork."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import verify_consistency
from audit.note import Signer, sign
from audit.text import to_base64
from audit.witness import judging
from audit.witness.judging import NOTHING_SEEN, RefusedError, Status, Tree
from audit.witness.request import format_request
from tests.support.witnesses import LOG, NEXT_LOG, ORIGIN, SmallLog

WATCHED = judging.log_keys([LOG.verifier_key])
HONEST = SmallLog.of(20)
FORKED = SmallLog.of(20, b"forked", shared=6)
SEEN_8 = Tree(8, HONEST.root(8))


def refused(last: Tree, body: bytes, logs: judging.LogKeys = WATCHED) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        judging.judge(last, judging.read(body, logs))
    return caught.value


def accepted(last: Tree, body: bytes, logs: judging.LogKeys = WATCHED) -> Tree:
    submitted = judging.read(body, logs)
    judging.judge(last, submitted)
    return submitted.tree


@pytest.mark.parametrize("size", [0, 1, 7, 20])
def test_the_first_checkpoint_of_a_log_is_taken_as_it_is(size: int) -> None:
    assert accepted(NOTHING_SEEN, HONEST.request(0, size)) == Tree(size, HONEST.root(size))


@given(st.integers(1, 20), st.integers(0, 19))
def test_every_growth_is_accepted(size: int, by: int) -> None:
    larger = min(size + by, 20)
    last = Tree(size, HONEST.root(size))
    assert accepted(last, HONEST.request(size, larger)) == Tree(larger, HONEST.root(larger))


@given(st.integers(7, 20), st.integers(7, 20))
def test_no_growth_into_a_fork_is_accepted_whatever_it_pretends_to_grow_from(seen: int, size: int) -> None:
    last = Tree(seen, HONEST.root(seen))
    for old in {seen, 0, 6, size}:
        if old <= size:
            for proof in (FORKED.proof(old, size), HONEST.proof(old, size), ()):
                assert refused(last, FORKED.request(old, size, proof)).status in (
                    Status.CONFLICT,
                    Status.NOT_CONSISTENT,
                )


def test_without_the_consistency_check_the_fork_would_be_cosigned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The companion: what refuses a fork is this one check, and nothing else that happens to stand in its way."""
    fork = FORKED.request(8, 20)
    assert refused(SEEN_8, fork).status is Status.NOT_CONSISTENT
    monkeypatch.setattr(judging, "verify_consistency", lambda *_: None)
    assert accepted(SEEN_8, fork) == Tree(20, FORKED.root(20))
    monkeypatch.setattr(judging, "verify_consistency", verify_consistency)
    assert refused(SEEN_8, fork).status is Status.NOT_CONSISTENT


def test_an_older_or_a_newer_old_size_is_a_conflict_that_tells_the_known_one() -> None:
    for old, size in ((0, 9), (7, 9), (9, 12), (0, 5), (5, 5)):
        conflict = refused(SEEN_8, HONEST.request(old, size))
        assert (conflict.status, conflict.known_size, conflict.fork) == (Status.CONFLICT, 8, False)


def test_another_root_for_the_size_that_was_seen_is_a_fork_whatever_it_grows_from() -> None:
    for old in (0, 6, 8):
        conflict = refused(SEEN_8, FORKED.request(old, 8))
        assert (conflict.status, conflict.known_size, conflict.fork) == (Status.CONFLICT, 8, True)


def test_the_same_checkpoint_again_is_cosigned_again() -> None:
    assert accepted(SEEN_8, HONEST.request(8, 8)) == SEEN_8


@pytest.mark.parametrize(
    ("last", "body"),
    [
        (NOTHING_SEEN, HONEST.request(0, 8, [bytes(32)])),
        (SEEN_8, HONEST.request(8, 8, [bytes(32)])),
        (SEEN_8, HONEST.request(8, 12, [])),
        (SEEN_8, HONEST.request(8, 12, HONEST.proof(8, 13))),
        (SEEN_8, HONEST.request(8, 12, [*HONEST.proof(8, 12), bytes(32)])),
    ],
)
def test_a_proof_that_does_not_verify_is_not_consistent(last: Tree, body: bytes) -> None:
    assert refused(last, body).status is Status.NOT_CONSISTENT


def test_a_log_that_is_not_watched_is_unknown_whoever_signed() -> None:
    assert refused(NOTHING_SEEN, HONEST.request(0, 8), {}).status is Status.UNKNOWN_LOG


def test_a_checkpoint_that_no_trusted_key_signed_is_untrusted() -> None:
    body = HONEST.request(0, 8, None, Signer(ORIGIN, bytes(32)))
    assert refused(NOTHING_SEEN, body).status is Status.UNTRUSTED
    changed = HONEST.request(0, 8).replace(b"\n8\n", b"\n9\n")
    assert refused(NOTHING_SEEN, changed).status is Status.UNTRUSTED


def test_a_log_goes_over_to_another_key_where_both_sign_for_a_while() -> None:
    both = judging.log_keys([LOG.verifier_key, NEXT_LOG.verifier_key])
    only_next = judging.log_keys([NEXT_LOG.verifier_key])
    signed_by_both = HONEST.request(8, 12, None, LOG, NEXT_LOG)
    for logs in (WATCHED, both, only_next):
        assert accepted(SEEN_8, signed_by_both, logs).size == 12
    assert accepted(SEEN_8, HONEST.request(8, 12, None, NEXT_LOG), both).size == 12
    assert refused(SEEN_8, HONEST.request(8, 12, None, NEXT_LOG)).status is Status.UNTRUSTED
    assert refused(SEEN_8, HONEST.request(8, 12), only_next).status is Status.UNTRUSTED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n\nnothing\n",
        HONEST.request(0, 8).replace(b"\n8\n", b"\neight\n"),
        HONEST.request(8, 8).replace(b"old 8", b"old 9"),
        format_request(0, (), sign("a note\nthat is no checkpoint\n", LOG)),
        format_request(0, (), sign(f"{ORIGIN}\n0\n{to_base64(bytes(32))}\n", LOG)),
    ],
)
def test_what_is_no_request_or_grows_backwards_is_malformed(body: bytes) -> None:
    assert refused(NOTHING_SEEN, body).status is Status.MALFORMED
