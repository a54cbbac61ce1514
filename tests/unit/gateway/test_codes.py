"""Codes of papers: how they are made, written and read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.codes import ALPHABET, LENGTH, code_for, in_groups, mac_of, read_code
from gateway.people.handles import Handles

HANDLES = Handles(bytes(range(32)))
CODE = code_for(HANDLES, "one")


def test_a_code_follows_from_its_subject_and_from_the_master_key() -> None:
    assert code_for(HANDLES, "one") == CODE
    assert code_for(HANDLES, "two") != CODE
    assert code_for(Handles(bytes(32)), "one") != CODE
    assert len(CODE) == LENGTH
    assert set(CODE) <= set(ALPHABET)


def test_what_rests_of_a_code_is_neither_the_code_nor_made_without_the_key() -> None:
    assert mac_of(HANDLES, CODE) == mac_of(HANDLES, CODE)
    assert mac_of(HANDLES, CODE) != mac_of(Handles(bytes(32)), CODE)
    assert CODE.encode() not in mac_of(HANDLES, CODE)
    assert len(mac_of(HANDLES, CODE)) == 32


@given(st.text(min_size=1, max_size=20))
def test_every_code_is_read_as_it_is_printed(subject: str) -> None:
    code = code_for(HANDLES, subject)
    assert in_groups(code).count("-") == 4
    assert read_code(in_groups(code)) == code
    assert read_code(f"  {in_groups(code).lower().replace('-', ' ')}\n") == code
    assert read_code(code.replace("0", "o").replace("1", "l")) == code


@given(st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_slip_of_the_pen_is_seen(place: int, letter: str) -> None:
    slipped = CODE[:place] + letter + CODE[place + 1 :]
    # One slip in 32,768 would not be: none of this code's is one of them.
    assert (read_code(slipped) == CODE) is (letter == CODE[place])
    assert slipped == CODE or read_code(slipped) is None


@pytest.mark.parametrize("text", ["", "-", CODE[:-1], CODE + "0", CODE[:-1] + "U", CODE * 10, "é" * LENGTH])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert read_code(text) is None


def test_two_letters_changed_about_are_seen() -> None:
    for place in range(LENGTH - 1):
        turned = CODE[:place] + CODE[place + 1] + CODE[place] + CODE[place + 2 :]
        assert turned == CODE or read_code(turned) is None
