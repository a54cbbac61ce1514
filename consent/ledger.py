"""The ledger: what people meant, append-only, with a revision a person.

Every change happens inside a unit of work that also writes its log entry (core/unit_of_work.py), so nobody is told
"stopped" before it is durable, and nobody sees a change that the log does not tell of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, bindparam, column, insert, select, table, update

from consent.permissions import Given, NonsenseError, NoRowError, NotStandingError, Permission
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database, Prepared
from core.times import from_ms, to_ms
from core.vocabulary import Json, JsonObject

_STATE = table("person_state", *(column(name) for name in ("person", "revision", "sealed")))
_EVENT = table("permission_event", *(column(name) for name in ("person", "revision", "at_ms", "sealed")))

_READ_STATE = Prepared(
    select(_STATE.c.revision, _STATE.c.sealed).where(_STATE.c.person == bindparam("person"))
)
_LOCK_REVISION = Prepared(
    select(_STATE.c.revision).where(_STATE.c.person == bindparam("person")).with_for_update(read=True)
)
_LOCK_STATE = Prepared(
    select(_STATE.c.revision, _STATE.c.sealed).where(_STATE.c.person == bindparam("person")).with_for_update()
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for a person at a revision: every permission that was not withdrawn, whatever its time."""

    revision: int
    permissions: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the history. `what`: `given` or `withdrawn`."""

    revision: int
    at: datetime
    what: str
    permission: Permission
    by: Given


NOTHING = Standing(0, ())


class Ledger:
    """Permissions and preferences by person, sealed under each person's key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, key: SubjectKey) -> Standing:
        """What stands now (one row). `NOTHING` for a person who never decided anything.

        Raises `ClosedError` when the database does not answer, `BrokenRowError` when the row is not what was sealed.
        """
        rows = self._database.hot(_READ_STATE, person=key.subject)
        return _open_state(rows, key)

    def open(self, tx: Connection, key: SubjectKey) -> None:
        """Give a new person their row, so that every guard has something to lock."""
        tx.execute(insert(_STATE).values(person=key.subject, revision=0, sealed=_seal_state((), key)))

    def revision_stands(self, tx: Connection, person: str, revision: int) -> bool:
        """Whether the person's revision is still this one; holds it so (FOR SHARE) until the transaction ends."""
        rows = _LOCK_REVISION.rows(tx, person=person)
        return (rows[0][0] if rows else 0) == revision

    def give(self, tx: Connection, key: SubjectKey, permission: Permission, at: datetime) -> Standing:
        """Add a permission or preference. Raises `NoRowError` for somebody without a row: never opened, or erased."""
        before = self.standing_in(tx, key)
        return _append(
            tx, key, before, (*before.permissions, permission), "given", permission, permission.given, at
        )

    def withdraw(
        self, tx: Connection, key: SubjectKey, permission_id: str, by: Given, at: datetime
    ) -> Permission:
        """End a permission or preference at once, and give it back. Raises `NotStandingError` if it does not stand."""
        before = self.standing_in(tx, key)
        ended = next((one for one in before.permissions if one.id == permission_id), None)
        if ended is None:
            raise NotStandingError
        kept = tuple(one for one in before.permissions if one.id != permission_id)
        _append(tx, key, before, kept, "withdrawn", ended, by, at)
        return ended

    def history(self, key: SubjectKey) -> tuple[Event, ...]:
        """Every event, oldest first."""
        with self._database.read() as tx:
            return self.history_in(tx, key)

    def history_in(self, tx: Connection, key: SubjectKey) -> tuple[Event, ...]:
        """The same as a transaction sees it, with what it wrote itself."""
        rows = tx.execute(
            select(_EVENT.c.revision, _EVENT.c.at_ms, _EVENT.c.sealed)
            .where(_EVENT.c.person == key.subject)
            .order_by(_EVENT.c.revision)
        ).all()
        return tuple(_open_event(row[0], row[1], row[2], key) for row in rows)

    def standing_in(self, tx: Connection, key: SubjectKey) -> Standing:
        """What stands, held (FOR UPDATE) until the transaction ends."""
        return _open_state(_LOCK_STATE.rows(tx, person=key.subject), key)


def _append(
    tx: Connection,
    key: SubjectKey,
    before: Standing,
    permissions: tuple[Permission, ...],
    what: str,
    permission: Permission,
    by: Given,
    at: datetime,
) -> Standing:
    after = Standing(before.revision + 1, permissions)
    sealed = _seal_state(permissions, key)
    stored = tx.execute(
        update(_STATE).where(_STATE.c.person == key.subject).values(revision=after.revision, sealed=sealed)
    )
    if stored.rowcount == 0:
        # A row made here would bring back, under a key that is about to go, whom an erasure has just taken away.
        raise NoRowError
    event = {
        "what": what,
        "permission": permission.to_json(),
        "by": by.to_json(),
    }
    tx.execute(
        insert(_EVENT).values(
            person=key.subject,
            revision=after.revision,
            at_ms=to_ms(at),
            sealed=seal_json(key.key, event, _event_context(key.subject, after.revision)),
        )
    )
    return after


def _seal_state(permissions: Sequence[Permission], key: SubjectKey) -> bytes:
    return seal_json(
        key.key, [permission.to_json() for permission in permissions], f"person_state|{key.subject}"
    )


def _open_state(rows: Sequence[tuple[object, ...]], key: SubjectKey) -> Standing:
    if not rows:
        return NOTHING
    revision, sealed = rows[0]
    try:
        values = open_json(key.key, cast("bytes", sealed), f"person_state|{key.subject}")
        permissions = tuple(Permission.from_json(value) for value in cast("Sequence[JsonObject]", values))
    except (SealError, NonsenseError, ValueError, KeyError, TypeError) as error:
        raise BrokenRowError("consent store", "a person's state does not open") from error
    return Standing(cast("int", revision), permissions)


def _open_event(revision: int, at_ms: int, sealed: bytes, key: SubjectKey) -> Event:
    value = cast("dict[str, Json]", open_json(key.key, sealed, _event_context(key.subject, revision)))
    return Event(
        revision=revision,
        at=from_ms(at_ms),
        what=cast("str", value["what"]),
        permission=Permission.from_json(cast("JsonObject", value["permission"])),
        by=Given.from_json(cast("JsonObject", value["by"])),
    )


def _event_context(person: str, revision: int) -> str:
    return f"permission_event|{person}|{revision}"
