"""How an officer's organisation is doing, counted from the facets of its entries: nothing sealed is opened for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from audit.console.overviews import Counted, Day, Overview
from audit.entries import Kind
from audit.facets import Facet
from audit.reader import LogReader
from core.clock import Clock
from core.times import to_ms
from gateway.services.items import outcome_title
from gateway.services.words import Wording

DAYS: Final = 28
"""Four weeks: as many Mondays as Sundays."""
MOST: Final = 10
"""How many organisations and purposes have a line of their own; what is left over is one line together."""

_LONDON = ZoneInfo("Europe/London")
_LOOKS = frozenset({Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value})


@dataclass(frozen=True, slots=True)
class OverviewDesk:
    """Counts."""

    reader: LogReader
    words: Wording
    clock: Clock

    def overview(self, organisation: str) -> Overview:
        """See `ConsoleServices.overview`."""
        today = self.clock.now().astimezone(_LONDON).date()
        days = [today - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
        edges = [to_ms(_midnight(day)) for day in (*days, today + timedelta(days=1))]
        counts = self.reader.counts(organisation, edges)
        refusals, recipients, purposes = Counter[str](), Counter[str](), Counter[str]()
        for facet, many in (each for day in counts for each in day.items()):
            if facet.kind == Kind.REFUSAL.value:
                refusals[outcome_title(facet.outcome)] += many
            elif facet.kind in _LOOKS:
                recipients[self.words.organisation(facet.recipient)] += many
                purposes[self.words.purpose(facet.purpose) or "No reason that is still in the register"] += (
                    many
                )
        return Overview(
            days=tuple(_day(day, of_day) for day, of_day in zip(days, counts, strict=True)),
            refusals=_ordered(refusals),
            organisations=_ordered(recipients),
            purposes=_ordered(purposes),
        )


def _day(day: date, counts: Mapping[Facet, int]) -> Day:
    kinds = Counter[str]()
    for facet, many in counts.items():
        kinds[facet.kind] += many
    return Day(day, kinds[Kind.DISCLOSURE.value], kinds[Kind.REFUSAL.value], kinds[Kind.BREAK_GLASS.value])


def _ordered(counter: Counter[str]) -> tuple[Counted, ...]:
    ordered = sorted(counter.items(), key=lambda one: (-one[1], one[0]))
    rest = sum(many for _, many in ordered[MOST:])
    shown = [Counted(title, many) for title, many in ordered[:MOST]]
    return (*shown, Counted("All others together", rest)) if rest else tuple(shown)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _LONDON)
