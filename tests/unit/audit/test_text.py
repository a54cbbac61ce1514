"""Base64 and decimals have one spelling each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64


@given(st.binary(max_size=60))
def test_bytes_survive_base64(data: bytes) -> None:
    assert from_base64(to_base64(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AA",
        "AAA",
        "AAA=A",
        "AA==AA==",
        "AB==",
        "A-_=",
        " AAAA",
        "AAAA\n",
        "AA\nAA",
        "é",
        "====",
        "\ud800",
    ],
)
def test_another_spelling_of_base64_is_none(text: str) -> None:
    assert from_base64(text) is None


@given(st.integers(0, MAX_INTEGER))
def test_numbers_survive_decimals(number: int) -> None:
    assert from_decimal(str(number)) == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-1", "1 ", "1\n", "1_0", "1.0", "1e3", "٣", "9223372036854775808", "9" * 9999],
)
def test_another_spelling_of_a_number_is_none(text: str) -> None:
    assert from_decimal(text) is None


@given(st.text(max_size=30))
def test_any_text_is_read_or_none(text: str) -> None:
    data, number = from_base64(text), from_decimal(text)
    assert data is None or to_base64(data) == text
    assert number is None or str(number) == text
