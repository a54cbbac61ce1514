"""How an organisation is doing: the counts behind the pictures, and where each bar of a picture stands. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 560, 160
"""Of the picture, in its own units; it grows and shrinks with the page."""

GAP = 0.25
"""How much of a day's width stays empty beside its column."""


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day in London: something was shown, nothing was shown, somebody looked in an emergency."""

    day: date
    shown: int
    refused: int
    emergencies: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.shown + self.refused + self.emergencies


@dataclass(frozen=True, slots=True)
class Counted:
    """How often something happened."""

    title: str
    many: int


@dataclass(frozen=True, slots=True)
class Overview:
    """How an organisation is doing. days: each one, the oldest first; in the other lists the most frequent stands first."""

    days: tuple[Day, ...]
    refusals: tuple[Counted, ...]
    organisations: tuple[Counted, ...]
    purposes: tuple[Counted, ...]

    @property
    def shown(self) -> int:
        """How often something was shown."""
        return sum(day.shown for day in self.days)

    @property
    def refused(self) -> int:
        """How often nothing was shown."""
        return sum(day.refused for day in self.days)

    @property
    def emergencies(self) -> int:
        """How often somebody looked in an emergency."""
        return sum(day.emergencies for day in self.days)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a picture, in the picture's units. what: "shown", "refused" or "emergencies"."""

    what: str
    x: float
    y: float
    width: float
    height: float


def columns(days: Sequence[Day]) -> tuple[Block, ...]:
    """A column for each day, its parts on top of one another; the highest day is as high as the picture."""
    highest = max((day.total for day in days), default=0)
    if highest == 0:
        return ()
    step = WIDTH / len(days)
    blocks = []
    for n, day in enumerate(days):
        top = float(HEIGHT)
        for what, many in (
            ("shown", day.shown),
            ("refused", day.refused),
            ("emergencies", day.emergencies),
        ):
            if many:
                height = HEIGHT * many / highest
                top -= height
                blocks.append(
                    Block(what, *(round(one, 2) for one in (n * step, top, step * (1 - GAP), height)))
                )
    return tuple(blocks)


def share(many: int, counted: Sequence[Counted]) -> float:
    """How long a bar is, of 100, where the most frequent one's is 100."""
    most = max((one.many for one in counted), default=0)
    return round(100 * many / most, 1) if most else 0.0
