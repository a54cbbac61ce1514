"""The locator: which person a blind index means, and which sources hold a record of them.

Sources register their own pointers and take them back; a trace is never broadcast, since asking every agency would tell
them who is being sought. Pointers, identifiers and label of a person are one row, sealed under the person's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update

from core.errors import BrokenRowError, OnceToldError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database, Prepared
from core.times import from_ms, to_ms
from core.vocabulary import Json, Label, strictest
from gateway.people import trace
from gateway.people.handles import Handles
from gateway.people.tags import names_of

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
_HOLD = Prepared(select(_PERSON.c.sealed).where(_PERSON.c.id == bindparam("id")).with_for_update(read=True))

LABEL_STANDS_FOR = timedelta(days=30)
STAFF_STANDS_FOR = timedelta(days=100)
"""Who works where is told every quarter; whoever has left is in no list, and runs out."""


Labels = Mapping[str, tuple[Label, datetime]]
"""Source -> the label that it last gave the person, and when."""
_Names = Mapping[str, list[str]]


class AmbiguousError(OnceToldError):
    """Somebody else registered these identifiers in the same moment: prepare again."""

    def __init__(self) -> None:
        super().__init__(
            "these identifiers were being registered by another in the same moment: send it again"
        )


@dataclass(frozen=True, slots=True)
class Person:
    """A known person: pointers (source -> the source's own record id) and the last label with its time.

    labels: what `label` and `label_at` follow from. nhs: the index of the person's NHS number (hexadecimal), of which nobody
    has two. sealed: the row as it was read, for `Locator.stands`. names: source -> keyed tags of the name it registered;
    staff: organisation that says the person works there -> tag of their account -> until when that counts (milliseconds).
    """

    id: str
    pointers: Mapping[str, str]
    label: Label
    label_at: datetime | None
    key: SubjectKey
    labels: Labels = field(default_factory=dict, compare=False)
    nhs: str | None = field(default=None, compare=False)
    sealed: bytes = field(default=b"", compare=False, repr=False)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    staff: Mapping[str, Mapping[str, int]] = field(default_factory=dict, compare=False, repr=False)

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
        with self._database.read() as tx:
            known = self._meant(tx, registration)
        if known is not None:
            return known
        person_id = "p_" + secrets.token_urlsafe(18)
        return Person(person_id, {}, Label.UNKNOWN, None, self._keys.get_or_create(person_id))

    def register(self, tx: Connection, person: Person, registration: Registration, at: datetime) -> bool:
        """Set the source's pointer, indexes and label; True when the person is new. Raises `AmbiguousError`.

        A source's last word about its own record counts: one that it now says belongs to somebody else leaves whom it stood
        with. Whether that was another person's NHS number is never told: it would tell who else knows them.
        """
        meant = self._meant(tx, registration)
        if (meant.id if meant else None) != (person.id if person.sealed else None):
            raise AmbiguousError
        macs = self._identifying(registration)
        if registration.demographics is not None:
            macs = (*macs, self._handles.blind_index(trace.by_demographics(registration.demographics)))
        self._forget_erased(tx, macs)
        self._take_from_others(tx, person, registration, macs)
        current = meant or person
        pointers = dict(current.pointers)
        if registration.reference:
            pointers[registration.source] = registration.reference
        changed = replace(current, pointers=pointers)
        if registration.nhs_number is not None:
            changed = replace(changed, nhs=self._nhs(registration).hex())
        if registration.label is not None:
            changed = _labelled(changed, registration.source, registration.label, at)
        if registration.demographics is not None:
            said = registration.demographics
            tags = self._handles.tags.registered(names_of(said.family_name, said.given_name))
            changed = replace(changed, names={**changed.names, registration.source: tags})
        self._write(tx, changed, is_new=meant is None)
        _index(tx, person.id, macs)
        return meant is None

    def revoke(self, tx: Connection, source: str, reference: str) -> bool:
        """Take the source's pointer back; False if it never stood (the caller is not told)."""
        mac = self._handles.blind_index(trace.by_record(source, reference))
        people = _rows_under(tx, (mac,))
        for person_id in people:
            self._drop_pointer(tx, person_id, source, reference)
        tx.execute(delete(_INDEX).where(_INDEX.c.mac == mac))
        return bool(people)

    def point(self, tx: Connection, key: SubjectKey, source: str, reference: str | None) -> None:
        """Set a source's pointer of somebody known already, or take it back (None): for what they themselves keep here.

        Nobody finds them by it. Raises `MissingKeyError` where the person has no row any more.
        """
        current = self._locked(tx, key.subject, key)
        if current is None:
            raise MissingKeyError
        pointers = {name: value for name, value in current.pointers.items() if name != source}
        if reference is not None:
            pointers[source] = reference
        self._write(tx, replace(current, pointers=pointers), is_new=False)

    def works_there(
        self, tx: Connection, person: Person, organisation: str, account: str, at: datetime
    ) -> None:
        """Keep for a while that the person works for an organisation: the tag of their account there.

        What has run out goes, of every organisation.
        """
        current = self._locked(tx, person.id, person.key)
        if current is None:
            return
        staff = {
            where: {tag: until for tag, until in accounts.items() if until > to_ms(at)}
            for where, accounts in current.staff.items()
        }
        staff[organisation] = {**staff.get(organisation, {}), account: to_ms(at + STAFF_STANDS_FOR)}
        kept = {where: accounts for where, accounts in staff.items() if accounts}
        self._write(tx, replace(current, staff=kept), is_new=False)

    def assert_there(self, tx: Connection, key: SubjectKey) -> None:
        """Raise `MissingKeyError` unless the person has a row, which is held until the transaction ends."""
        if not _LOCK.rows(tx, id=key.subject):
            raise MissingKeyError

    def observe_label(
        self, tx: Connection, person: Person, label: Label, at: datetime, source: str = ""
    ) -> None:
        """Keep the label that a source just sent. It may only get stricter; it falls by the source's own registration."""
        current = self._locked(tx, person.id, person.key)
        if current is None:
            return
        known = current.labels.get(source, (Label.UNKNOWN, at))[0]
        kept = label if known is Label.UNKNOWN else strictest([known, label])
        self._write(tx, _labelled(current, source, kept, at), is_new=False)

    def stands(self, tx: Connection, person: Person, label: Label) -> bool:
        """Whether what was decided about the person may still leave: their pointers stand, and no stricter label came than
        the one it was made ready for. Holds the row until the transaction ends.
        """
        rows = _HOLD.rows(tx, id=person.id)
        if not rows:
            return False
        sealed = bytes(rows[0][0])
        if sealed == person.sealed:
            return True
        try:
            current = _open(person.id, sealed, person.key)
        except BrokenRowError:
            return False
        return current.pointers.items() >= person.pointers.items() and current.label.strictness <= max(
            person.label.strictness, label.strictness
        )

    def _meant(self, tx: Connection, registration: Registration) -> Person | None:
        """Whom a registration means: the one with the NHS number, or else whose record it was, unless that one has another
        NHS number: nobody has two, so the source has corrected its record, and it is about somebody we do not know yet.
        """
        record, nhs = self._record(registration), self._nhs(registration)
        if nhs:
            found = self._living(tx, nhs)
            if found:
                return found[0]
        if not record:
            return None
        holders = self._living(tx, record)
        holder = holders[0] if holders else None
        if holder is not None and nhs and holder.nhs is not None:
            return None
        return holder

    def _living(self, tx: Connection, mac: bytes) -> list[Person]:
        """The people under an index whose key was not erased, by id."""
        found = (self._locked(tx, person_id) for person_id in sorted(_rows_under(tx, (mac,))))
        return [person for person in found if person is not None]

    def _locked(self, tx: Connection, person_id: str, key: SubjectKey | None = None) -> Person | None:
        rows = _LOCK.rows(tx, id=person_id)
        if not rows:
            return None
        try:
            return _open(person_id, bytes(rows[0][0]), key or self._keys.get(person_id))
        except MissingKeyError:
            return None

    def _forget_erased(self, tx: Connection, macs: tuple[bytes, ...]) -> None:
        """Whoever was erased is nobody: their indexes must not make somebody else ambiguous."""
        for person_id in _rows_under(tx, macs):
            try:
                self._keys.get(person_id)
            except MissingKeyError:
                tx.execute(delete(_INDEX).where(_INDEX.c.person == person_id))

    def _take_from_others(
        self, tx: Connection, person: Person, registration: Registration, macs: tuple[bytes, ...]
    ) -> None:
        record = self._record(registration)
        for other in _rows_under(tx, (record,)) - {person.id} if record else ():
            self._drop_pointer(tx, other, registration.source, registration.reference)
            gone = tuple(mac for mac in macs if mac != self._nhs(registration))
            tx.execute(delete(_INDEX).where(_INDEX.c.person == other, _INDEX.c.mac.in_(gone)))

    def _drop_pointer(self, tx: Connection, person_id: str, source: str, reference: str) -> None:
        current = self._locked(tx, person_id)
        if current is not None and current.pointers.get(source) == reference:
            pointers = {name: value for name, value in current.pointers.items() if name != source}
            names = {name: tags for name, tags in current.names.items() if name != source}
            self._write(tx, replace(current, pointers=pointers, names=names), is_new=False)

    def _nhs(self, registration: Registration) -> bytes:
        """The index of the NHS number; empty for none."""
        number = registration.nhs_number
        return b"" if number is None else self._handles.blind_index(trace.by_nhs_number(number))

    def _record(self, registration: Registration) -> bytes:
        """The index of the source's own record id; empty for none."""
        if not registration.reference:
            return b""
        return self._handles.blind_index(trace.by_record(registration.source, registration.reference))

    def _identifying(self, registration: Registration) -> tuple[bytes, ...]:
        """Indexes that mean one person for certain: the NHS number, and the source's own record id."""
        return tuple(mac for mac in (self._nhs(registration), self._record(registration)) if mac)

    def _write(self, tx: Connection, person: Person, *, is_new: bool) -> None:
        value: dict[str, Json] = {
            "pointers": dict(person.pointers),
            "labels": {source: [label.value, to_ms(at)] for source, (label, at) in person.labels.items()},
            "nhs": person.nhs,
            "names": {source: list(tags) for source, tags in person.names.items()},
            "staff": {where: dict(accounts) for where, accounts in person.staff.items()},
        }
        sealed = seal_json(person.key.key, value, f"person|{person.id}")
        if is_new:
            tx.execute(insert(_PERSON).values(id=person.id, sealed=sealed))
        else:
            tx.execute(update(_PERSON).where(_PERSON.c.id == person.id).values(sealed=sealed))


def _open(person_id: str, sealed: bytes, key: SubjectKey) -> Person:
    """The row as a person; `BrokenRowError` for one that is not what was sealed."""
    try:
        value = cast("Mapping[str, Json]", open_json(key.key, sealed, f"person|{person_id}"))
        said = cast("Mapping[str, tuple[str, int]]", value["labels"])
        labels = {source: (Label(label), from_ms(at)) for source, (label, at) in said.items()}
        pointers, nhs = cast("Mapping[str, str]", value["pointers"]), cast("str | None", value["nhs"])
        # Rows of before alerts have neither.
        names = {one: tuple(tags) for one, tags in cast("_Names", value.get("names", {})).items()}
        staff = cast("Mapping[str, Mapping[str, int]]", value.get("staff", {}))
    except (SealError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenRowError("people", type(error).__name__) from None
    known = Person(
        person_id, pointers, Label.UNKNOWN, None, key, nhs=nhs, sealed=sealed, names=names, staff=staff
    )
    return _with_labels(known, labels)


def _labelled(person: Person, source: str, label: Label, at: datetime) -> Person:
    return _with_labels(person, {**person.labels, source: (label, at)})


def _with_labels(person: Person, labels: Labels) -> Person:
    """The strictest label holds, from the last time that a source gave it: no source lifts another's restriction."""
    label = strictest([label for label, _ in labels.values()])
    times = [at for one, at in labels.values() if one is label]
    return replace(person, labels=labels, label=label, label_at=max(times, default=None))


def _rows_under(tx: Connection, macs: tuple[bytes, ...]) -> set[str]:
    return set(tx.execute(select(_INDEX.c.person).where(_INDEX.c.mac.in_(macs))).scalars())


def _index(tx: Connection, person_id: str, macs: tuple[bytes, ...]) -> None:
    stored = tx.execute(select(_INDEX.c.mac).where(_INDEX.c.person == person_id)).scalars()
    known = {bytes(mac) for mac in stored}
    new = [{"mac": mac, "person": person_id} for mac in dict.fromkeys(macs) if mac not in known]
    if new:
        tx.execute(insert(_INDEX), new)
