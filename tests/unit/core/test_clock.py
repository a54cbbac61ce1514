"""The clock, and when it is in doubt."""

import time
from datetime import UTC, datetime

import pytest

from core.clock import SystemClock
from core.errors import ClosedError


class Machine:
    """The machine's two clocks, turned by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall, self.steady = 1_795_000_000.0, 500.0
        monkeypatch.setattr(time, "time", lambda: self.wall)
        monkeypatch.setattr(time, "monotonic", lambda: self.steady)

    def passes(self, seconds: float, wall: float | None = None) -> None:
        self.steady += seconds
        self.wall += seconds if wall is None else wall


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


def test_time_that_passes_alike_on_both_clocks_is_sound(machine: Machine) -> None:
    clock = SystemClock()
    for seconds in (0, 1, 3600, 86_400 * 30):
        machine.passes(seconds)
        clock.assert_sound()


@pytest.mark.parametrize("jump", [-3600.0, -2.5, 2.5, 86_400.0])
def test_a_jump_in_either_direction_closes(machine: Machine, jump: float) -> None:
    clock = SystemClock()
    machine.passes(10, wall=10 + jump)
    with pytest.raises(ClosedError, match="clock: wall time jumped"):
        clock.assert_sound()


@pytest.mark.parametrize("drift", [-1.9, 1.9])
def test_a_small_drift_between_two_looks_is_what_synchronisation_mends(
    machine: Machine, drift: float
) -> None:
    clock = SystemClock()
    for _ in range(20):
        machine.passes(60, wall=60 + drift)
        clock.assert_sound()


def test_nobody_can_wait_a_jump_out(machine: Machine) -> None:
    clock = SystemClock()
    machine.passes(10, wall=-3590)
    for _ in range(5):
        with pytest.raises(ClosedError):
            clock.assert_sound()
        machine.passes(600)


def test_a_clock_that_comes_back_is_sound_again(machine: Machine) -> None:
    clock = SystemClock()
    machine.passes(10, wall=100)
    with pytest.raises(ClosedError):
        clock.assert_sound()
    machine.passes(10, wall=-80)
    clock.assert_sound()


def test_the_drift_allowed_can_be_chosen(machine: Machine) -> None:
    clock = SystemClock(drift_allowed=0.1)
    machine.passes(1, wall=1.2)
    with pytest.raises(ClosedError):
        clock.assert_sound()


def test_the_wall_clock_tells_utc_and_the_other_only_goes_on() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)).total_seconds() < 60
    assert clock.monotonic() <= clock.monotonic()
