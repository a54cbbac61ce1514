"""What the console's pages of residents' questions are handed by the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from audit.console.ports import Officer, Row

Finding = Literal["right", "mistake", "later", "not-known"]
"""How a question is answered. `later`: cannot tell yet, once and in time; `not-known`: it could not be found out."""


@dataclass(frozen=True, slots=True)
class WaitingQuestion:
    """One question that waits. index: its own number. row: the look that it is about. last_day: to answer in time.

    left: hours until it is overdue, rounded down, so that it is below zero once it is.
    """

    index: int
    row: Row
    asked_at: datetime
    last_day: date
    left: int


@dataclass(frozen=True, slots=True)
class Questioned:
    """The queue: the questions due first, how many wait in all, and how many of them are overdue."""

    waiting: tuple[WaitingQuestion, ...]
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that was given. index: of the entry that tells of it."""

    finding: Finding
    words: str
    at: datetime
    index: int


@dataclass(frozen=True, slots=True)
class ResidentsQuestion:
    """One question with all that is needed to answer it.

    about: the look's number in the log. know: codes of what the person wants to know; words: their own. replies: the oldest
    first. findings: what can be answered now, none once it is answered. later_day: by when, if it cannot be told yet.
    barred: why this officer may not answer, in words. version: what the form hands back. altered: the words no longer open
    as they were written.
    """

    index: int
    about: int
    asked_at: datetime
    know: tuple[str, ...]
    words: str
    last_day: date
    left: int
    replies: tuple[Reply, ...]
    findings: tuple[Finding, ...]
    later_day: date
    barred: str
    version: str
    altered: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An officer's answer."""

    finding: Finding
    words: str
    version: str


class OfficerQuestionServices(Protocol):
    """What these pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def waiting(self, officer: Officer) -> Questioned:
        """The questions to the officer's organisation, the earliest due first. Written into the log itself."""
        ...

    async def question(self, officer: Officer, index: int) -> ResidentsQuestion | None:
        """One question; None, and written into the log as refused, where it is not to the officer's organisation."""
        ...

    async def answer(self, officer: Officer, index: int, answer: Answer) -> None:
        """Answer it, in the log when this returns. Raises `audit.console.ports.NotDecided`."""
        ...
