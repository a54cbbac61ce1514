"""A person's decision and its log entry: one unit of work, so that nobody is told "stopped" before it holds everywhere."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Committed
from consent.ledger import Ledger
from consent.permissions import Given, Permission
from core.clock import Clock
from core.keys import SubjectKey
from core.unit_of_work import Written
from core.vocabulary import Json
from core.vocabulary import Kind as PermissionKind


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allows: everything of a `Permission` but its id, its beginning and its giver."""

    purpose: str
    recipient: str
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    until: datetime | None


Naming: TypeAlias = Callable[[str], str | None]
"""How the officers of a recipient name one person; None where that is not known."""


def unnamed(_person: str) -> Naming:
    """Names nobody."""
    return lambda _recipient: None


@dataclass(frozen=True, slots=True)
class Consenting:
    """Gives and withdraws permissions, durably and in the log.

    naming: how officers name the person with an id, to be found by in the log; it may read the database.
    """

    ledger: Ledger
    committer: Committer
    clock: Clock
    naming: Callable[[str], Naming] = unnamed

    async def give(self, key: SubjectKey, grant: Grant, by: Given) -> Committed[Permission]:
        """Allow from now on, in place of what was allowed to the same recipient for the same purpose.

        The receipt of the permission given is the last one; those before it are of the permissions it replaces.
        """
        now = self.clock.now()
        permission = Permission(
            id="c_" + secrets.token_urlsafe(12),
            kind=PermissionKind.CONFIDENTIALITY_CONSENT,
            purposes=frozenset({grant.purpose}),
            sections=grant.sections,
            sources=grant.sources,
            recipients=frozenset({grant.recipient}),
            from_=now,
            until=grant.until,
            given=by,
        )
        code = await asyncio.to_thread(self.naming, key.subject)
        entry = _entry("given", permission, by, key, code)

        def work(tx: Connection) -> Written[Permission, SealedEntry]:
            # Saying yes again to the same organisation for the same purpose replaces the earlier yes: were both to stand,
            # stopping the one that is seen would leave the other.
            replaced = [
                self.ledger.withdraw(tx, key, one.id, by, now)
                for one in self.ledger.standing_in(tx, key).permissions
                if (one.kind, one.purposes, one.recipients)
                == (permission.kind, permission.purposes, permission.recipients)
            ]
            self.ledger.give(tx, key, permission, now)
            return Written(
                permission, (*(_entry("withdrawn", one, by, key, code) for one in replaced), entry)
            )

        return await self.committer.append(Append(work, changes=True))

    async def withdraw(self, key: SubjectKey, permission_id: str, by: Given) -> Committed[Permission]:
        """Stop. No request that commits later discloses under it (promise 2). Raises `NotStandingError`."""
        now = self.clock.now()
        code = await asyncio.to_thread(self.naming, key.subject)

        def work(tx: Connection) -> Written[Permission, SealedEntry]:
            ended = self.ledger.withdraw(tx, key, permission_id, by, now)
            return Written(ended, (_entry("withdrawn", ended, by, key, code),))

        return await self.committer.append(Append(work, changes=True))


def _entry(outcome: str, permission: Permission, by: Given, key: SubjectKey, code: Naming) -> SealedEntry:
    recipients = permission.recipients
    person = code(min(recipients)) if len(recipients) == 1 else None
    return seal_entry(_draft(outcome, permission, by, person), key)


def _draft(outcome: str, permission: Permission, by: Given, person: str | None) -> Draft:
    detail: dict[str, Json] = {
        "permission": permission.to_json(),
        "by": {"how": by.how, "by": by.by, "capacity": by.capacity},
    }
    if person is not None:
        detail["person"] = person
    return Draft(
        kind=Kind.CONSENT,
        outcome=outcome,
        organisations=permission.recipients,
        detail=detail,
        recipient=next(iter(permission.recipients)) if len(permission.recipients) == 1 else None,
        purpose=next(iter(permission.purposes)) if len(permission.purposes) == 1 else None,
    )
