"""Receipts as text: one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tlog_proof
from audit.text import to_base64
from audit.tlog_proof import TlogProof, TlogProofError

CHECKPOINT = "example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n— example.com/fancylog aaaa\n"
# The index and path printed in c2sp.org/tlog-proof.
PUBLISHED = (
    "c2sp.org/tlog-proof@v1\nindex 73894\n"
    "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n"
    "B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n"
    "EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n"
    "RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n"
    "AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n"
    "\n" + CHECKPOINT
)
HASH = to_base64(bytes(32))
SMALL = f"c2sp.org/tlog-proof@v1\nextra AAAA\nindex 1\n{HASH}\n\n{CHECKPOINT}"

proofs = st.builds(
    TlogProof,
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
    st.text(max_size=60).map(lambda text: text + "\n"),
    st.none() | st.binary(min_size=1, max_size=40),
)


def test_the_published_proof_is_read_and_written_alike() -> None:
    proof = tlog_proof.parse_proof(PUBLISHED)
    assert (proof.index, len(proof.path), proof.checkpoint, proof.extra) == (73894, 5, CHECKPOINT, None)
    assert tlog_proof.format_proof(proof.index, proof.path, proof.checkpoint) == PUBLISHED


def test_the_only_leaf_has_an_empty_path() -> None:
    text = tlog_proof.format_proof(0, (), CHECKPOINT)
    assert text == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{CHECKPOINT}"
    assert tlog_proof.parse_proof(text) == TlogProof(0, (), CHECKPOINT)


def test_extra_data_stands_before_the_index() -> None:
    assert tlog_proof.parse_proof(SMALL) == TlogProof(1, (bytes(32),), CHECKPOINT, bytes(3))


@given(proofs)
def test_what_is_written_reads_back(proof: TlogProof) -> None:
    text = tlog_proof.format_proof(proof.index, proof.path, proof.checkpoint, proof.extra)
    assert tlog_proof.parse_proof(text) == proof


@given(
    st.text(max_size=120)
    | st.builds(
        lambda at, tail: PUBLISHED[:at] + tail + PUBLISHED[at:], st.integers(0, 400), st.text(max_size=5)
    )
)
def test_any_text_has_one_spelling_or_is_refused(text: str) -> None:
    try:
        proof = tlog_proof.parse_proof(text)
    except TlogProofError:
        return
    assert tlog_proof.format_proof(proof.index, proof.path, proof.checkpoint, proof.extra) == text


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "\n\n\n",
        SMALL[:-1],
        SMALL.replace("@v1", "@v2"),
        SMALL.replace("c2sp", "C2SP"),
        " " + SMALL,
        SMALL.replace("\n", "\r\n"),
        SMALL.replace("extra AAAA", "extra "),
        SMALL.replace("extra AAAA", "extra AAA"),
        SMALL.replace("extra AAAA\n", "extra AAAA\nextra AAAA\n"),
        SMALL.replace("extra AAAA\nindex 1\n", "index 1\nextra AAAA\n"),
        SMALL.replace("extra AAAA", "Extra AAAA"),
        SMALL.replace("index 1", "index 01"),
        SMALL.replace("index 1", "index -1"),
        SMALL.replace("index 1", "index 1 "),
        SMALL.replace("index 1", "index  1"),
        SMALL.replace("index 1", "index"),
        SMALL.replace("index 1", "index 9223372036854775808"),
        SMALL.replace("index 1\n", ""),
        SMALL.replace(HASH, HASH[:-1]),
        SMALL.replace(HASH, HASH + HASH),
        SMALL.replace(HASH, to_base64(bytes(31))),
        SMALL.replace(HASH + "\n", (HASH + "\n") * 64),
        f"c2sp.org/tlog-proof@v1\n\n{CHECKPOINT}",
        "c2sp.org/tlog-proof@v1\nindex 1\n\n",
    ],
)
def test_what_is_nearly_a_proof_is_refused(malformed: str) -> None:
    with pytest.raises(TlogProofError):
        tlog_proof.parse_proof(malformed)


def test_what_no_proof_can_hold_is_not_written() -> None:
    for index, path, checkpoint, extra in (
        (-1, (), CHECKPOINT, None),
        (2**63, (), CHECKPOINT, None),
        (1, (bytes(31),), CHECKPOINT, None),
        (1, (bytes(32),) * 64, CHECKPOINT, None),
        (1, (), "no newline", None),
        (1, (), CHECKPOINT, b""),
    ):
        with pytest.raises(TlogProofError):
            tlog_proof.format_proof(index, path, checkpoint, extra)
