from __future__ import annotations

from dataclasses import replace
from gettext import NullTranslations

import pytest

from consent.portal.choosing import Typed, durations, read_choice
from consent.portal.ports import Choice
from core.pages.forms import Form
from core.pages.words import Words
from tests.unit.consent.portal.fakes import NOW, OFFERS

words = Words(NullTranslations())
offer = OFFERS[0]
lengths = durations(offer, NOW, words)


def form(*fields: tuple[str, str]) -> Form:
    return Form(fields)


@pytest.mark.parametrize(
    ("longest", "days"),
    [
        (None, [7, 30, 91, 182, 365]),
        (730, [7, 30, 91, 182, 365, 730]),
        (365, [7, 30, 91, 182, 365]),
        (90, [7, 30, 90]),
        (3, [3]),
    ],
)
def test_the_lengths_end_with_the_longest_that_is_allowed(longest: int | None, days: list[int]) -> None:
    assert [one.days for one in durations(replace(offer, longest_days=longest), NOW, words)] == days


@pytest.mark.parametrize(
    ("longest", "title"), [(7, "1 week"), (365, "1 year"), (730, "2 years"), (400, "400 days"), (1, "1 day")]
)
def test_a_length_is_named_in_plain_words(longest: int, title: str) -> None:
    assert durations(replace(offer, longest_days=longest), NOW, words)[-1].title == title


def test_a_length_says_on_which_day_it_ends() -> None:
    assert lengths[0].until == "27 October 2026"


def test_what_was_ticked_is_what_is_allowed() -> None:
    chosen = read_choice(
        form(("sections", "debts"), ("sections", "tenancy"), ("days", "30")), offer, lengths, words
    )
    assert chosen == Choice("harbour-charity", "income-debt-advice", frozenset({"debts", "tenancy"}), 30)


def test_what_the_offer_does_not_hold_cannot_be_ticked() -> None:
    chosen = read_choice(
        form(("sections", "debts"), ("sections", "health-summary"), ("days", "7")), offer, lengths, words
    )
    assert isinstance(chosen, Choice)
    assert chosen.sections == {"debts"}


@pytest.mark.parametrize("days", ["", "8", "9999", "-7", "seven", "07"])
def test_a_length_that_was_not_offered_is_asked_for_again_and_the_ticks_are_kept(days: str) -> None:
    typed = read_choice(form(("sections", "debts"), ("days", days)), offer, lengths, words)
    assert typed == Typed(frozenset({"debts"}), days, {"days": "Choose for how long they can see it"})


def test_nothing_ticked_is_told_for_each_question() -> None:
    typed = read_choice(form(("sections", "health-summary")), offer, lengths, words)
    assert isinstance(typed, Typed)
    assert set(typed.errors) == {"sections", "days"}
