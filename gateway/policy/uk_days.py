"""UK days as moments: an agreement that ends on 30 April ends when that day ends in the United Kingdom.

Summer Time Act 1972 as amended in 2002: clocks are one hour ahead from 01:00 UTC on the last Sunday in March until
01:00 UTC on the last Sunday in October. Written out, since slim containers have no time zone database.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def start_of_day(day: date) -> datetime:
    """The moment at which a UK day begins, in UTC."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    summer = _last_sunday(day.year, 3) < day <= _last_sunday(day.year, 10)
    return midnight - timedelta(hours=1) if summer else midnight


def end_of_day(day: date) -> datetime:
    """The moment at which a UK day is over, in UTC."""
    return start_of_day(day + timedelta(days=1))


def _last_sunday(year: int, month: int) -> date:
    """Of a month with 31 days, as March and October are."""
    last = date(year, month, 31)
    return last - timedelta(days=last.isoweekday() % 7)
