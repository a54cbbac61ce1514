"""Changing one's settings: the sealed row and the log's entry in one unit of work; the entry holds nothing of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeAlias

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.permissions import Given
from core.clock import Clock
from core.errors import OnceToldError
from core.keys import SubjectKey
from core.times import to_ms
from core.unit_of_work import Written
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About
from gateway.people.locator import Locator
from gateway.reach.wishes import Wishes, WishStore

CHANGED: Final = "settings-changed"

Change: TypeAlias = Callable[[Wishes], Wishes]


CHECK_AGAIN: Final = timedelta(minutes=10)
"""How long nobody can ask for another message to check: an address that is somebody else's must not be flooded."""


class TooSoonError(OnceToldError):
    """A message to check was asked for a short while ago, or nothing would be sent at all."""


@dataclass(frozen=True, slots=True)
class Choosing:
    """Changes people's settings. Raises `ClosedError` where nothing was changed."""

    wishes: WishStore
    locator: Locator
    committer: Committer
    outbox: Outbox
    clock: Clock

    async def change(self, key: SubjectKey, change: Change, by: Given, *, quietly: bool = False) -> Wishes:
        """Put the change into force; gives the settings as they are now. Raises `MissingKeyError` for an erased person.

        quietly: the line that tells of it is hidden from the person's history too, as what it hides.
        """
        detail = {"by": {"how": by.how, "by": by.by, "capacity": by.capacity}}
        entry = seal_entry(Draft(Kind.CONSENT, CHANGED, frozenset(), detail), key)

        def work(tx: Connection) -> Written[Wishes, SealedEntry]:
            # Whoever is erased meanwhile has no row any more, and gets none again.
            self.locator.assert_there(tx, key)
            before = self.wishes.held(tx, key)
            after = change(before)
            if after == before:
                return Written(after, ())
            self.wishes.put(tx, key, after)

            def hide_itself(tx: Connection, indexes: Sequence[int]) -> None:
                self.wishes.put(tx, key, after.hiding(*indexes))

            return Written(after, (entry,), hide_itself if quietly else None)

        committed = await self.committer.append(Append(work, changes=True))
        await asyncio.to_thread(self.wishes.scrub)
        return committed.value

    async def check(self, key: SubjectKey) -> None:
        """Have a message sent by which the person sees that one reaches them. Raises `TooSoonError`, `MissingKeyError`."""
        now = self.clock.now()

        def work(tx: Connection) -> Written[None, SealedEntry]:
            self.locator.assert_there(tx, key)
            before = self.wishes.held(tx, key)
            if not before.wants_messages or to_ms(now - CHECK_AGAIN) < before.checked_ms:
                raise TooSoonError
            self.wishes.put(tx, key, replace(before, checked_ms=to_ms(now)))
            self.outbox.put(tx, key.subject, About.CHECK, now)
            # Nothing of what they decided changes, so there is nothing to tell of.
            return Written(None, ())

        await self.committer.append(Append(work, changes=True))
