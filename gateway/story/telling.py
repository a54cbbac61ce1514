"""Telling one's story: the words, the pointer that offers them and the log's entry in one unit of work.

The entry says that the person changed their story, and nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.permissions import Given
from consent.story.store import Stories
from consent.story.words import NO_STORY, Story
from core.clock import Clock
from core.keys import SubjectKey
from core.unit_of_work import Written
from gateway.people.locator import Locator
from gateway.story.source import SOURCE

_Change: TypeAlias = Callable[[Story], Story]

CHANGED: Final = "story-changed"
DELETED: Final = "story-deleted"


@dataclass(frozen=True, slots=True)
class Telling:
    """Keeps and deletes people's own words. Raises `ClosedError` where nothing was changed."""

    stories: Stories
    locator: Locator
    committer: Committer
    clock: Clock

    async def answer(self, key: SubjectKey, question: str, words: str, by: Given) -> Story:
        """Keep these words as the answer, or take it out where they are empty; gives the story as it is now.

        words: tidied and without fault (`consent.story.words`).
        """
        now = self.clock.now()

        def change(story: Story) -> Story:
            return story.with_answer(question, words, now)

        return await self._change(key, change, by)

    async def delete(self, key: SubjectKey, by: Given) -> None:
        """Delete all of it and take the pointer back; nothing is written where there was nothing."""
        await self._change(key, lambda _: NO_STORY, by)

    async def _change(self, key: SubjectKey, change: _Change, by: Given) -> Story:
        entries = {outcome: _entry(outcome, key, by) for outcome in (CHANGED, DELETED)}

        def work(tx: Connection) -> Written[Story, SealedEntry]:
            before = self.stories.held(tx, key)
            after = change(before)
            if after.answers == before.answers:
                return Written(after, ())
            self.stories.put(tx, key, after)
            if bool(before) is not bool(after):
                self.locator.point(tx, key, SOURCE, key.subject if after else None)
            return Written(after, (entries[CHANGED if after else DELETED],))

        committed = await self.committer.append(Append(work, changes=True))
        await asyncio.to_thread(self.stories.scrub)
        return committed.value


def _entry(outcome: str, key: SubjectKey, by: Given) -> SealedEntry:
    detail = {"by": {"how": by.how, "by": by.by, "capacity": by.capacity}}
    return seal_entry(Draft(Kind.CONSENT, outcome, frozenset(), detail), key)
