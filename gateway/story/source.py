"""The source that serves what residents told of themselves; it implements `adapters.contract.Source`.

Kept beside the gateway, since what it serves rests in the gateway's own database under the person's key. It is asked,
bounded, minimised and logged like every other source: the view's pipeline does not know that it is different.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from adapters.assembly import Assembly
from adapters.contract import FetchRequest, NotHeldError, SourceAnswer, SourceError
from consent.story.store import Stories
from consent.story.words import QUESTIONS, SECTION, Story
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError
from core.sections import SectionSchema

SOURCE: Final = "oncetold-residents"
"""The organisation of the registers under whose name residents' own words are offered."""


@dataclass(frozen=True, slots=True)
class StorySource:
    """Serves stories. A record's reference is the person's internal id, which only the gateway's own rows know."""

    stories: Stories
    keys: KeyStore
    schemas: Mapping[str, SectionSchema]

    @property
    def id(self) -> str:
        """See `Source.id`."""
        return SOURCE

    @property
    def sections(self) -> frozenset[str]:
        """See `Source.sections`."""
        return frozenset({SECTION})

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """See `Source.fetch`. An answer is as old as the day on which the person wrote it."""
        story = await self._story(request.reference)
        if not story:
            raise NotHeldError(SOURCE)
        collected = Assembly(SOURCE, request.wanted, self.schemas)
        for question in QUESTIONS:
            if question in story.answers:
                words, at = story.answers[question]
                collected.add("story", SECTION, question, words, at)
        return collected.answer()

    async def probe(self) -> None:
        """See `Source.probe`."""
        try:
            await asyncio.to_thread(self.stories.assert_there)
        except ClosedError:
            raise SourceError(SOURCE, "unreachable") from None

    async def close(self) -> None:
        """See `Source.close`. The database is the gateway's to close."""

    async def _story(self, person: str) -> Story:
        try:
            if self.stories.reads_inline:
                return self._read(person)
            return await asyncio.to_thread(self._read, person)
        except MissingKeyError:
            raise NotHeldError(SOURCE) from None
        except ClosedError:
            # An altered row too: `BrokenRowError` is a `ClosedError`.
            raise SourceError(SOURCE, "failed") from None

    def _read(self, person: str) -> Story:
        return self.stories.of(self.keys.get(person))
