"""Where authorities rest: read and written inside the caller's unit of work, or on their own for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from sqlalchemy import Connection, column, delete, insert, select, table, update
from sqlalchemy.sql.elements import ColumnElement

from consent.representing.rules import ends, stands
from consent.representing.values import Authority, NoAuthorityError, Recorded
from core.errors import BrokenRowError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database
from core.times import to_ms
from core.vocabulary import JsonObject

_ROW: Final = table(
    "representation",
    *(column(name) for name in ("id", "person", "representative", "sealed", "ends_ms")),
)
_ALONE: Final = table("decides_alone", column("person"), column("sealed"))
_WORD: Final = table("acting_word", column("person"), column("representation"), column("sealed"))


@dataclass(frozen=True, slots=True)
class Held:
    """An authority that rests about a person. alone: that the person, a child, was found to decide alone."""

    person: str
    authority: Authority
    alone: bool

    def stands(self, now: datetime) -> bool:
        """Whether it counts at a moment."""
        return stands(self.authority, now, decides_alone=self.alone)


class Representations:
    """Authorities by the person they are about, and by whoever may act."""

    def __init__(self, database: Database, keys: KeyStore) -> None:
        self._database = database
        self._keys = keys

    def of_person(self, key: SubjectKey) -> tuple[Held, ...]:
        """Everybody who was recorded as acting for a person, over or not, newest first."""
        with self._database.read() as tx:
            return self._held(tx, _ROW.c.person == key.subject)

    def of_representative(self, index: bytes) -> tuple[Held, ...]:
        """Everybody for whom somebody was recorded as acting, over or not, newest first."""
        with self._database.read() as tx:
            return self._held(tx, _ROW.c.representative == index)

    def find(self, authority_id: str, index: bytes) -> Held:
        """One authority of a representative. Raises `NoAuthorityError`."""
        with self._database.read() as tx:
            found = self._held(tx, (_ROW.c.id == authority_id) & (_ROW.c.representative == index))
        if not found:
            raise NoAuthorityError
        return found[0]

    def stands_in(self, tx: Connection, held: Held, now: datetime) -> bool:
        """Whether an authority still stands, asked again inside a unit of work."""
        return any(one.stands(now) for one in self._held(tx, _ROW.c.id == held.authority.id))

    def add(self, tx: Connection, key: SubjectKey, index: bytes, authority: Authority) -> None:
        """Record an authority, in place of what the same representative was recorded for in the same capacity."""
        for one in self._held(tx, (_ROW.c.person == key.subject) & (_ROW.c.representative == index)):
            if one.authority.capacity is authority.capacity:
                tx.execute(delete(_ROW).where(_ROW.c.id == one.authority.id))
        end = ends(authority)
        tx.execute(
            insert(_ROW).values(
                id=authority.id,
                person=key.subject,
                representative=index,
                sealed=seal_json(key.key, authority.to_json(), _context(authority.id, key.subject, index)),
                ends_ms=None if end is None else to_ms(end),
            )
        )

    def end(self, tx: Connection, key: SubjectKey, authority_id: str) -> Authority:
        """End one authority over a person, and give it back. Raises `NoAuthorityError`."""
        ended = self._remove(tx, (_ROW.c.person == key.subject) & (_ROW.c.id == authority_id))
        if not ended:
            raise NoAuthorityError
        return ended[0]

    def end_of(self, tx: Connection, key: SubjectKey, index: bytes) -> tuple[Authority, ...]:
        """End every authority of one representative over a person."""
        return self._remove(tx, (_ROW.c.person == key.subject) & (_ROW.c.representative == index))

    def set_alone(self, tx: Connection, key: SubjectKey, recorded: Recorded) -> None:
        """Record that a child decides alone: no parent acts for them any more."""
        sealed = seal_json(key.key, recorded.to_json(), f"decides_alone|{key.subject}")
        changed = tx.execute(update(_ALONE).where(_ALONE.c.person == key.subject).values(sealed=sealed))
        if not changed.rowcount:
            tx.execute(insert(_ALONE).values(person=key.subject, sealed=sealed))

    def words(self, key: SubjectKey) -> dict[str, str]:
        """Authority id -> by which word its representative calls whom they act for."""
        with self._database.read() as tx:
            rows = tx.execute(
                select(_WORD.c.representation, _WORD.c.sealed).where(_WORD.c.person == key.subject)
            ).all()
        return {row[0]: cast("str", _open(key, row[1], _word_context(key.subject, row[0]))) for row in rows}

    def set_word(self, key: SubjectKey, authority_id: str, word: str) -> None:
        """Keep a representative's word for whom they act for."""
        sealed = seal_json(key.key, word, _word_context(key.subject, authority_id))
        with self._database.write() as tx:
            tx.execute(
                delete(_WORD).where(_WORD.c.person == key.subject, _WORD.c.representation == authority_id)
            )
            tx.execute(insert(_WORD).values(person=key.subject, representation=authority_id, sealed=sealed))

    def _remove(self, tx: Connection, which: ColumnElement[bool]) -> tuple[Authority, ...]:
        found = self._held(tx, which)
        tx.execute(delete(_ROW).where(which))
        return tuple(one.authority for one in found)

    def _held(self, tx: Connection, which: ColumnElement[bool]) -> tuple[Held, ...]:
        rows = tx.execute(
            select(_ROW.c.id, _ROW.c.person, _ROW.c.representative, _ROW.c.sealed).where(which)
        ).all()
        people = {row[1] for row in rows}
        alone = set(tx.execute(select(_ALONE.c.person).where(_ALONE.c.person.in_(people))).scalars())
        found = [one for row in rows if (one := self._opened(row, alone)) is not None]
        return tuple(
            sorted(found, key=lambda one: (one.authority.recorded.at, one.authority.id), reverse=True)
        )

    def _opened(self, row: Sequence[object], alone: set[str]) -> Held | None:
        authority_id, person = cast("str", row[0]), cast("str", row[1])
        try:
            key = self._keys.get(person)
        except MissingKeyError:
            # Whoever was erased is nobody, and nobody acts for them.
            return None
        value = _open(key, row[3], _context(authority_id, person, bytes(cast("bytes", row[2]))))
        return Held(person, Authority.from_json(cast("JsonObject", value)), person in alone)


def purge(database: Database, now: datetime) -> int:
    """Delete what is over by itself; gives how many."""
    with database.write() as tx:
        return tx.execute(delete(_ROW).where(_ROW.c.ends_ms <= to_ms(now))).rowcount


def _open(key: SubjectKey, sealed: object, context: str) -> object:
    try:
        return open_json(key.key, bytes(cast("bytes", sealed)), context)
    except SealError as error:
        raise BrokenRowError("representatives", "a row does not open") from error


def _context(authority_id: str, person: str, index: bytes) -> str:
    return f"representation|{authority_id}|{person}|{index.hex()}"


def _word_context(person: str, authority_id: str) -> str:
    return f"acting_word|{person}|{authority_id}"
