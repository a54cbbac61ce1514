from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.insight.counting import TOTAL, Cell, add_up
from hub.insight.events import NO_FIXED_ABODE, NOT_SAID, Event, Kind
from hub.insight.protecting import BASE, Batch, protect, shown, valid_threshold
from tests.unit.hub.insight.towns import EAST, MIDDLE, POOR, RICH, WEST, event, reading

READING = reading()
EVENTS = st.builds(
    Event,
    kind=st.sampled_from([Kind.NEED, Kind.REFUSAL]),
    theme=st.sampled_from(["housing", "food"]),
    area=st.sampled_from([POOR, MIDDLE, RICH, WEST, EAST, NO_FIXED_ABODE, NOT_SAID]),
    vintage=st.just(2021),
    month=st.sampled_from(["2026-09", "2026-10"]),
    age=st.sampled_from(["18-34", NOT_SAID]),
    groups=st.sampled_from([(), ("justice",), ("armed-forces", "justice")]),
)
COUNTS = st.dictionaries(EVENTS, st.integers(0, 13), max_size=25)
BATCHES = st.lists(COUNTS, min_size=1, max_size=4)


def publish(batches: list[dict[Event, int]]) -> list[Batch[Event, Cell]]:
    done: list[Batch[Event, Cell]] = []
    for number, counts in enumerate(batches):
        owed = done[-1].owed if done else {}
        done.append(protect(counts, READING.cells_of, TOTAL, owed, str(number)))
    return done


@given(BATCHES)
def test_every_count_becomes_one_of_its_two_neighbouring_multiples_of_five(
    batches: list[dict[Event, int]],
) -> None:
    for true, batch in zip(batches, publish(batches), strict=True):
        for one, value in true.items():
            assert batch.counts.get(one, 0) in {value // BASE * BASE, -(-value // BASE) * BASE}
        assert set(batch.counts) <= set(true)


@given(BATCHES)
def test_no_figure_is_ever_five_too_high_so_none_under_the_threshold_is_shown(
    batches: list[dict[Event, int]],
) -> None:
    true, told = Counter[Event](), Counter[Event]()
    for counts, batch in zip(batches, publish(batches), strict=True):
        true.update(counts)
        told.update(batch.counts)
        truths, figures = add_up(true, READING.cells_of), add_up(told, READING.cells_of)
        for cell, figure in figures.items():
            assert figure <= truths[cell] + BASE - 1
            for threshold in (5, 10, 15):
                assert truths[cell] >= threshold or shown(figure, threshold) is None
        assert batch.owed == {
            cell: value - figures[cell] for cell, value in truths.items() if value != figures[cell]
        }


@given(BATCHES)
def test_what_is_published_also_fits_a_truth_without_any_small_count(batches: list[dict[Event, int]]) -> None:
    done = publish(batches)
    again = publish([dict(batch.counts) for batch in done])
    assert [batch.counts for batch in again] == [batch.counts for batch in done]
    assert not any(batch.owed for batch in again)


@given(BATCHES, EVENTS, st.integers(1, 2), st.integers(0, 3))
def test_what_is_published_also_fits_a_truth_with_one_or_two_more_of_anything(
    batches: list[dict[Event, int]], one: Event, more: int, when: int
) -> None:
    done = publish(batches)
    other = [Counter(batch.counts) for batch in done]
    other[when % len(other)][one] += more
    assert [batch.counts for batch in publish([dict(counts) for counts in other])] == [
        batch.counts for batch in done
    ]


def test_rounding_each_figure_by_itself_would_give_small_counts_away() -> None:
    # Two wards of 8 and 3, together 11: the wards' figures 10 and hidden, the sum 10, say that the second has 0 to 4.
    # With 8 + 4 = 12 (10), 9 + 4 = 13 (15): a sum of 15 and a ward of 10 leave the other no less than 1.
    first, total = range(8, 13), range(13, 18)
    left = {whole - part for whole in total for part in first} & set(range(5))
    assert min(left) == 1


def test_the_same_batch_gives_the_same_figures_however_its_events_came() -> None:
    dice = random.Random(3)
    counts = {
        event(area=area, theme=theme): dice.randrange(9)
        for area in (POOR, RICH)
        for theme in ("food", "work")
    }
    turned = dict(reversed(counts.items()))
    assert publish([counts])[0].counts == publish([turned])[0].counts


def test_what_rounding_owes_is_paid_by_later_batches() -> None:
    batches = publish([{event(): 2}, {event(): 2}, {event(): 2}])
    assert [dict(batch.counts) for batch in batches] == [{}, {event(): BASE}, {}]


def test_figures_stay_near_the_truth() -> None:
    dice = random.Random(5)
    areas = (POOR, MIDDLE, RICH, NO_FIXED_ABODE)
    themes = ("housing", "food", "money", "work", "health")
    errors: list[int] = []
    for number in range(30):
        month = {
            Event(kind, theme, area, 2021, f"2026-{number % 12 + 1:02}"): dice.choice((0, 0, 0, 1, 1, 2, 7))
            for kind in Kind
            for theme in themes
            for area in areas
        }
        (batch,) = publish([month])
        truths, figures = add_up(month, READING.cells_of), add_up(batch.counts, READING.cells_of)
        errors += [abs(truths[cell] - figures[cell]) for cell in truths]
    assert sum(errors) / len(errors) < 3
    assert max(errors) < 15


def test_zero_and_a_few_look_alike_and_the_threshold_is_one_that_the_proof_covers() -> None:
    assert [shown(figure) for figure in (0, 5, 10)] == [None, None, 10]
    assert shown(10, threshold=10) is None
    assert valid_threshold(10) == 10
    for wrong in (0, 3, 7, -5):
        with pytest.raises(ValueError, match="multiple of 5"):
            valid_threshold(wrong)
