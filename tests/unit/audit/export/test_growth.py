"""Proofs that a log only grew: made from tiles, carried in one file, checked against an older checkpoint alone."""

from __future__ import annotations

import pytest

from audit.errors import VerificationError
from audit.export.growth import Growth, GrowthError, check_growth, format_growth, parse_growth, prove_growth
from audit.tiles import TileLookup
from tests.unit.audit import trees
from tests.unit.audit.trees import KEYS, STRANGER, SmallLog, small_log

LOG = small_log(3, 300, 10)
OTHER = small_log(3, 300, 10, mark=1)


def tiles(log: SmallLog) -> TileLookup:
    def lookup(level: int, n: int) -> bytes:
        width = 1 << (8 * level)
        whole = len(log.hashes) // width
        nodes = [
            trees.mth(log.hashes[i * width : (i + 1) * width])
            for i in range(n * 256, min(whole, n * 256 + 256))
        ]
        return b"".join(nodes)

    return lookup


@pytest.mark.parametrize(("old", "new"), [(0, 1), (0, 3), (1, 2), (1, 3), (2, 3), (3, 3)])
def test_growth_is_proved_between_any_two_checkpoints(old: int, new: int) -> None:
    text = prove_growth(LOG.checkpoints[old], LOG.checkpoints[new], tiles(LOG), KEYS)
    assert format_growth(parse_growth(text)) == text
    sizes = (0, 3, 303, 313)
    assert check_growth(LOG.checkpoints[old], text, KEYS) == (sizes[old], sizes[new])


def test_of_two_logs_neither_can_be_shown_to_continue_the_other() -> None:
    with pytest.raises(VerificationError):
        prove_growth(OTHER.checkpoints[1], LOG.checkpoints[2], tiles(LOG), KEYS)
    good = prove_growth(LOG.checkpoints[1], LOG.checkpoints[2], tiles(LOG), KEYS)
    with pytest.raises(VerificationError):
        check_growth(OTHER.checkpoints[1], good, KEYS)
    with pytest.raises(GrowthError, match="another size"):
        check_growth(LOG.checkpoints[2], good, KEYS)
    with pytest.raises(VerificationError):
        check_growth(LOG.checkpoints[1], good, (STRANGER.verifier_key,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 3\n",
        "new 3\n\nx\n",
        "old 03\n\nx\n",
        "old 3\nAAAA\n\nx\n",
        "old 3\n" + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 64 + "\nx\n",
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(GrowthError):
        parse_growth(text)


def test_a_proof_without_hashes_has_none() -> None:
    assert parse_growth("old 0\n\nx\n") == Growth(0, (), "x\n")
