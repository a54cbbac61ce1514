"""Spot checks, served: last week's looks drawn by chance, and what the checks came to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from audit.console.ports import NotDecided
from audit.console.samples import Draw, Samples
from core.clock import Clock
from core.times import from_ms, to_ms
from gateway.reviews import store
from gateway.reviews.sampling import PERCENTS, DrawnAlreadyError, Sampling, StoredDraw, Week

SHOWN: Final = 26
"""Half a year of weeks."""

_LONDON = ZoneInfo("Europe/London")
_DRAWN: Final = "Last week is drawn already. It cannot be drawn again."


@dataclass(frozen=True, slots=True)
class SampleDesk:
    """Draws and tells."""

    sampling: Sampling
    clock: Clock

    def samples(self, organisation: str) -> Samples:
        """See `ConsoleServices.samples`."""
        monday = self._monday()
        draws = self._carried_out(organisation)
        return Samples(
            first_day=monday,
            last_day=monday + timedelta(days=6),
            open=not any(one.from_ms == to_ms(_midnight(monday)) for one in draws),
            percents=PERCENTS,
            draws=tuple(map(self._draw, draws)),
        )

    async def draw(self, officer: str, organisation: str, percent: int) -> None:
        """See `ConsoleServices.draw`."""
        monday = self._monday()
        week = Week(to_ms(_midnight(monday)), to_ms(_midnight(monday + timedelta(days=7))))
        try:
            announced = await self.sampling.announce(officer, organisation, week, percent)
        except DrawnAlreadyError as error:
            raise NotDecided(_DRAWN) from error
        await asyncio.to_thread(self.sampling.carry_out, announced)

    def _carried_out(self, organisation: str) -> tuple[StoredDraw, ...]:
        draws = self.sampling.draws(organisation, SHOWN)
        begun = [one for one in draws if one.drawn is None]
        for one in begun:
            # Announced, and then cut off: it ends as it would have, since its leaf says what is drawn.
            self.sampling.carry_out(one)
        return self.sampling.draws(organisation, SHOWN) if begun else draws

    def _draw(self, one: StoredDraw) -> Draw:
        outcomes = self.sampling.outcomes(one)
        return Draw(
            first_day=_day(one.from_ms),
            last_day=_day(one.until_ms) - timedelta(days=1),
            percent=one.percent,
            index=one.index,
            looks=one.looks or 0,
            drawn=one.drawn or 0,
            right=outcomes.get(store.RIGHT, 0),
            wrong=outcomes.get(store.WRONG, 0),
        )

    def _monday(self) -> date:
        """The first day of the last whole week."""
        today = self.clock.now().astimezone(_LONDON).date()
        return today - timedelta(days=today.weekday() + 7)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _LONDON)


def _day(at_ms: int) -> date:
    return from_ms(at_ms).astimezone(_LONDON).date()
