"""Whether and how a person is reached at the moment of sending; it implements `gateway.channels.ports.Reach`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from core.clock import Clock
from core.vocabulary import Label
from gateway.channels.ports import By, Reachable
from gateway.people.locator import Locator
from gateway.reach.wishes import WishStore

ENDANGERED: Final = frozenset({Label.RESTRICTED, Label.VERY_RESTRICTED, Label.REDACTED})
"""People whose whereabouts are kept secret: a message may be read by whom they hide from. A label that nobody knows is none
of these: there the person's own choice counts, and a message says nothing but that they have an account here.
"""


@dataclass(frozen=True, slots=True)
class Reaching:
    """Reaches whoever chose it, unless a source last said that they must not be found."""

    wishes: WishStore
    locator: Locator
    clock: Clock

    async def of(self, person: str) -> Reachable | None:
        """See `Reach.of`."""
        return await asyncio.to_thread(self._of, person)

    def _of(self, person: str) -> Reachable | None:
        row = self.locator.by_id(person)
        # However old that label is: it never falls by time alone.
        if row is None or row.label in ENDANGERED:
            return None
        wishes = self.wishes.of(row.key)
        if not wishes.wants_messages:
            return None
        return Reachable(
            by=By.EMAIL if wishes.channel == "email" else By.TEXT,
            address=wishes.address,
            language=wishes.language or "en",
            not_before=None if wishes.hours is None else wishes.hours.next_start(self.clock.now()),
        )
