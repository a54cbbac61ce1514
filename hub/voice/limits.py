"""Limits on abuse that need no tracking: so many in an hour from everybody together, counted in this process's memory.

Nothing is known of whoever sends something, so nobody can be counted apart. The price: whoever floods the page closes it for
others too, for an hour at most. The page then says so and keeps what was typed; telephone and paper stay open.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)


class HourlyLimit:
    """At most so many in any hour."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: deque[datetime] = deque()

    def take(self, now: datetime) -> bool:
        """Whether one more may pass; it is counted where it may."""
        while self._taken and now - self._taken[0] >= HOUR:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now)
        return True
