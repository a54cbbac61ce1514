"""Time, so that tests can hold it still. Times are timezone-aware, UTC; pages show them in Europe/London."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time as the hub sees it."""

    def now(self) -> datetime:
        """The wall-clock time, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)
