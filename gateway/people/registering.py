"""Registering a record: the person's row and, for someone new, their row in the consent ledger, in one unit of work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import SealedEntry
from audit.log import Append
from consent.ledger import Ledger
from core.clock import Clock
from core.unit_of_work import Written
from gateway.people.locator import AmbiguousError, Locator, Person, Registration

TRIES: Final = 3
"""Two who register somebody new in the same moment meet once; whoever comes second finds them at the next try."""


async def register_durably(
    locator: Locator,
    ledger: Ledger,
    committer: Committer,
    clock: Clock,
    registration: Registration,
    entries: Callable[[Person], tuple[SealedEntry, ...]],
) -> str:
    """Register, with the log's entries about it; gives the person's id. Raises `AmbiguousError` after `TRIES` races."""
    for left in reversed(range(TRIES)):
        # Making somebody new a key writes to the key store, which must not hold up the event loop.
        person = await asyncio.to_thread(locator.prepare, registration)
        work = partial(register, locator, ledger, person, registration, clock.now(), entries(person))
        try:
            return (await committer.append(Append(work, changes=True))).value
        except AmbiguousError:
            if not left:
                raise
    raise AssertionError("unreachable: the last try returns or raises")


def register(
    locator: Locator,
    ledger: Ledger,
    person: Person,
    registration: Registration,
    at: datetime,
    entries: tuple[SealedEntry, ...],
    tx: Connection,
) -> Written[str, SealedEntry]:
    """Bind all but the transaction to make a `Work`. Gives the person's id; raises `AmbiguousError`."""
    if locator.register(tx, person, registration, at):
        ledger.open(tx, person.key)
    return Written(person.id, entries)
