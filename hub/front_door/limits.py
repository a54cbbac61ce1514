"""A limit on abuse that needs no tracking: so many in an hour from everybody together, counted in memory."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)


class HourlyLimit:
    """At most so many in any hour. Nothing is known of whoever sends something, so nobody can be counted apart."""

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
