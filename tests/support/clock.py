"""A clock that the tests turn themselves. For SQLite only: with PostgreSQL the log compares it with the database's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.errors import ClosedError

TODAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """Stands still until it is moved. `sound` False makes the wall clock doubtful."""

    wall: datetime = TODAY
    elapsed: float = 0.0
    sound: bool = True

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.elapsed

    def assert_sound(self) -> None:
        if not self.sound:
            raise ClosedError("clock", "made to jump by a test")

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self.wall += timedelta(seconds=seconds)
        self.elapsed += seconds
