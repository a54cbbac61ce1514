"""Each rule on the look it is for, and on the innocent one beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from audit.alerts import AFTERWARDS, AT_THE_LOOK, Aftermath, Day, Habit, Hours, LookFacts, Rule, judge
from audit.alerts.rules import ANSWER_WITHIN, OF_A_PAIR, holds_for

LOOK = LookFacts(shown=True)
HABIT = Habit(days=30, looks=200, unsocial=0, usual_people=5, most_people=9, most_unshown=1)


def found(facts: LookFacts) -> list[Rule]:
    return [one.rule for one in judge(facts, (*AT_THE_LOOK, *AFTERWARDS))]


def test_an_ordinary_look_is_no_reason_to_ask() -> None:
    assert found(LOOK) == []
    assert not LOOK.conspicuous


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        (replace(LOOK, own_record=True), Rule.OWN_RECORD),
        (replace(LOOK, own_record=True, same_name=True, same_surname=True), Rule.OWN_RECORD),
        (replace(LOOK, same_name=True, same_surname=True), Rule.OWN_RECORD),
        (replace(LOOK, same_surname=True), Rule.SAME_SURNAME),
        (replace(LOOK, same_surname=True, allowed=True, days_since=2), Rule.SAME_SURNAME),
        (replace(LOOK, same_surname=True, common_surname=True), Rule.SAME_SURNAME),
        (
            replace(LOOK, same_surname=True, common_surname=True, days_since=1, unsocial=True),
            Rule.SAME_SURNAME,
        ),
        (replace(LOOK, colleague=True), Rule.COLLEAGUE),
        (replace(LOOK, deceased=True), Rule.DECEASED),
        (replace(LOOK, deceased=True, days_since=30), Rule.DECEASED),
        (replace(LOOK, case_closed=True, days_since=60), Rule.CASE_CLOSED),
    ],
)
def test_what_stands_out_at_once(facts: LookFacts, rule: Rule) -> None:
    assert rule in found(facts)
    assert facts.conspicuous


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        # Thousands bear that name, the person allowed it, and the organisation works with them.
        (
            replace(LOOK, same_surname=True, common_surname=True, allowed=True, days_since=3),
            Rule.SAME_SURNAME,
        ),
        (replace(LOOK, same_surname=True, common_surname=True, allowed=True), Rule.SAME_SURNAME),
        (replace(LOOK, same_surname=True, common_surname=True, days_since=3), Rule.SAME_SURNAME),
        (replace(LOOK, same_surname=True, own_record=True), Rule.SAME_SURNAME),
        (replace(LOOK, same_surname=True, same_name=True), Rule.SAME_SURNAME),
        (replace(LOOK, colleague=True, allowed=True), Rule.COLLEAGUE),
        (replace(LOOK, colleague=True, own_record=True), Rule.COLLEAGUE),
        (replace(LOOK, deceased=True, days_since=29), Rule.DECEASED),
        (replace(LOOK, case_closed=True, days_since=59), Rule.CASE_CLOSED),
        (replace(LOOK, case_closed=True), Rule.CASE_CLOSED),
    ],
)
def test_the_innocent_look_beside_it_does_not(facts: LookFacts, rule: Rule) -> None:
    assert rule not in found(facts)


def test_a_colleague_is_asked_about_at_night_even_where_they_allowed_it() -> None:
    assert found(replace(LOOK, colleague=True, allowed=True, unsocial=True, emergency=True)) == [
        Rule.COLLEAGUE
    ]


def test_of_a_look_that_showed_nothing_nothing_about_the_person_is_asked() -> None:
    everything = LookFacts(
        shown=False,
        own_record=True,
        same_name=True,
        same_surname=True,
        colleague=True,
        deceased=True,
        case_closed=True,
        days_since=90,
        after=Aftermath(tied=False, others=0, looks=9),
    )
    assert found(everything) == []
    assert not everything.conspicuous


@pytest.mark.parametrize(
    ("after", "asked"),
    [
        (Aftermath(tied=False, others=0, looks=3), True),
        (Aftermath(tied=False, others=0, looks=2), False),
        (Aftermath(tied=True, others=0, looks=3), False),
        (Aftermath(tied=False, others=1, looks=3), False),
    ],
)
def test_coming_back_to_somebody_of_whom_nothing_comes_stands_out(after: Aftermath, asked: bool) -> None:
    assert found(replace(LOOK, after=after)) == ([Rule.NO_RELATIONSHIP] if asked else [])
    assert found(replace(LOOK, after=after, allowed=True)) == []
    assert found(replace(LOOK, after=after, emergency=True)) == []


@pytest.mark.parametrize(
    ("day", "before", "asked"),
    [
        (Day(people=5, unshown=5), HABIT, True),
        (Day(people=10, unshown=5), HABIT, True),
        (Day(people=11, unshown=5), HABIT, False),
        (Day(people=5, unshown=4), HABIT, False),
        (Day(people=9, unshown=8), replace(HABIT, most_unshown=4), False),
        (Day(people=9, unshown=9), replace(HABIT, most_unshown=4), True),
    ],
)
def test_many_people_of_whom_nothing_is_shown_stand_out_beside_the_practitioners_own_days(
    day: Day, before: Habit, asked: bool
) -> None:
    facts = LookFacts(shown=False, day=day, before=before)
    assert found(facts) == ([Rule.NO_RELATIONSHIP] if asked else [])


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (Habit(0, 0, 0, 0, 0, 0), True),
        (replace(HABIT, unsocial=0), True),
        (replace(HABIT, unsocial=19), True),
        (replace(HABIT, unsocial=20), False),
    ],
)
def test_unsocial_hours_stand_out_unless_they_are_a_habit(before: Habit, asked: bool) -> None:
    facts = replace(LOOK, unsocial=True, before=before)
    assert found(facts) == ([Rule.OUT_OF_HOURS] if asked else [])
    assert found(replace(facts, emergency=True)) == []


@pytest.mark.parametrize(
    ("people", "before", "asked"),
    [
        (15, HABIT, True),
        (14, HABIT, False),
        (15, replace(HABIT, most_people=11), False),
        (17, replace(HABIT, most_people=11), True),
        (15, replace(HABIT, days=4), False),
        (9, replace(HABIT, usual_people=1, most_people=2), False),
        (10, replace(HABIT, usual_people=1, most_people=2), True),
    ],
)
def test_many_people_stand_out_beside_the_practitioners_own_days(
    people: int, before: Habit, asked: bool
) -> None:
    facts = replace(LOOK, day=Day(people, 0), before=before)
    assert found(facts) == ([Rule.VOLUME] if asked else [])


def test_an_alert_carries_the_numbers_of_its_sentence_and_nothing_else() -> None:
    (many,) = judge(replace(LOOK, day=Day(40, 0), before=HABIT), AFTERWARDS)
    assert many.numbers == {"people": 40, "usual": 5, "most": 9}
    (late,) = judge(replace(LOOK, unsocial=True, before=HABIT), AFTERWARDS)
    assert late.numbers == {"unsocial": 0, "looks": 200}
    (own,) = judge(replace(LOOK, own_record=True), AT_THE_LOOK)
    assert own.numbers == {}


def test_every_rule_has_its_clock_and_is_asked_once_in_a_while() -> None:
    assert set(ANSWER_WITHIN) == set(Rule)
    assert all(timedelta(days=7) <= holds_for(rule) for rule in Rule)
    assert holds_for(Rule.VOLUME) < holds_for(Rule.COLLEAGUE)
    assert {Rule.VOLUME, Rule.OUT_OF_HOURS}.isdisjoint(OF_A_PAIR)


@pytest.mark.parametrize(
    ("at", "unsocial"),
    [
        ("2026-11-23T07:00", False),
        ("2026-11-23T06:59", True),
        ("2026-11-23T19:59", False),
        ("2026-11-23T20:00", True),
        ("2026-11-22T12:00", True),
        ("2026-12-25T12:00", True),
        # In summer 19:30 in London is 18:30 in UTC.
        ("2026-07-01T18:30", False),
        ("2026-07-01T19:30", True),
    ],
)
def test_hours_are_londons(at: str, unsocial: bool) -> None:
    hours = Hours(holidays=frozenset({date(2026, 12, 25)}), around_the_clock=frozenset({"hospital"}))
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert hours.unsocial("council", moment) is unsocial
    assert not hours.unsocial("hospital", moment)
    assert Hours(time(0), time(23, 59), frozenset(range(7))).unsocial("council", moment) is False
