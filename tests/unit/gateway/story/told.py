"""The way of a request with a real story beside the fake sources, and the pages' services over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from audit.entries import Kind
from audit.reader import LogReader
from consent.permissions import Given
from consent.story.store import Stories
from consent.story.words import SECTION
from core.clock import Clock
from core.vocabulary import Label
from gateway.consenting import Grant
from gateway.people.locator import Person
from gateway.services.could_see import PolicyServices
from gateway.services.story import StoryPages
from gateway.story.source import SOURCE, StorySource
from gateway.story.telling import Telling
from gateway.views.values import View
from tests.support.clock import FakeClock
from tests.support.walk import NHS_NUMBER, RECORDS, Walk, schemas, walk

WORDS = "Zyxmymum died in spring. I do not want to tell it again."
ALL: Mapping[str, frozenset[str]] = {
    SECTION: frozenset({"what_matters", "how_to_reach_me", "told_already", "adjustments"})
}


@dataclass
class House:
    """A way of a request whose sources hold the story's too."""

    way: Walk
    stories: Stories
    pages: StoryPages
    clock: Clock

    @property
    def person(self) -> str:
        return self.way.person.id

    @property
    def row(self) -> Person:
        found = self.way.home.locator.by_id(self.person)
        assert found is not None
        return found

    def advance(self, seconds: float) -> None:
        """Let time pass, where the clock is the test's."""
        assert isinstance(self.clock, FakeClock)
        self.clock.advance(seconds)

    async def allow(self, sections: Mapping[str, frozenset[str]] = ALL, *sources: str) -> str:
        grant = Grant(
            "early-help-triage",
            "norfolk-county-council",
            sections,
            frozenset(sources or (*RECORDS, SOURCE)),
            None,
        )
        given = await self.way.consenting.give(self.way.person.key, grant, Given("portal", self.person))
        return given.value.id

    async def ask(self) -> View:
        return await self.way.ask(sections=frozenset({SECTION}))

    def own_entries(self) -> list[tuple[str, object]]:
        """Outcome and opened detail of the person's own changes of their story, newest first."""
        reader = LogReader(self.way.home.database, self.way.home.log.store, self.way.home.keys)
        entries = reader.of_tag(self.way.person.key.tag, [Kind.CONSENT.value], None, 50)
        found: list[tuple[str, object]] = []
        for entry in entries:
            opening = reader.open(entry)
            if entry.outcome.startswith("story"):
                found.append((entry.outcome, None if opening is None else opening.detail["detail"]))
        return found


@asynccontextmanager
async def telling(
    folder: Path, label: Label = Label.UNRESTRICTED, urls: tuple[str, str] | None = None
) -> AsyncIterator[House]:
    # PostgreSQL has a clock of its own, with which the log compares ours.
    async with walk(folder, urls, label=label, clock=FakeClock() if urls is None else None) as way:
        home = way.home
        clock = home.clock
        stories = Stories(home.database)
        source = StorySource(stories, home.keys, schemas())
        way.parts = replace(way.parts, sources={**way.parts.sources, SOURCE: source})
        kept = Telling(stories, home.locator, home.committer, clock)
        yield House(way, stories, StoryPages(stories, home.keys, kept, PolicyServices(way.parts)), clock)


__all__ = ["ALL", "NHS_NUMBER", "SOURCE", "WORDS", "House", "telling"]
