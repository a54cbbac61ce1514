"""Up to which day a person's history is complete: a day that is the same for everybody (docs/adr/0011-complete-up-to.md).

Whatever is held back from anybody is younger than that day, so neither the day nor the number of things before it tells
whether anything is held back from this person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from audit.reader import LogReader
from consent.portal.ports import Complete
from core.clock import Clock
from core.keys import SubjectKey
from core.times import from_ms, to_ms
from gateway.policy.register_values import Registers
from gateway.reviews.opening import COUNTERSIGN_WITHIN
from gateway.reviews.store import Reviews, stands_in_history

MARGIN: Final = timedelta(days=7)
"""How much longer than the longest hold: officers are late at times, and the day should not show when they are."""

_LONDON = ZoneInfo("Europe/London")


def cut_off(now: datetime, registers: Registers, oldest_held: datetime | None) -> date:
    """The first of a month, in London: all that stands before it can be told to everybody.

    oldest_held: when the oldest entry that is held back from anybody was written; None where nothing is.
    """
    longest = max(
        (one.hold_back.look_again_days for one in registers.purposes.values() if one.hold_back is not None),
        default=0,
    )
    latest = now - timedelta(days=longest) - COUNTERSIGN_WITHIN - MARGIN
    if oldest_held is not None:
        # A day earlier, since two replicas' clocks may differ by seconds about midnight.
        latest = min(latest, oldest_held - timedelta(days=1))
    return latest.astimezone(_LONDON).date().replace(day=1)


@dataclass(frozen=True, slots=True)
class Completeness:
    """Says what a person's history holds, wholly."""

    reader: LogReader
    reviews: Reviews
    registers: Registers
    clock: Clock

    def of(self, key: SubjectKey, kinds: tuple[str, ...]) -> Complete:
        """See `PortalServices.complete`; kinds: those that a history shows."""
        held_ms = self.reviews.oldest_held()
        up_to = cut_off(self.clock.now(), self.registers, None if held_ms is None else from_ms(held_ms))
        before_ms = to_ms(datetime.combine(up_to, time(), _LONDON))
        deleted_ms = self.reader.deleted_before(kinds)
        return Complete(
            up_to=up_to,
            many=self.reader.count_of_tag(key.tag, kinds, before_ms, stands_in_history),
            kept_since=None if deleted_ms is None else from_ms(deleted_ms).astimezone(_LONDON).date(),
        )
