"""Access tokens (RFC 9068) at work: held in memory only, and never shown by accident."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

EARLY: Final = timedelta(seconds=15)
"""A token is not used in its last moments: it might be over when it arrives."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and when it ends."""

    value: str = field(repr=False)
    ends: datetime

    def good_at(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return now < self.ends - EARLY
