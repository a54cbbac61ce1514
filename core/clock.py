"""Time, and the doubt about it.

Wall-clock time decides which grants and agreements are in force, so a clock that jumped must close the gate (promise 5)
rather than open one that has ended. Tests pass a fake with the same three methods.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from core.errors import ClosedError

DRIFT_ALLOWED_SECONDS = 2.0


class Clock(Protocol):
    """The time as the gateway sees it."""

    def now(self) -> datetime:
        """The wall-clock time, timezone-aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean anything."""
        ...

    def assert_sound(self) -> None:
        """Raise `ClosedError` when the wall clock is in doubt."""
        ...


class SystemClock:
    """The machine's clocks; in doubt when wall and monotonic time have drifted apart since the last sound look.

    Slow drift is what time synchronisation mends all day long, so the anchor moves along with every sound look:
    only a jump between two looks is doubted. A jump stays doubted until the wall clock comes back or the process is
    restarted, so nobody can wait it out.
    """

    def __init__(self, drift_allowed: float = DRIFT_ALLOWED_SECONDS) -> None:
        self._drift_allowed = drift_allowed
        self._anchor = time.time() - time.monotonic()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()

    def assert_sound(self) -> None:
        """See `Clock.assert_sound`."""
        offset = time.time() - time.monotonic()
        if abs(offset - self._anchor) > self._drift_allowed:
            raise ClosedError("clock", "wall time jumped against monotonic time")
        self._anchor = offset
