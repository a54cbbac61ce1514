"""How times and lists read on a page: "21 November 2026", "4:07pm", "a, b and c". Times are shown in Europe/London."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")


def london_day(moment: datetime) -> date:
    """The day it was in London; `moment` is timezone-aware."""
    return moment.astimezone(LONDON).date()


def day(value: date | datetime) -> str:
    """A day as "21 November 2026"; of a time, the day it was in London."""
    on = london_day(value) if isinstance(value, datetime) else value
    return f"{on.day} {on:%B %Y}"


def time(moment: datetime) -> str:
    """A time as "4:07pm", with "midnight" and "midday" for 12:00, which am and pm leave in doubt."""
    local = moment.astimezone(LONDON)
    if local.minute == 0 and local.hour in {0, 12}:
        return "midday" if local.hour else "midnight"
    return f"{local.hour % 12 or 12}:{local.minute:02}{'pm' if local.hour >= 12 else 'am'}"


def moment(value: datetime) -> str:
    """A day and time as "21 November 2026 at 4:07pm"."""
    return f"{day(value)} at {time(value)}"


def listed(items: Sequence[str]) -> str:
    """Items as "a, b and c"; empty for none."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
