from __future__ import annotations

import pytest

from gateway.web.strict_json import DEPTH_MAXIMUM, INTEGER_MAXIMUM, StrictJsonError, parse


def fault_of(body: bytes) -> str:
    with pytest.raises(StrictJsonError) as caught:
        parse(body)
    assert caught.value.detail.endswith(".")
    return caught.value.fault


def test_an_ordinary_body_is_read_as_it_stands() -> None:
    body = '{"person": "h", "sections": ["contact"], "n": -3, "x": 1.5, "ł": "\\u0142", "t": true, "z": null}'
    assert parse(body.encode()) == {
        "person": "h", "sections": ["contact"], "n": -3, "x": 1.5, "ł": "ł", "t": True, "z": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b'{"purpose": "a", "purpose": "b"}',
        b'{"a": {"b": 1, "b": 1}}',
        b'[{"a": 1, "\\u0061": 2}]',
        b'{"a": 1, "a": {"b": 2}}',
    ],
)
def test_a_member_that_stands_twice_is_refused_at_any_depth_and_in_any_spelling(body: bytes) -> None:
    assert fault_of(body) == "duplicate-name"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"NaN", b"[Infinity]", b"[-Infinity]", b"1e400", b'"\\ud800"', b'{"\\udfff": 1}', b"\xff",
        b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}", "{}".encode("utf-16"), b"{'a': 1}", b'{"a": 1,}', b"{} {}", b"01",
        b'"\n"', b"// hi\n{}",
    ],
)  # fmt: skip
def test_what_is_not_json_in_utf_8_is_refused(body: bytes) -> None:
    assert fault_of(body) == "not-json"


def test_nesting_is_bounded_whatever_it_nests() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        inner = b"" if opening == b"[" else b"1"
        assert parse(opening * DEPTH_MAXIMUM + inner + closing * DEPTH_MAXIMUM) is not None
        assert fault_of(opening * (DEPTH_MAXIMUM + 1) + inner + closing * (DEPTH_MAXIMUM + 1)) == "too-deep"


def test_many_brackets_side_by_side_are_not_deep() -> None:
    assert parse(b"[" + b",".join([b'{"a":[1]}'] * 100) + b"]") == [{"a": [1]}] * 100


def test_nesting_without_end_is_refused_quickly_and_without_a_crash() -> None:
    assert fault_of(b"[" * 60_000) == "not-json"
    deep = b"[" * 1000 + b"]" * 1000
    assert fault_of(deep) == "too-deep"


def test_nesting_hidden_behind_a_later_member_of_the_same_name_is_refused() -> None:
    hidden = b'{"a": ' + b"[" * 1010 + b"]" * 1010 + b', "a": 1}'
    assert fault_of(hidden) in {"too-deep", "duplicate-name"}


def test_whole_numbers_that_a_double_cannot_hold_are_refused() -> None:
    assert parse(str(INTEGER_MAXIMUM).encode()) == INTEGER_MAXIMUM
    assert parse(str(-INTEGER_MAXIMUM).encode()) == -INTEGER_MAXIMUM
    assert fault_of(str(INTEGER_MAXIMUM + 1).encode()) == "number-too-large"
    assert fault_of(b'{"a": [' + b"9" * 300 + b"]}") == "number-too-large"


def test_the_error_holds_nothing_of_the_body() -> None:
    with pytest.raises(StrictJsonError) as caught:
        parse(b'{"nhs_number": "9990000018", "nhs_number": "9990000026"}')
    assert "999" not in str(caught.value) + caught.value.detail
