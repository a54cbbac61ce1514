"""Leaves of one size, and the one spelling of what they commit to."""

from __future__ import annotations

import json
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import leaf
from audit.leaf import LeafError

SALT = bytes(range(32))
OTHER_SALT = bytes(32)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
details = st.dictionaries(st.text(max_size=6), values, max_size=5)


class Outcome(StrEnum):
    DISCLOSED = "disclosed"


def test_leaves_of_every_outcome_have_one_size() -> None:
    outcomes: list[leaf.Detail] = [
        {},
        {"outcome": "refused", "reason": None},
        {"outcome": "disclosed", "sections": [{"source": "a", "fields": ["x"] * 500}]},
        {"outcome": "break-glass", "reason": "y" * 10_000},
    ]
    leaves = {leaf.make(1_790_000_000_000, leaf.commit(SALT, detail)) for detail in outcomes}
    assert len(leaves) == len(outcomes)
    assert {len(one) for one in leaves} == {leaf.LEAF_BYTES} == {41}


def test_a_leaf_is_version_time_and_commitment() -> None:
    commitment = leaf.commit(SALT, {"b": 1, "a": "é"})
    assert commitment == sha256(b"oncetold/leaf/v1\x00" + SALT + '{"a":"é","b":1}'.encode()).digest()
    made = leaf.make(258, commitment)
    assert made == b"\x01" + b"\x00" * 6 + b"\x01\x02" + commitment
    assert leaf.parse(made) == leaf.Leaf(258, commitment)


@given(st.integers(0, leaf.TIME_MAXIMUM), st.binary(min_size=32, max_size=32))
def test_a_leaf_survives_being_written_and_read(time_ms: int, commitment: bytes) -> None:
    assert leaf.parse(leaf.make(time_ms, commitment)) == leaf.Leaf(time_ms, commitment)


@given(st.binary(max_size=60) | st.binary(min_size=40, max_size=40).map(lambda rest: b"\x01" + rest))
def test_any_bytes_are_a_leaf_or_are_refused(data: bytes) -> None:
    try:
        parsed = leaf.parse(data)
    except LeafError:
        return
    assert leaf.make(parsed.time_ms, parsed.commitment) == data


@pytest.mark.parametrize(
    ("time_ms", "commitment"), [(-1, SALT), (leaf.TIME_MAXIMUM + 1, SALT), (0, SALT[1:])]
)
def test_a_leaf_out_of_range_is_not_made(time_ms: int, commitment: bytes) -> None:
    with pytest.raises(LeafError):
        leaf.make(time_ms, commitment)


@pytest.mark.parametrize(
    "data", [b"", bytes(41), b"\x02" + bytes(40), b"\x01" + bytes(39), b"\x01" + bytes(41)]
)
def test_a_leaf_of_another_version_or_size_is_refused(data: bytes) -> None:
    with pytest.raises(LeafError):
        leaf.parse(data)


@given(details)
def test_a_leaf_opens_with_its_salt_and_detail_alone(detail: leaf.Detail) -> None:
    made = leaf.make(0, leaf.commit(SALT, detail))
    leaf.opens(made, SALT, detail)
    leaf.opens(made, SALT, json.loads(json.dumps(detail)))
    for salt, other in ((OTHER_SALT, detail), (SALT, {**detail, "more": 1}), (SALT[1:], detail)):
        with pytest.raises(LeafError):
            leaf.opens(made, salt, other)
    with pytest.raises(LeafError):
        leaf.opens(leaf.make(0, SALT), SALT, detail)


@given(values)
def test_canonical_json_means_the_same_and_spells_itself_again(value: object) -> None:
    spelled = leaf.canonical(value)
    assert json.loads(spelled) == value
    assert leaf.canonical(json.loads(spelled)) == spelled


@given(details)
def test_the_order_of_keys_does_not_matter(detail: dict[str, object]) -> None:
    assert leaf.canonical(dict(reversed(detail.items()))) == leaf.canonical(detail)


@pytest.mark.parametrize("name", ["arrays", "french", "unicode", "weird"])
def test_published_documents_without_fractions_are_spelled_as_published(real_data: Path, name: str) -> None:
    folder = real_data / "vectors" / "jcs-rfc8785" / "testdata"
    value = json.loads((folder / "input" / f"{name}.json").read_text())
    assert leaf.canonical(value) == (folder / "output" / f"{name}.json").read_bytes()
    assert leaf.canonical(value) == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())


def test_published_documents_with_fractions_are_refused(real_data: Path) -> None:
    folder = real_data / "vectors" / "jcs-rfc8785" / "testdata"
    for name in ("structures", "values"):
        text = (folder / "input" / f"{name}.json").read_text()
        with pytest.raises(LeafError):
            leaf.canonical(json.loads(text))
    # The one fraction among the published structures is the whole number 56.0.
    whole = json.loads(
        (folder / "input" / "structures.json").read_text(), parse_float=lambda one: int(float(one))
    )
    assert leaf.canonical(whole) == (folder / "output" / "structures.json").read_bytes()


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    # As code points the emoji comes last; as UTF-16 its surrogates come before the ligature.
    assert leaf.canonical({"\ufb33": 1, "\U0001f602": 2}) == '{"\U0001f602":2,"\ufb33":1}'.encode()


def test_what_stands_in_our_own_types_is_spelled_like_plain_json() -> None:
    assert leaf.canonical({"outcome": Outcome.DISCLOSED, "sections": ("a",)}) == (
        b'{"outcome":"disclosed","sections":["a"]}'
    )


def nested(levels: int) -> object:
    value: object = "core"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        {"a": [0.5]},
        2**53,
        -(2**53),
        {"a": "\ud800"},
        {"\udfff": 1},
        {"\udfff": 1, "é": 2},
        {1: "a"},
        {"a": 1, None: 2},
        b"bytes",
        {"a": {1, 2}},
        object(),
        nested(33),
        nested(5_000),
    ],
)
def test_what_has_no_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(LeafError):
        leaf.canonical(value)
    with pytest.raises(LeafError):
        leaf.commit(SALT, {"value": value})


def test_thirty_two_levels_are_spelled() -> None:
    assert leaf.canonical(nested(32)) == b"[" * 32 + b'"core"' + b"]" * 32


def test_a_refusal_never_tells_what_stood_in_the_detail() -> None:
    with pytest.raises(LeafError) as refused:
        leaf.commit(SALT, {"name": "Secret Name", "born": 1.5})
    assert "Secret" not in str(refused.value)
    assert "1.5" not in str(refused.value)
