"""The quick way to a detail's one spelling and the plain way that defines it give the same bytes, or the same refusal."""

from __future__ import annotations

from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit import leaf
from audit.leaf import DEPTH_MAXIMUM, INTEGER_MAXIMUM, LeafError, _canonical, _is_plain

# Any string at all: lone surrogates, control characters, what JavaScript cannot hold in source.
texts = st.text(st.characters(exclude_categories=()))
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(INTEGER_MAXIMUM - 2, INTEGER_MAXIMUM + 2)
    | st.floats()
    | texts
    | st.uuids(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(texts, inner)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner).map(MappingProxyType)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers(), inner, max_size=1)
    ),
)


def plainly(value: object) -> bytes | None:
    try:
        return _canonical(value, DEPTH_MAXIMUM).encode()
    except (LeafError, UnicodeEncodeError):
        return None


def quickly(value: object) -> bytes | None:
    try:
        return leaf.canonical(value)
    except LeafError:
        return None


@given(anything)
@example({"a": '\x00\x1f\x7f\u2028"\\/\b\f\n\r\t', "A": -INTEGER_MAXIMUM, "aa": [None, True, ""]})
@example({"a": INTEGER_MAXIMUM + 1})
@example({"a": UUID(int=0)})
@example(MappingProxyType({"b": MappingProxyType({"d": 1, "c": 2}), "a": 0}))
def test_both_ways_give_the_same_bytes_or_refuse_alike(value: object) -> None:
    assert quickly(value) == plainly(value)


@pytest.mark.parametrize("levels", [DEPTH_MAXIMUM - 1, DEPTH_MAXIMUM, DEPTH_MAXIMUM + 1])
def test_both_ways_go_equally_deep(levels: int) -> None:
    value: object = "core"
    for level in range(levels):
        value = [value] if level % 2 else {"in": value}
    assert quickly(value) == plainly(value)
    assert _is_plain(value, DEPTH_MAXIMUM) is (levels <= DEPTH_MAXIMUM)


def test_what_the_log_writes_goes_the_quick_way() -> None:
    detail = {
        "sections": {"contact": ["email"]},
        "basis": MappingProxyType({"article_6": "6(1)(e)"}),
        "asked": None,
    }
    assert _is_plain(detail, DEPTH_MAXIMUM)
    assert not _is_plain({"a": 1.0}, DEPTH_MAXIMUM)
    assert not _is_plain({"\ufb33": 1}, DEPTH_MAXIMUM)
