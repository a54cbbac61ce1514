"""Times as they are stored: whole milliseconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of a timezone-aware time."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """The reverse of `to_ms`, in UTC."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


def until_release(elapsed: float, step: float) -> float:
    """Seconds to wait until the next whole multiple of the step: for answers whose time is to tell nothing."""
    return max(1, ceil(elapsed / step)) * step - elapsed
