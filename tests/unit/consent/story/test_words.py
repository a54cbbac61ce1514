"""What an answer of a story may hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consent.story.words import LONGEST, NO_STORY, QUESTIONS, SECTION, fault_of, tidy
from core.sections import load_sections, policies_folder

SCHEMA = load_sections(policies_folder() / "sections")[SECTION]
THEN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def test_the_questions_are_the_fields_of_the_published_section() -> None:
    assert set(QUESTIONS) == SCHEMA.fields
    assert SCHEMA.location_fields == {"how_to_reach_me"}
    for question in QUESTIONS:
        assert SCHEMA.admits(question, "x" * LONGEST)
        assert not SCHEMA.admits(question, "x" * (LONGEST + 1))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  My dog.\r\nMy mum.\rMy home.\n", "My dog.\nMy mum.\nMy home."),
        ("a\x00b\x1bc\u200e", "abc\u200e"),
        ("Zaz\u0307o\u0301\u0142c\u0301", "Zażółć"),
        ("\n \t", ""),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_what_nobody_can_see_is_left_out_and_every_other_letter_stays(typed: str, kept: str) -> None:
    assert tidy(typed) == kept


@pytest.mark.parametrize(
    "words",
    [
        "I live at 12 Made-up Row",
        "we are in 4b, St Mary's Close now",
        "7 high street",
        "NR2 1AB",
        "nr21ab please",
        "Ring 01632 960 777",
        "+44 (0)1632-960777",
        "write to me@example.test",
        "flat 3b, second door",
        "///filled.count.soap",
    ],
)
def test_only_how_to_reach_me_may_tell_where_somebody_is(words: str) -> None:
    assert fault_of("what_matters", words) == "tells-where"
    assert fault_of("told_already", words) == "tells-where"
    assert fault_of("adjustments", words) == "tells-where"
    assert fault_of("how_to_reach_me", words) is None


@pytest.mark.parametrize(
    "words",
    [
        "I have 2 close friends and a dog.",
        "I owe £1,200 since 2024, 12 months of rent.",
        "I took 3 long drives to the sea in 1998 and 1999.",
        "My road to work was hard.",
    ],
)
def test_numbers_and_words_of_every_day_may_stay(words: str) -> None:
    assert fault_of("what_matters", words) is None


def test_nothing_and_too_much_are_told_apart() -> None:
    assert fault_of("what_matters", "") == "empty"
    assert fault_of("what_matters", "x" * LONGEST) is None
    assert fault_of("what_matters", "x" * (LONGEST + 1)) == "too-long"


def test_an_answer_takes_the_place_of_the_one_before_and_an_empty_one_takes_it_out() -> None:
    first = NO_STORY.with_answer("what_matters", "My dog", THEN)
    second = first.with_answer("what_matters", "My dogs", THEN).with_answer("adjustments", "Slowly", THEN)
    assert second.answers == {"what_matters": ("My dogs", THEN), "adjustments": ("Slowly", THEN)}
    assert not first.with_answer("what_matters", "", THEN)
    assert "My dog" not in repr(second)
