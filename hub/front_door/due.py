"""The clock of an item, in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.pages import words


@dataclass(frozen=True, slots=True)
class Due:
    """Where the clock stands. state: late, near (within a day), open."""

    state: str
    words: str


def due(at: datetime, now: datetime) -> Due:
    """What to say of something that is due then."""
    told = words.moment(at)
    if at < now:
        return Due("late", f"Late since {told}")
    return Due("near" if at - now <= timedelta(days=1) else "open", f"By {told}")
