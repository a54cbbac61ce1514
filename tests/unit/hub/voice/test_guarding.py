"""What keeps a speaker out of what everybody reads."""

from __future__ import annotations

import pytest

from hub.voice.guarding import fault_of, looks_personal, quotes

SAID = "I rang four times on my lunch break and every single time a recording told me to go away."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to ann@example.org", "an email address"),
        ("Ring 01603 000 123", "a phone number or another long number"),
        ("Number 999 000 0018", "a phone number or another long number"),
        ("Homes in NR3 1AB are cold", "a postcode"),
        ("Mrs Able waits too long", "somebody's name"),
        ("Number 12 in the High Street is damp", None),
        ("12a Mill Road is damp", "an address"),
        ("Letters come 3 weeks late, in 2026 too", None),
        ("Nobody picks up before 10am", None),
    ],
)
def test_what_looks_as_if_it_showed_somebody_is_named(text: str, what: str | None) -> None:
    assert looks_personal(text) == what


def test_six_words_in_a_row_are_a_quotation_whatever_their_signs_and_letters() -> None:
    assert quotes("They said: EVERY SINGLE TIME, a recording told them", (SAID,)) is True
    assert quotes("every single time a recording", (SAID,)) is False


def test_all_that_was_said_is_a_quotation_however_short() -> None:
    assert quotes("Letters are too long!", ("letters are too long",)) is True
    assert quotes("Letters are much too long", ("letters are too long",)) is False


def test_words_that_have_ended_are_compared_with_nothing() -> None:
    assert quotes("Letters are too long", ()) is False
    assert quotes("", ("",)) is False


def test_the_fault_says_what_to_do() -> None:
    assert fault_of("Ring 01603 000 123", ()) == (
        "This looks like a phone number or another long number. Take it out"
    )
    assert fault_of(SAID, (SAID,)) == "Say it in your own words, not as it was said"
    assert fault_of("Nobody picks up at midday", (SAID,)) is None
