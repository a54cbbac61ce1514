"""The code on a ticket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.voice.codes import ALPHABET, LENGTH, digest_of, new_code, read_code
from hub.voice.settings import VoiceSettings


def test_codes_are_fresh_and_of_signs_that_cannot_be_mistaken() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert not set("".join(codes)) & set("01AEIOUL")
    assert len(ALPHABET) ** LENGTH > 2**57


@pytest.mark.parametrize(
    "typed", ["K7QP-3MXD-9T2W", "k7qp3mxd9t2w", " K7QP 3MXD 9T2W ", "K7QP.3MXD.9T2W", "K7QP\u20133MXD-9T2W"]
)
def test_a_code_may_be_typed_in_many_ways(typed: str) -> None:
    assert read_code(typed) == "K7QP-3MXD-9T2W"


@pytest.mark.parametrize("typed", ["", "K7QP-3MXD-9T2", "K7QP-3MXD-9T2WW", "K7QP-3MXD-9T2O", "------------"])
def test_what_is_no_code_is_not_taken_for_one(typed: str) -> None:
    assert read_code(typed) is None


@given(st.text(max_size=40))
def test_whatever_is_typed_reads_as_a_code_or_as_none(typed: str) -> None:
    read = read_code(typed)
    assert read is None or read_code(read) == read


def test_a_digest_is_not_the_code() -> None:
    assert digest_of("K7QP-3MXD-9T2W") != digest_of("K7QP-3MXD-9T2X")
    assert "K7QP" not in digest_of("K7QP-3MXD-9T2W").upper()


@pytest.mark.parametrize(
    ("days", "words"),
    [(365, "1 year"), (730, "2 years"), (548, "18 months"), (45, "45 days"), (60, "60 days")],
)
def test_how_long_a_code_works_is_said_in_words(days: int, words: str) -> None:
    assert VoiceSettings(keep_codes_days=days).codes_last == words
