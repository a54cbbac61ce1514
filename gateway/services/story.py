"""My story, served: the resident's own words, kept and deleted through the log, and who would read them by policy."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from consent.permissions import Given
from consent.portal.ports import NotPossible
from consent.portal.story_ports import MyStory, NotKept, Reader, Told
from consent.story.store import Stories
from consent.story.words import LONGEST, NO_STORY, QUESTIONS, SECTION, Story, fault_of, tidy
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from gateway.policy.could_see import Because, CouldSee
from gateway.policy.register_values import Registers
from gateway.services.could_see import PolicyServices
from gateway.services.words import Wording
from gateway.story.source import SOURCE
from gateway.story.telling import Telling


@dataclass(frozen=True, slots=True)
class StoryPages:
    """Implements `consent.portal.story_ports.StoryServices`."""

    stories: Stories
    keys: KeyStore
    telling: Telling
    policy: PolicyServices

    async def story(self, person: str) -> MyStory:
        """See `StoryServices.story`."""

        def read() -> Story:
            try:
                return self.stories.of(self.keys.get(person))
            except MissingKeyError:
                return NO_STORY

        found = await asyncio.to_thread(read)
        return MyStory(QUESTIONS, {name: Told(words, at) for name, (words, at) in found.answers.items()})

    def check(self, question: str, words: str) -> str:
        """See `StoryServices.check`."""
        if question not in QUESTIONS:
            raise KeyError(question)
        kept = tidy(words)
        fault = fault_of(question, kept)
        if fault is not None:
            raise NotKept(fault, LONGEST, len(kept))
        return kept

    async def keep(self, person: str, question: str, words: str) -> None:
        """See `StoryServices.keep`."""
        kept = self.check(question, words)
        await self._changed(person, question, kept)

    async def forget(self, person: str, question: str | None) -> None:
        """See `StoryServices.forget`."""
        if question is not None and question not in QUESTIONS:
            raise KeyError(question)
        await self._changed(person, question, "")

    async def readers(self, person: str) -> tuple[Reader, ...]:
        """See `StoryServices.readers`."""
        found = await self.policy.asked(person)
        return () if found is None else _readers(*found[:2])

    async def _changed(self, person: str, question: str | None, words: str) -> None:
        given = Given("portal", person)
        try:
            key = await asyncio.to_thread(self._key, person)
            if question is None:
                await self.telling.delete(key, given)
            else:
                await self.telling.answer(key, question, words, given)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error

    def _key(self, person: str) -> SubjectKey:
        return self.keys.get(person)


def _readers(registers: Registers, found: CouldSee) -> tuple[Reader, ...]:
    """By organisation and purpose: what its people, taken together, would be shown of the story."""
    words = Wording(registers)
    seen: dict[tuple[str, str], frozenset[str]] = {}
    for row in found.rows:
        fields = row.shown.get(SOURCE, {}).get(SECTION, frozenset())
        if row.because is Because.ALLOWED and fields:
            who = (words.organisation(row.organisation), words.purpose(row.purpose))
            seen[who] = seen.get(who, frozenset()) | fields
    return tuple(Reader(name, purpose, fields) for (name, purpose), fields in sorted(seen.items()))
