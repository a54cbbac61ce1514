"""Looks drawn by chance for routine checks: what the page shows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Draw:
    """One week's draw. index: of the entry that announced it. first_day, last_day: London's, both included.

    looks: how many the organisation made; drawn: how many of them are to be checked; right, wrong: what was found so far.
    """

    first_day: date
    last_day: date
    percent: int
    index: int
    looks: int
    drawn: int
    right: int
    wrong: int

    @property
    def left(self) -> int:
        """How many are not checked yet."""
        return self.drawn - self.right - self.wrong


@dataclass(frozen=True, slots=True)
class Samples:
    """What was drawn, the newest week first, and which week can be drawn now; open: False where it was drawn already."""

    first_day: date
    last_day: date
    open: bool
    percents: tuple[int, ...]
    draws: tuple[Draw, ...]
