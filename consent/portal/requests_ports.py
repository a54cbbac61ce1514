"""What the pages of requests are handed: what waits for the resident's answer, one request in full, and the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from consent.portal.ports import Done, Offer, Resident

AskedState = Literal["waiting", "allowed", "not-allowed", "expired", "over"]
"""over: nobody may be allowed this any more, because the organisations' agreement does not hold now."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits. id: for its address, opaque. answer_by: when the time to answer is over."""

    id: str
    organisation_name: str
    purpose_title: str
    asked: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What one organisation that keeps something of this kind would show. fields: names of the single facts, no values."""

    source_name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. offer: what can be allowed of it now, and for how long at most.

    seen: section -> what they would see of the resident now, by the live policy; no entry where nobody would show anything.
    None for a representative, who is told what the offer names alone: which organisations hold something is not theirs.
    instead: what the resident allows them already, which a yes takes the place of.
    role_words: what the asking person does. reason: in their own words. answered: when the resident answered.
    """

    id: str
    offer: Offer
    seen: Mapping[str, tuple[Seen, ...]] | None
    instead: tuple[str, ...]
    role_words: str
    reason: str
    asked: datetime
    answer_by: datetime
    state: AskedState
    answered: datetime | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the resident allows of a request: at least one of its sections, for 1 day or more."""

    sections: frozenset[str]
    days: int


class RequestServices(Protocol):
    """Requests to the signed-in resident. Every method may raise `core.errors.ClosedError` (the page says so)."""

    def serving(self, resident: Resident) -> RequestServices:
        """These services as far as they are this resident's: for a representative, those within their scope."""
        ...

    async def waiting(self, person: str) -> tuple[Waiting, ...]:
        """What waits for an answer, the oldest first."""
        ...

    async def asked(self, person: str, request_id: str) -> Asked | None:
        """One request; None when it is not theirs, or nothing rests of it any more."""
        ...

    async def allow(self, person: str, request_id: str, reply: Reply) -> Done:
        """Allow it; raises `NotPossible`. The reply is checked again: nothing wider than the request and the agreement."""
        ...

    async def decline(self, person: str, request_id: str) -> None:
        """Do not allow it; raises `NotPossible`. Whoever asked is not told."""
        ...
