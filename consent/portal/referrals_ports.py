"""What the pages of referrals are handed: where the resident was sent, what came of it, what it says while it waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

State = Literal["sent", "collected", "accepted", "refused", "closed", "withdrawn", "expired"]
How = Literal["spoken", "written", "by-representative"]


@dataclass(frozen=True, slots=True)
class SentOn:
    """One referral. id: for its address, opaque. index: its first place in the log, by which a person hides it.

    changed: when it came to where it stands. held_until: when it is deleted unless they collect it. can_stop: not over yet.
    team_names: of the organisations that may look too, until it is over.
    """

    id: str
    index: int | None
    from_name: str
    to_name: str
    purpose_title: str
    state: State
    sent: datetime
    changed: datetime
    held_until: datetime
    can_stop: bool
    team_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Says:
    """What it says, as the other organisation reads it. about: names of things with what they are, in their order."""

    about: tuple[tuple[str, str | date], ...]
    why: str
    what_matters: str


@dataclass(frozen=True, slots=True)
class SentOnInFull:
    """One referral with all that is told of it.

    role_words: what whoever sent it does. how, said_at: how and when the resident agreed. kinds: what the other organisation
    may look at meanwhile; empty for nothing. team: the same of each that may look too, by name. reason: why they do not take
    it; outcomes: what came of it; both in words. says: None once it was collected or is over.
    """

    one: SentOn
    role_words: str
    how: How
    said_at: datetime
    contact_details: bool
    kinds: tuple[str, ...]
    reason: str
    outcomes: tuple[str, ...]
    says: Says | None
    team: tuple[tuple[str, tuple[str, ...]], ...] = ()


class ReferralServices(Protocol):
    """Referrals of the signed-in resident. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def sent_on(self, person: str) -> tuple[SentOn, ...]:
        """All of them, newest first."""
        ...

    async def in_full(self, person: str, referral: str) -> SentOnInFull | None:
        """One of them; None for any other."""
        ...

    async def stop(self, person: str, referral: str) -> None:
        """Take it back: what it says is deleted, and nothing is looked at under it, from now on. Raises `NotPossible`."""
        ...
