"""What the pages about acting for somebody else ask of the gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

WORD_MAXIMUM = 40


@dataclass(frozen=True, slots=True)
class ActingFor:
    """That whoever is signed in acts for somebody else now.

    authority: its id. by: the own person id of who acts. capacity: as what, a code. word: what they themselves call whom
    they act for. sections: all that it is about. until: when it ends; None for no stated end.
    """

    authority: str
    by: str = field(repr=False)
    capacity: str
    word: str = field(repr=False)
    sections: frozenset[str]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ActsFor:
    """Somebody for whom the resident can act. capacity, areas: in words. word: their own for them; empty until chosen."""

    id: str
    capacity: str
    areas: tuple[str, ...]
    until: datetime | None
    recorded_by: str
    since: datetime
    word: str
    can: bool


@dataclass(frozen=True, slots=True)
class MayAct:
    """Somebody who may act for the resident: as what, about what, until when, and who wrote it down on what evidence."""

    id: str
    capacity: str
    areas: tuple[str, ...]
    since: datetime
    until: datetime | None
    recorded_by: str
    seen: str
    can: bool


class ActingServices(Protocol):
    """The two pages' services. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def acts_for(self, own: str) -> tuple[ActsFor, ...]:
        """For whom somebody may act, over or not."""
        ...

    async def begin(
        self, request: Request, own: str, authority: str, word: str
    ) -> Callable[[Response], None]:
        """Act for them from the next page on; gives what puts the session's new cookie on the answer.

        Raises `NotPossible` where the authority does not stand.
        """
        ...

    async def end(self, request: Request) -> Callable[[Response], None]:
        """Act for oneself again."""
        ...

    async def may_act(self, person: str) -> tuple[MayAct, ...]:
        """Who may act for a person."""
        ...

    async def revoke(self, person: str, authority: str) -> None:
        """End it, from the next request on. Raises `NotPossible` where it does not stand any more."""
        ...
