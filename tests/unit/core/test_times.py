"""Times as they are stored."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.times import from_ms, to_ms


@given(st.integers(0, 253_402_300_799_999))
def test_whole_milliseconds_read_back_as_they_were(milliseconds: int) -> None:
    assert to_ms(from_ms(milliseconds)) == milliseconds


def test_known_moments() -> None:
    assert to_ms(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_ms(datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) == 1_795_428_000_000
    assert from_ms(1_795_428_000_000) == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_what_is_finer_than_a_millisecond_is_cut_off_never_rounded_up() -> None:
    assert to_ms(datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC)) == 1


def test_the_zone_does_not_matter() -> None:
    summer = timezone(timedelta(hours=1))
    assert to_ms(datetime(2026, 6, 1, 11, 0, tzinfo=summer)) == to_ms(datetime(2026, 6, 1, 10, 0, tzinfo=UTC))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        to_ms(datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001 - the point of the test
