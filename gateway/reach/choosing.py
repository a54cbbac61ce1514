"""Changing one's settings: the sealed row and the log's entry in one unit of work; the entry holds nothing of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.permissions import Given
from core.keys import SubjectKey
from core.unit_of_work import Written
from gateway.people.locator import Locator
from gateway.reach.wishes import Wishes, WishStore

CHANGED: Final = "settings-changed"

Change: TypeAlias = Callable[[Wishes], Wishes]


@dataclass(frozen=True, slots=True)
class Choosing:
    """Changes people's settings. Raises `ClosedError` where nothing was changed."""

    wishes: WishStore
    locator: Locator
    committer: Committer

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
