"""What the pages of "My story" are handed: the resident's own words, and who would read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from core.errors import OnceToldError

Fault = Literal["empty", "too-long", "tells-where"]


class NotKept(OnceToldError):  # noqa: N818 - an answer to the resident, not a fault
    """What was written cannot be kept. fault: why. longest, long: characters that it may have and has."""

    def __init__(self, fault: Fault, longest: int, long: int) -> None:
        super().__init__(f"not kept: {fault}")
        self.fault = fault
        self.longest = longest
        self.long = long


@dataclass(frozen=True, slots=True)
class Told:
    """One answer: the resident's words, and when they wrote them (timezone-aware)."""

    words: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """Who could read the story now. questions: codes of the answers that they would be shown; others stay hidden."""

    organisation_name: str
    purpose_title: str
    questions: frozenset[str]


@dataclass(frozen=True, slots=True)
class MyStory:
    """The story. questions: their codes in the order in which they are asked; told: question -> what was answered."""

    questions: tuple[str, ...]
    told: Mapping[str, Told]


class StoryServices(Protocol):
    """The resident's own words. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def story(self, person: str) -> MyStory:
        """What the person told; nothing where they are not known any more."""
        ...

    def check(self, question: str, words: str) -> str:
        """The words as they would be kept. Raises `NotKept`; `KeyError` for a question that is not asked."""
        ...

    async def keep(self, person: str, question: str, words: str) -> None:
        """Keep the words as the answer, in place of the one before. Raises as `check`; `NotPossible`."""
        ...

    async def forget(self, person: str, question: str | None) -> None:
        """Delete one answer, or all of them (None). Raises `NotPossible`; `KeyError` for a question that is not asked."""
        ...

    async def readers(self, person: str) -> tuple[Reader, ...]:
        """Who could read it now because the person allowed it, by the policy that decides; sorted by name."""
        ...
