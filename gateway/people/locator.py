"""The locator: which person a blind index means, and which sources hold a record of them.

Sources register their own pointers and take them back; a trace is never broadcast, since asking every agency would tell
them who is being sought. Pointers, identifiers and label of a person are one row, sealed under the person's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update

from core.errors import OnceToldError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import open_json, seal_json
from core.storage import Database, Prepared
from core.times import from_ms, to_ms
from core.vocabulary import Json, Label
from gateway.people import trace
from gateway.people.handles import Handles

_PERSON = table("person", column("id"), column("sealed"))
_INDEX = table("blind_index", column("mac"), column("person"))
# Two rows are enough to know that an index is ambiguous.
_FIND = Prepared(
    select(_PERSON.c.id, _PERSON.c.sealed)
    .select_from(_INDEX.join(_PERSON, _PERSON.c.id == _INDEX.c.person))
    .where(_INDEX.c.mac == bindparam("mac"))
    .limit(2)
)
_LOCK = Prepared(select(_PERSON.c.sealed).where(_PERSON.c.id == bindparam("id")).with_for_update())

LABEL_STANDS_FOR = timedelta(days=30)


class AmbiguousError(OnceToldError):
    """A source registered a record under identifiers that already mean different people."""

    def __init__(self) -> None:
        super().__init__(
            "these identifiers already belong to different records; ask the sources to correct them"
        )


@dataclass(frozen=True, slots=True)
class Person:
    """A known person: pointers (source -> the source's own record id) and the last label with its time."""

    id: str
    pointers: Mapping[str, str]
    label: Label
    label_at: datetime | None
    key: SubjectKey

    def label_at_time(self, now: datetime) -> Label:
        """The label to decide by: one that nobody confirmed for 30 days counts as unknown, which hides locations."""
        if self.label_at is None or now - self.label_at > LABEL_STANDS_FOR:
            return self.label if self.label.hides_location else Label.UNKNOWN
        return self.label


@dataclass(frozen=True, slots=True)
class Registration:
    """What a source says of one record it holds. `label` is None where the source knows nothing of labels."""

    source: str
    reference: str
    nhs_number: str | None = None
    demographics: trace.Demographics | None = None
    label: Label | None = None


class Locator:
    """People, found by blind index."""

    def __init__(self, database: Database, keys: KeyStore, handles: Handles) -> None:
        self._database = database
        self._keys = keys
        self._handles = handles

    def find(self, mac: bytes) -> Person | None:
        """The one person under an index; None for nobody, for several, and for an erased one.

        Raises `ClosedError` when the database or the key store does not answer.
        """
        rows = self._database.hot(_FIND, mac=mac)
        if len(rows) != 1:
            return None
        person_id, sealed = rows[0]
        try:
            return _open(person_id, bytes(sealed), self._keys.get(person_id))
        except MissingKeyError:
            return None

    def by_nhs_number(self, value: str) -> Person | None:
        """The person with this NHS number. Raises `trace.TraceError` for an invalid one."""
        return self.find(self._handles.blind_index(trace.by_nhs_number(value)))

    def by_id(self, person_id: str) -> Person | None:
        """The person with this internal id (a signed-in resident)."""
        with self._database.read() as tx:
            sealed = tx.execute(
                select(_PERSON.c.sealed).where(_PERSON.c.id == person_id)
            ).scalar_one_or_none()
        if sealed is None:
            return None
        try:
            return _open(person_id, bytes(sealed), self._keys.get(person_id))
        except MissingKeyError:
            return None

    def prepare(self, registration: Registration) -> Person:
        """The person a registration means, or a new one (with a key made now, outside any transaction)."""
        for mac in self._identifying(registration):
            known = self.find(mac)
            if known is not None:
                return known
        person_id = "p_" + secrets.token_urlsafe(18)
        return Person(person_id, {}, Label.UNKNOWN, None, self._keys.get_or_create(person_id))

    def register(self, tx: Connection, person: Person, registration: Registration, at: datetime) -> bool:
        """Set the source's pointer, indexes and label; True when the person is new. Raises `AmbiguousError`."""
        macs = self._identifying(registration)
        known = _rows_under(tx, macs)
        if known - {person.id}:
            raise AmbiguousError
        locked = _LOCK.rows(tx, id=person.id)
        current = _open(person.id, bytes(locked[0][0]), person.key) if locked else person
        pointers = dict(current.pointers)
        if registration.reference:
            pointers[registration.source] = registration.reference
        changed = replace(current, pointers=pointers)
        if registration.label is not None:
            changed = replace(changed, label=registration.label, label_at=at)
        self._write(tx, changed, is_new=not locked)
        if registration.demographics is not None:
            macs = (*macs, self._handles.blind_index(trace.by_demographics(registration.demographics)))
        _index(tx, person.id, macs)
        return not locked

    def revoke(self, tx: Connection, source: str, reference: str) -> bool:
        """Take the source's pointer back; False if it never stood (the caller is not told)."""
        mac = self._handles.blind_index(trace.by_record(source, reference))
        people = _rows_under(tx, (mac,))
        for person_id in people:
            locked = _LOCK.rows(tx, id=person_id)
            try:
                current = _open(person_id, bytes(locked[0][0]), self._keys.get(person_id))
            except MissingKeyError:
                continue
            pointers = {name: value for name, value in current.pointers.items() if name != source}
            self._write(tx, replace(current, pointers=pointers), is_new=False)
        tx.execute(delete(_INDEX).where(_INDEX.c.mac == mac))
        return bool(people)

    def observe_label(self, tx: Connection, person: Person, label: Label, at: datetime) -> None:
        """Keep the label that a source just sent."""
        locked = _LOCK.rows(tx, id=person.id)
        if locked:
            current = _open(person.id, bytes(locked[0][0]), person.key)
            self._write(tx, replace(current, label=label, label_at=at), is_new=False)

    def _identifying(self, registration: Registration) -> tuple[bytes, ...]:
        """Indexes that mean one person for certain: the NHS number, and the source's own record id."""
        keys = []
        if registration.nhs_number is not None:
            keys.append(trace.by_nhs_number(registration.nhs_number))
        if registration.reference:
            keys.append(trace.by_record(registration.source, registration.reference))
        return tuple(self._handles.blind_index(key) for key in keys)

    def _write(self, tx: Connection, person: Person, *, is_new: bool) -> None:
        value: dict[str, Json] = {
            "pointers": dict(person.pointers),
            "label": person.label.value,
            "label_at": None if person.label_at is None else to_ms(person.label_at),
        }
        sealed = seal_json(person.key.key, value, f"person|{person.id}")
        if is_new:
            tx.execute(insert(_PERSON).values(id=person.id, sealed=sealed))
        else:
            tx.execute(update(_PERSON).where(_PERSON.c.id == person.id).values(sealed=sealed))


def _open(person_id: str, sealed: bytes, key: SubjectKey) -> Person:
    value = cast("Mapping[str, Json]", open_json(key.key, sealed, f"person|{person_id}"))
    at = cast("int | None", value["label_at"])
    return Person(
        id=person_id,
        pointers=cast("Mapping[str, str]", value["pointers"]),
        label=Label(cast("str", value["label"])),
        label_at=None if at is None else from_ms(at),
        key=key,
    )


def _rows_under(tx: Connection, macs: tuple[bytes, ...]) -> set[str]:
    return set(tx.execute(select(_INDEX.c.person).where(_INDEX.c.mac.in_(macs))).scalars())


def _index(tx: Connection, person_id: str, macs: tuple[bytes, ...]) -> None:
    stored = tx.execute(select(_INDEX.c.mac).where(_INDEX.c.person == person_id)).scalars()
    known = {bytes(mac) for mac in stored}
    new = [{"mac": mac, "person": person_id} for mac in dict.fromkeys(macs) if mac not in known]
    if new:
        tx.execute(insert(_INDEX), new)
