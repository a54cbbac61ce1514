"""What the console's pages of alerts are handed by the gateway. An alert is a reason to ask, and never says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from audit.alerts.facts import Rule
from audit.console.ports import Item, Officer, Row, Waiting

AlertAnswer = Literal["explained", "misuse", "unclear"]
"""What officers found: there is a good reason, there is none, or nobody can tell any more."""


@dataclass(frozen=True, slots=True)
class AlertTask:
    """One alert that waits. numbers: what its sentence says; left: hours until it is due, below zero once it is overdue."""

    rule: Rule
    row: Row
    numbers: Mapping[str, int]
    due: datetime
    left: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What was found, when, and where the log tells of it."""

    answer: AlertAnswer
    at: datetime
    index: int | None


@dataclass(frozen=True, slots=True)
class AlertCase:
    """One alert with all that is needed to answer it. barred: why this officer may not, in words.

    account: whom to ask, as the organisation's own sign-in knows them; empty where nobody can see it any more.
    """

    rule: Rule
    numbers: Mapping[str, int]
    item: Item
    task: AlertTask | None
    answered: Answered | None
    barred: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """How often a rule was right to ask, by what officers of the organisation found in the last year."""

    rule: Rule
    open: int
    misuse: int
    explained: int
    unclear: int

    @property
    def answered(self) -> int:
        """How many were answered."""
        return self.misuse + self.explained + self.unclear


@dataclass(frozen=True, slots=True)
class AlertQueue:
    """What waits, the earliest due first; what the answers came to; up to which day the looks were gone through."""

    tasks: tuple[AlertTask, ...]
    measured: tuple[Measured, ...]
    gone_through: date | None


class AlertServices(Protocol):
    """What the pages ask of the gateway. Every method may raise `core.errors.ClosedError`."""

    async def waiting(self, officer: Officer) -> Waiting:
        """How many alerts wait for the officer's organisation, and how many of them are overdue."""
        ...

    async def tasks(self, officer: Officer) -> Sequence[AlertTask]:
        """The alerts that wait. Written into the log itself."""
        ...

    async def queue(self, officer: Officer) -> AlertQueue:
        """What waits and what answers came to. Written into the log itself."""
        ...

    async def case(self, officer: Officer, rule: Rule, index: int) -> AlertCase | None:
        """One alert; None where the officer's organisation has none such. Written into the log itself, refusals too."""
        ...

    async def answer(self, officer: Officer, rule: Rule, index: int, answer: AlertAnswer, words: str) -> None:
        """Answer it, for good and in the log when this returns. Raises `audit.console.ports.NotDecided`."""
        ...
