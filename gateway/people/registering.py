"""Registering a record: the person's row and, for someone new, their row in the consent ledger, in one unit of work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from audit.entries import SealedEntry
from consent.ledger import Ledger
from core.unit_of_work import Written
from gateway.people.locator import Locator, Person, Registration


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
