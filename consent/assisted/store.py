"""Where spoken decisions and the codes of papers rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, column, delete, insert, select, table

from consent.assisted.values import Spoken
from core.errors import BrokenRowError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database
from core.times import to_ms
from core.vocabulary import JsonObject

_SPOKEN: Final = table("spoken_decision", *(column(name) for name in ("id", "person", "sealed", "ends_ms")))
_CODE: Final = table("stop_code", *(column(name) for name in ("mac", "person", "sealed", "ends_ms")))


@dataclass(frozen=True, slots=True)
class Stops:
    """What a code stops."""

    key: SubjectKey
    permission: str


def keep(tx: Connection, key: SubjectKey, spoken: Spoken) -> None:
    """Keep the evidence of a decision."""
    tx.execute(
        insert(_SPOKEN).values(
            id=spoken.id,
            person=key.subject,
            sealed=seal_json(key.key, spoken.to_json(), _context(spoken.id, key.subject)),
            ends_ms=to_ms(spoken.rests_until),
        )
    )


def kept(tx: Connection, key: SubjectKey) -> tuple[Spoken, ...]:
    """Every decision of a person that was written down. Raises `BrokenRowError`."""
    rows = tx.execute(select(_SPOKEN.c.id, _SPOKEN.c.sealed).where(_SPOKEN.c.person == key.subject)).all()
    return tuple(
        Spoken.from_json(row[0], cast("JsonObject", _open(key, row[1], _context(row[0], key.subject))))
        for row in rows
    )


def keep_code(tx: Connection, key: SubjectKey, mac: bytes, permission: str, ends: datetime) -> None:
    """Let a code stop a permission, until its end."""
    sealed = seal_json(key.key, permission, _code_context(mac, key.subject))
    tx.execute(insert(_CODE).values(mac=mac, person=key.subject, sealed=sealed, ends_ms=to_ms(ends)))


def find_code(database: Database, keys: KeyStore, mac: bytes) -> Stops | None:
    """What a code stops; None for one that we never gave, that was used, or whose person was erased."""
    with database.read() as tx:
        row = tx.execute(select(_CODE.c.person, _CODE.c.sealed).where(_CODE.c.mac == mac)).one_or_none()
    try:
        key = keys.get("" if row is None else row[0])
        if row is None:
            return None
        permission = cast("str", _open(key, row[1], _code_context(mac, key.subject)))
    except (MissingKeyError, BrokenRowError):
        return None
    return Stops(key, permission)


def forget_code(database: Database, mac: bytes) -> None:
    """A code that was used stops nothing any more."""
    with database.write() as tx:
        tx.execute(delete(_CODE).where(_CODE.c.mac == mac))


def purge(database: Database, now: datetime) -> int:
    """Delete evidence and codes whose time is over; gives how many."""
    with database.write() as tx:
        return sum(
            tx.execute(delete(one).where(one.c.ends_ms <= to_ms(now))).rowcount for one in (_SPOKEN, _CODE)
        )


def _open(key: SubjectKey, sealed: object, context: str) -> object:
    try:
        return open_json(key.key, bytes(cast("bytes", sealed)), context)
    except SealError as error:
        raise BrokenRowError("spoken decisions", "a row does not open") from error


def _context(spoken_id: str, person: str) -> str:
    return f"spoken_decision|{spoken_id}|{person}"


def _code_context(mac: bytes, person: str) -> str:
    return f"stop_code|{mac.hex()}|{person}"
