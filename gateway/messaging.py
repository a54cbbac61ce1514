"""What residents are told of: that something they allowed ends soon, and what there still is to tell when it is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from consent import permissions
from consent.ledger import Ledger
from consent.permissions import Permission
from consent.requests.deciding import is_waiting
from consent.requests.store import Requests
from core.clock import Clock
from core.errors import BrokenRowError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from gateway.channels.outbox import Outbox
from gateway.channels.ports import About

TOLD_BEFORE = timedelta(days=14)
"""How long before the end of what they allowed a person is told, and can keep it longer."""
SHORTEST_TOLD = timedelta(days=21)
"""Whoever allowed something for less knows its end; a message would come as soon as they had said yes."""


@dataclass(frozen=True, slots=True)
class Endings:
    """Puts into the outbox, as something is allowed, that its end is to be told. Implements `gateway.consenting.Beside`."""

    outbox: Outbox

    def __call__(self, tx: Connection, key: SubjectKey, permission: Permission) -> None:
        """See `gateway.consenting.Beside`."""
        until = permission.until
        if permission.kind.allows and until is not None and until - permission.from_ >= SHORTEST_TOLD:
            self.outbox.put(tx, key.subject, About.ENDING, until - TOLD_BEFORE)


def ends_soon(permission: Permission, now: datetime) -> bool:
    """Whether something that is allowed now ends within the time in which that is told."""
    until = permission.until
    return (
        permission.kind.allows
        and until is not None
        and permission.in_force(now)
        and until - now <= TOLD_BEFORE
    )


@dataclass(frozen=True, slots=True)
class StillWanted:
    """Whether there still is what a message would tell of. Implements `gateway.channels.worker.Wanted`."""

    requests: Requests
    ledger: Ledger
    keys: KeyStore
    clock: Clock

    async def __call__(self, person: str, about: About) -> bool:
        """See `gateway.channels.worker.Wanted`. Raises `ClosedError`."""
        return await asyncio.to_thread(self._wanted, person, about)

    def _wanted(self, person: str, about: About) -> bool:
        now = self.clock.now()
        try:
            key = self.keys.get(person)
            if about in {About.CHECK, About.ANSWER, About.REFERRAL}:
                # What was answered, or became of a referral, is never unsaid: it stands in the portal.
                return True
            if about is About.REQUEST:
                return any(is_waiting(one, now) for one in self.requests.of(key))
            standing = permissions.in_force(self.ledger.standing(key).permissions, now)
        except (MissingKeyError, BrokenRowError):
            return False
        return any(ends_soon(one, now) for one in standing)
