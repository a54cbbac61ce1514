"""When an organisation is at work. Pure; bank holidays and exceptions come from configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from core.pages.words import LONDON

WEEKDAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Hours:
    """Working hours in London time, from inclusive, until exclusive. weekdays: Monday is 0.

    holidays: bank holidays. around_the_clock: organisations that are always at work, so that no hour is out of theirs.
    """

    opens: time = time(7)
    closes: time = time(20)
    weekdays: frozenset[int] = WEEKDAYS
    holidays: frozenset[date] = frozenset()
    around_the_clock: frozenset[str] = frozenset()

    def unsocial(self, organisation: str, at: datetime) -> bool:
        """Whether a moment is out of the organisation's hours; `at` is timezone-aware."""
        if organisation in self.around_the_clock:
            return False
        local = at.astimezone(LONDON)
        day = local.date()
        if day.weekday() not in self.weekdays or day in self.holidays:
            return True
        return not self.opens <= local.time() < self.closes
