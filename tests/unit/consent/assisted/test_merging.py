"""What stands when statements arrive in any order: against a model that is told all of them in the order they were said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.assisted.merging import (
    Statement,
    counts,
    covers,
    ended_by,
    is_just,
    last,
    of_history,
    of_spoken,
    said_of,
)
from consent.assisted.values import KEPT_AFTER, Evidence, Spoken
from consent.ledger import Event
from consent.permissions import Given, Permission
from core.vocabulary import Kind

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PAIR = ("harbour-charity", "income-debt-advice")

statements = st.builds(
    Statement,
    said_at=st.integers(0, 6).map(lambda hours: NOW + timedelta(hours=hours)),
    live=st.booleans(),
    yes=st.booleans(),
    id=st.sampled_from("abcdef"),
)


def permission(name: str = "c_1", how: str = "portal", hours: int = 0, *recipients: str) -> Permission:
    return Permission(
        id=name,
        kind=Kind.CONFIDENTIALITY_CONSENT,
        purposes=frozenset({PAIR[1]}),
        sections={"debts": frozenset({"owed"})},
        sources=frozenset({"norwich-city-council"}),
        recipients=frozenset(recipients or (PAIR[0],)),
        from_=NOW + timedelta(hours=hours),
        until=None,
        given=Given(how, "p_1"),
    )


def spoken(*, yes: bool, hours: int = 0, until: datetime | None = None) -> Spoken:
    evidence = Evidence("in-person", ("interpreter",), "easy-read-2", "officer-7")
    return Spoken("s1", yes, *PAIR, NOW + timedelta(hours=hours), until, evidence)


@given(st.lists(statements, max_size=6), st.randoms(use_true_random=False))
def test_what_counts_is_the_same_whatever_arrives_first_and_however_often(
    said: list[Statement], random: object
) -> None:
    shuffled = [*said, *said[: len(said) // 2]]
    random.shuffle(shuffled)  # type: ignore[attr-defined] # Hypothesis gives a random.Random
    one_by_one: Statement | None = None
    arrived: list[Statement] = []
    for statement in shuffled:
        if counts(statement, arrived):
            one_by_one = statement
        arrived.append(statement)
    assert one_by_one == last(said)


@given(st.lists(statements, min_size=1, max_size=6))
def test_no_yes_counts_that_was_said_before_or_with_a_no_unless_the_person_gave_it_themselves(
    said: list[Statement],
) -> None:
    counted = last(said)
    assert counted is not None
    for no in (one for one in said if counted.yes and not one.yes):
        with_it = no.said_at == counted.said_at and counted.live and not no.live
        assert no.said_at < counted.said_at or with_it


@given(st.lists(statements, min_size=1, max_size=5))
def test_a_later_no_always_wins(said: list[Statement]) -> None:
    no = Statement(max(one.said_at for one in said) + timedelta(milliseconds=1), live=False, yes=False, id="")
    for order in permutations([*said, no]) if len(said) < 4 else [[no, *said], [*said, no]]:
        assert last(order) == no


def test_nothing_said_means_that_nothing_counts() -> None:
    assert last(()) is None


def test_the_history_tells_what_was_said_live_and_what_was_written_down() -> None:
    given_live = permission("c_1", "portal", 1)
    written = permission("c_2", "assisted", 2)
    wide = permission("c_3", "imported", 0, "*")
    history = (
        Event(1, NOW + timedelta(hours=1), "given", given_live, given_live.given),
        Event(2, NOW + timedelta(hours=5), "given", written, written.given),
        Event(3, NOW + timedelta(hours=6), "withdrawn", written, Given("assisted", "officer")),
        Event(4, NOW + timedelta(hours=7), "withdrawn", given_live, Given("code", "paper")),
        Event(5, NOW + timedelta(hours=8), "given", wide, wide.given),
        Event(6, NOW + timedelta(hours=9), "withdrawn", wide, Given("portal", "p_1")),
    )
    assert [(one.said_at, one.live, one.yes) for one in of_history(history, *PAIR)] == [
        (NOW + timedelta(hours=1), True, True),
        (NOW + timedelta(hours=2), False, True),
        (NOW + timedelta(hours=7), True, False),
        (NOW + timedelta(hours=9), True, False),
    ]
    assert of_history(history[:4], "another", PAIR[1]) == ()


def test_a_no_ends_whatever_covers_it_and_was_said_before_wide_or_not() -> None:
    standing = (
        permission("c_old", "assisted", 1),
        permission("c_wide", "imported", 1, "*"),
        permission("c_new", "portal", 3),
        permission("c_other", "portal", 1, "another"),
    )
    no = of_spoken(spoken(yes=False, hours=2))
    assert ended_by(no, standing, *PAIR) == ("c_old", "c_wide")
    assert said_of(standing[2]).rank > no.rank


def test_what_is_about_more_covers_but_is_not_just_about_it() -> None:
    wide = permission("c_1", "portal", 0, PAIR[0], "another")
    assert covers(wide, *PAIR)
    assert not is_just(wide, *PAIR)
    assert is_just(permission(), *PAIR)
    assert not covers(permission("c_1", "portal", 0, "another"), *PAIR)


@pytest.mark.parametrize("until", [None, NOW + timedelta(days=30)])
def test_a_spoken_decision_opens_as_it_was_sealed_and_rests_a_while_after_its_end(
    until: datetime | None,
) -> None:
    one = spoken(yes=until is not None, until=until)
    assert Spoken.from_json(one.id, one.to_json()) == one
    assert one.rests_until == (until or NOW) + KEPT_AFTER
    assert "officer-7" not in repr(one)
