"""How often one application may ask, so that none takes the gateway from the others (OWASP API4:2023).

The generic cell rate algorithm (ITU-T I.371): one number an application, the time at which it would be even if it had asked
steadily. Applications are those of the trust register, so the numbers are few and none is dropped. Only an application that
proved who it is is counted, and nothing of its question: a 429 tells nothing of anybody. Each process counts by itself.
"""

from __future__ import annotations

import math

from core.clock import Clock
from core.errors import OnceToldError


class TooOftenError(OnceToldError):
    """An application asks more often than it may. wait: whole seconds after which one more call is taken."""

    def __init__(self, wait: int) -> None:
        super().__init__("too often")
        self.wait = wait


def even_after(even: float, now: float, interval: float, ahead: float) -> float | None:
    """When the application would be even after one more call; None where that is too far ahead. All in seconds.

    even: when it would be even now. interval: between steady calls. ahead: how far ahead of them it may be.
    """
    after = max(even, now) + interval
    return after if after - now <= ahead else None


class Pace:
    """Counts the calls of each application. To be used from one event loop."""

    def __init__(self, clock: Clock, per_second: float, at_once: int) -> None:
        """per_second: steady calls of one application. at_once: how many it may make after a quiet time, at least 1."""
        self._clock = clock
        self._interval = 1 / per_second
        # A hair more than the sum of the intervals, or rounding would refuse the last of them.
        self._ahead = self._interval * (at_once + 0.001)
        self._even: dict[str, float] = {}

    def take(self, client: str) -> None:
        """Count one call; `TooOftenError` where it is one too many. What was refused is not counted."""
        now = self._clock.monotonic()
        even = self._even.get(client, now)
        after = even_after(even, now, self._interval, self._ahead)
        if after is None:
            raise TooOftenError(max(1, math.ceil(even + self._interval - now - self._ahead)))
        self._even[client] = after
