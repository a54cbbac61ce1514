"""A person's decision and its log entry: one unit of work, so that nobody is told "stopped" before it holds everywhere."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import Connection

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Committed
from consent.ledger import Ledger
from consent.permissions import ANY, Given, NonsenseError, NotStandingError, Permission
from core.clock import Clock
from core.keys import SubjectKey
from core.unit_of_work import Written
from core.vocabulary import Json, JsonObject
from core.vocabulary import Kind as PermissionKind


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person allows: everything of a `Permission` but its id, its beginning and its giver."""

    purpose: str
    recipient: str
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a person says no to: everything of a `Permission` but its id, its beginning and its giver. `*` is anything.

    kind: `OBJECTION` to what needs no permission, `DISSENT` to what was asked or allowed before.
    """

    purposes: frozenset[str]
    recipients: frozenset[str]
    sections: Mapping[str, frozenset[str]]
    sources: frozenset[str] = ANY
    until: datetime | None = None
    kind: PermissionKind = PermissionKind.OBJECTION


Naming: TypeAlias = Callable[[str], str | None]
"""How the officers of a recipient name one person; None where that is not known."""


def unnamed(_person: str) -> Naming:
    """Names nobody."""
    return lambda _recipient: None


Saying: TypeAlias = Callable[[Permission], JsonObject]
"""The words that describe a permission to the person now; nothing of a person stands in them."""


def nothing_said(_permission: Permission) -> JsonObject:
    """No words."""
    return {}


Beside: TypeAlias = Callable[[Connection, SubjectKey, Permission], None]
"""What else to write in the transaction in which a permission or preference begins."""


def nothing_beside(_tx: Connection, _key: SubjectKey, _permission: Permission) -> None:
    """Writes nothing."""


@dataclass(frozen=True, slots=True)
class Consenting:
    """Gives and withdraws permissions, durably and in the log.

    naming: how officers name the person with an id, to be found by in the log; it may read the database.
    said: gateway/notice.py; the entry keeps the words, so that a receipt can say for ever what was said then.
    beside: written with each that begins, whoever decided it.
    """

    ledger: Ledger
    committer: Committer
    clock: Clock
    naming: Callable[[str], Naming] = unnamed
    said: Saying = nothing_said
    beside: Beside = nothing_beside

    async def give(
        self, key: SubjectKey, grant: Grant, by: Given, within: Beside = nothing_beside
    ) -> Committed[Permission]:
        """Allow from now on, in place of what was said before about the same recipient and purpose: a yes, or a no.

        within: written in the same transaction; what it raises undoes all of it. The receipt of the permission given is the
        last one; those before it are of what it replaces.
        """
        permission = Permission(
            id=new_id(),
            kind=PermissionKind.CONFIDENTIALITY_CONSENT,
            purposes=frozenset({grant.purpose}),
            sections=grant.sections,
            sources=grant.sources,
            recipients=frozenset({grant.recipient}),
            from_=self.clock.now(),
            until=grant.until,
            given=by,
        )

        def replaces(one: Permission) -> bool:
            # Were an earlier yes to stand beside this one, stopping the one that is seen would leave the other; were an
            # earlier no to stand, "they can look now" would not be true.
            return _alike(one, permission) and (one.kind is permission.kind or one.kind.refuses)

        return await self._decide_one(key, permission, by, replaces, within)

    async def object(self, key: SubjectKey, refusal: Refusal, by: Given) -> Committed[Permission]:
        """Say no from now on, in place of the very same no; a no to everything ends a yes to the same of both.

        The receipt of the no is the last one. Raises `NonsenseError` for a kind that does not refuse.
        """
        if not refusal.kind.refuses:
            raise NonsenseError("only an objection or a dissent says no")
        permission = Permission(
            id=new_id(),
            kind=refusal.kind,
            purposes=refusal.purposes,
            sections=refusal.sections,
            sources=refusal.sources,
            recipients=refusal.recipients,
            from_=self.clock.now(),
            until=refusal.until,
            given=by,
        )

        def replaces(one: Permission) -> bool:
            # A narrower no takes nothing from a wider one. A yes that slept under a no to everything would wake when that
            # is taken back, without anybody saying yes again.
            covered = (one.kind, one.sections, one.sources) == (
                refusal.kind,
                refusal.sections,
                refusal.sources,
            )
            return _alike(one, permission) and (covered or (one.kind.allows and _to_everything(refusal)))

        return await self._decide_one(key, permission, by, replaces)

    async def decide(
        self,
        key: SubjectKey,
        permissions: Sequence[Permission],
        by: Given,
        replaces: Callable[[Permission], bool] = lambda _: False,
        within: Beside = nothing_beside,
    ) -> Committed[tuple[Permission, ...]]:
        """Record all of these and end what they replace, as one; the receipts of what is recorded are the last ones.

        Ids are given here. Raises `NonsenseError` where there is nothing to record, `NoRowError` for nobody we know.
        """
        if not permissions:
            raise NonsenseError("a decision must decide something")
        now = self.clock.now()
        code = await asyncio.to_thread(self.naming, key.subject)
        named = tuple(one if one.id else replace(one, id=new_id()) for one in permissions)
        entries = tuple(_entry(_BEGUN, one, by, key, code, self.said) for one in named)

        def work(tx: Connection) -> Written[tuple[Permission, ...], SealedEntry]:
            standing = self.ledger.standing_in(tx, key).permissions
            replaced = [self.ledger.withdraw(tx, key, one.id, by, now) for one in standing if replaces(one)]
            for one in named:
                self.ledger.give(tx, key, one, now)
                self.beside(tx, key, one)
                within(tx, key, one)
            ended = (_entry(_ENDED, one, by, key, code, self.said) for one in replaced)
            return Written(named, (*ended, *entries))

        return await self.committer.append(Append(work, changes=True))

    async def _decide_one(
        self,
        key: SubjectKey,
        permission: Permission,
        by: Given,
        replaces: Callable[[Permission], bool],
        within: Beside = nothing_beside,
    ) -> Committed[Permission]:
        committed = await self.decide(key, (permission,), by, replaces, within)
        return Committed(committed.value[0], committed.receipts)

    async def take_back(self, key: SubjectKey, permission_id: str, by: Given) -> Committed[Permission]:
        """Take a no back: it stops nothing from now on, and allows nothing. Raises `NotStandingError` for anything else."""
        return await self._end(key, permission_id, by, lambda one: one.kind.refuses)

    async def stop(self, key: SubjectKey, permission_id: str, by: Given) -> Committed[Permission]:
        """The same as `withdraw`, of anything but a no. Raises `NotStandingError`."""
        return await self._end(key, permission_id, by, lambda one: not one.kind.refuses)

    async def withdraw(self, key: SubjectKey, permission_id: str, by: Given) -> Committed[Permission]:
        """Stop, or take back, whatever it is. No request that commits later discloses under it (promise 2).

        Raises `NotStandingError`.
        """
        return await self._end(key, permission_id, by, lambda _: True)

    async def _end(
        self, key: SubjectKey, permission_id: str, by: Given, may: Callable[[Permission], bool]
    ) -> Committed[Permission]:
        now = self.clock.now()
        code = await asyncio.to_thread(self.naming, key.subject)

        def work(tx: Connection) -> Written[Permission, SealedEntry]:
            ended = self.ledger.withdraw(tx, key, permission_id, by, now)
            if not may(ended):
                raise NotStandingError
            return Written(ended, (_entry(_ENDED, ended, by, key, code, self.said),))

        return await self.committer.append(Append(work, changes=True))


_BEGUN: Mapping[PermissionKind, str] = {
    PermissionKind.CONFIDENTIALITY_CONSENT: "given",
    PermissionKind.REFERRAL_AGREEMENT: "given",
    PermissionKind.GDPR_CONSENT: "given",
    PermissionKind.OBJECTION: "objected",
    PermissionKind.DISSENT: "dissented",
}
"""What a log entry calls the beginning of a permission or preference."""

_ENDED: Mapping[PermissionKind, str] = {
    kind: "taken-back" if kind.refuses else "withdrawn" for kind in PermissionKind
}
"""And its end."""


def new_id() -> str:
    """An id of a permission or preference that nobody can guess."""
    return "c_" + secrets.token_urlsafe(12)


def _to_everything(refusal: Refusal) -> bool:
    return "*" in refusal.sections.get("*", frozenset()) and "*" in refusal.sources


def _alike(one: Permission, other: Permission) -> bool:
    return (one.purposes, one.recipients) == (other.purposes, other.recipients)


def _entry(
    outcomes: Mapping[PermissionKind, str],
    permission: Permission,
    by: Given,
    key: SubjectKey,
    code: Naming,
    said: Saying,
) -> SealedEntry:
    recipient = _only(permission.recipients)
    person = None if recipient is None else code(recipient)
    return seal_entry(_draft(outcomes[permission.kind], permission, by, person, said(permission)), key)


def _only(names: frozenset[str]) -> str | None:
    """The one that is named; None where several or any are."""
    return next(iter(names)) if len(names) == 1 and names != ANY else None


def _draft(outcome: str, permission: Permission, by: Given, person: str | None, notice: JsonObject) -> Draft:
    # Their own words are theirs: whoever may see that something was decided need not see why.
    told = replace(permission, given=permission.given.untold())
    detail: dict[str, Json] = {"permission": told.to_json(), "by": by.untold().to_json()}
    # A dissent says no to somebody who asked, and whoever asked must not tell it from silence (promise 4): it stands with
    # the person alone.
    silent = permission.kind is PermissionKind.DISSENT
    if person is not None and not silent:
        detail["person"] = person
    if notice:
        detail["notice"] = notice
    return Draft(
        kind=Kind.CONSENT,
        outcome=outcome,
        organisations=frozenset() if silent else permission.recipients - ANY,
        detail=detail,
        recipient=None if silent else _only(permission.recipients),
        purpose=_only(permission.purposes),
    )
