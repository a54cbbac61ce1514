"""How often one application may ask."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.errors import TokenError
from gateway.identity.issuers import trust
from gateway.identity.pace import Pace, TooOftenError, even_after
from gateway.identity.verifier import TokenVerifier
from gateway.problems import problem_of
from tests.support.clock import FakeClock
from tests.unit.gateway.identity.forge import Forge, issuer

ONE, OTHER = "county-app", "charity-app"


def taken(pace: Pace, client: str = ONE, calls: int = 1_000) -> int:
    """How many of some calls at once are taken."""
    count = 0
    for _ in range(calls):
        try:
            pace.take(client)
        except TooOftenError:
            continue
        count += 1
    return count


def test_after_a_quiet_time_so_many_calls_are_taken_at_once_and_then_a_steady_number_a_second() -> None:
    clock = FakeClock()
    pace = Pace(clock, per_second=10, at_once=25)
    assert taken(pace) == 25
    for _ in range(5):
        clock.advance(1)
        assert taken(pace) == 10
    clock.advance(3_600)
    assert taken(pace) == 25


def test_one_application_takes_nothing_from_another() -> None:
    pace = Pace(FakeClock(), per_second=1, at_once=5)
    assert taken(pace, ONE) == 5
    assert taken(pace, OTHER) == 5


def test_whoever_waits_as_long_as_they_are_told_is_taken() -> None:
    clock = FakeClock()
    pace = Pace(clock, per_second=0.2, at_once=2)
    taken(pace)
    with pytest.raises(TooOftenError) as refused:
        pace.take(ONE)
    answer = problem_of(refused.value)
    assert answer.status == 429
    assert answer.headers == {"Retry-After": "5"}
    clock.advance(refused.value.wait)
    pace.take(ONE)


def test_what_was_refused_is_not_counted() -> None:
    clock = FakeClock()
    pace = Pace(clock, per_second=1, at_once=1)
    assert taken(pace, calls=100_000) == 1
    clock.advance(1.01)
    pace.take(ONE)


@given(st.lists(st.floats(0, 3), max_size=200), st.floats(0.5, 50), st.integers(1, 20))
def test_never_more_than_at_once_and_the_steady_number_in_any_stretch_of_time(
    pauses: list[float], per_second: float, at_once: int
) -> None:
    interval = 1 / per_second
    now = even = 0.0
    times: list[float] = []
    for pause in pauses:
        now += pause
        after = even_after(even, now, interval, interval * at_once)
        if after is not None:
            even = after
            times.append(now)
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= at_once + (times[last] - times[first]) * per_second + 1e-6


async def test_a_proven_application_is_counted_and_a_forger_counts_for_nobody() -> None:
    forge = Forge()
    verifier = TokenVerifier(
        trust([issuer()]), forge.provider, forge.clock, pace=Pace(forge.clock, per_second=1, at_once=3)
    )
    good = forge.bearer()
    for _ in range(10):
        with pytest.raises(TokenError):
            await verifier.verify([good[0][:-4] + "AAAA"])
    for _ in range(3):
        assert (await verifier.verify(good)).client == "harbour-app"
    with pytest.raises(TooOftenError):
        await verifier.verify(good)


async def test_without_a_pace_nobody_is_ever_refused_for_asking_often() -> None:
    forge = Forge()
    good = forge.bearer()
    for _ in range(100):
        await forge.verifier.verify(good)
