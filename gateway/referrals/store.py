"""Where referrals rest. The header is sealed under the sending organisation's key, all of the person under their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, cast

from sqlalchemy import (
    Connection,
    Select,
    case,
    column,
    delete,
    exists,
    insert,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.exc import SQLAlchemyError

from core.errors import BrokenRowError, ClosedError
from core.keys import KeyStore, SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database
from core.times import to_ms
from core.vocabulary import JsonObject
from gateway.referrals.records import Behind, Columns, Held, Referral
from gateway.referrals.states import Status
from gateway.referrals.values import NotContentError

Box = Literal["in", "out", "with"]
CHUNK: Final = 500

_REFERRAL = table(
    "referral",
    *(
        column(name)
        for name in (
            "id",
            "sender",
            "receiver",
            "status",
            "sealed",
            "sent_ms",
            "changed_ms",
            "held_until_ms",
            "gone_ms",
            "entry",
        )
    ),
)
_PERSON = table("referral_person", *(column(name) for name in ("referral", "person", "sealed", "content")))
_TEAM = table("referral_team", *(column(name) for name in ("referral", "organisation", "sent_ms")))
_HAS_PERSON = exists().where(_PERSON.c.referral == _REFERRAL.c.id)
_OPEN = tuple(one.value for one in Status if not one.has_ended)
_SELECTED: Select[Any] = select(
    *(
        _REFERRAL.c[name]
        for name in (
            "id",
            "sender",
            "receiver",
            "status",
            "sent_ms",
            "changed_ms",
            "held_until_ms",
            "entry",
        )
    ),
    _HAS_PERSON.label("has_person"),
    _REFERRAL.c.sealed,
)


@dataclass(frozen=True, slots=True)
class Beside:
    """What rests about the person of a referral, unopened. person: whose key opens it."""

    referral: str
    person: str
    sealed: bytes
    content: bytes | None

    def behind(self, key: SubjectKey) -> Behind:
        """Opened. Raises `BrokenRowError`."""
        try:
            return Behind.from_json(_open(key, self.sealed, _person_context(self.referral, self.person)))
        except (SealError, ValueError, KeyError, TypeError) as error:
            raise BrokenRowError("referrals", type(error).__name__) from None

    def held(self, key: SubjectKey) -> Held | None:
        """What it says; None once that is erased. Raises `BrokenRowError`."""
        if self.content is None:
            return None
        try:
            return Held.from_json(_open(key, self.content, _content_context(self.referral, self.person)))
        except (SealError, ValueError, KeyError, TypeError, NotContentError) as error:
            raise BrokenRowError("referrals", type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class Referrals:
    """Referrals by organisation, by person and by id. Reading a header opens it with the sending organisation's key."""

    database: Database
    keys: KeyStore

    def add(self, tx: Connection, key: SubjectKey, referral: Referral, behind: Behind, held: Held) -> None:
        """Keep a new referral about whoever the key is of."""
        tx.execute(
            insert(_REFERRAL).values(
                id=referral.id,
                sender=referral.sender,
                receiver=referral.receiver,
                status=referral.status.value,
                sealed=self._seal(referral),
                sent_ms=to_ms(referral.sent_at),
                changed_ms=to_ms(referral.changed_at),
                held_until_ms=to_ms(referral.held_until),
                gone_ms=to_ms(referral.gone_at),
                entry=None,
            )
        )
        for organisation in sorted(referral.with_):
            found_by = {"referral": referral.id, "organisation": organisation}
            tx.execute(insert(_TEAM).values(sent_ms=to_ms(referral.sent_at), **found_by))
        tx.execute(
            insert(_PERSON).values(
                referral=referral.id,
                person=key.subject,
                sealed=seal_json(key.key, behind.to_json(), _person_context(referral.id, key.subject)),
                content=seal_json(key.key, held.to_json(), _content_context(referral.id, key.subject)),
            )
        )

    def entered(self, tx: Connection, referral_id: str, entry: int) -> None:
        """Keep where in the log its first entry stands."""
        tx.execute(update(_REFERRAL).where(_REFERRAL.c.id == referral_id).values(entry=entry))

    def change(self, tx: Connection, referral: Referral) -> None:
        """Keep a step; what it said is erased with the first one."""
        tx.execute(
            update(_REFERRAL)
            .where(_REFERRAL.c.id == referral.id)
            .values(
                status=referral.status.value,
                sealed=self._seal(referral),
                changed_ms=to_ms(referral.changed_at),
                gone_ms=to_ms(referral.gone_at),
            )
        )
        tx.execute(update(_PERSON).where(_PERSON.c.referral == referral.id).values(content=None))

    def find(self, referral_id: str) -> Referral | None:
        """A referral by its id. Raises `BrokenRowError`."""
        with reading(self.database) as tx:
            return self._one(tx, _SELECTED.where(_REFERRAL.c.id == referral_id))

    def locked(self, tx: Connection, referral_id: str) -> Referral | None:
        """The same, held until the transaction ends."""
        return self._one(tx, _SELECTED.where(_REFERRAL.c.id == referral_id).with_for_update(of=_REFERRAL))

    def beside(self, tx: Connection, referral_id: str) -> Beside | None:
        """What rests about its person; None once they are erased."""
        found = self._besides(tx, _PERSON.c.referral == referral_id)
        return found[0] if found else None

    def of_person(self, person: str) -> tuple[tuple[Referral, Beside], ...]:
        """All referrals of one person, newest first."""
        with reading(self.database) as tx:
            besides = {one.referral: one for one in self._besides(tx, _PERSON.c.person == person)}
            chosen = _SELECTED.where(_REFERRAL.c.id.in_(besides))
            rows = tx.execute(chosen.order_by(_REFERRAL.c.sent_ms.desc(), _REFERRAL.c.id.desc())).all()
        return tuple((self._opened(row), besides[row[0]]) for row in rows)

    def page(
        self,
        organisation: str,
        box: Box,
        status: Status | None,
        after: tuple[int, str] | None,
        now: datetime,
        limit: int,
    ) -> tuple[Referral, ...]:
        """An organisation's referrals, newest first, as they count now. after: (sent_ms, id) of the last one before."""
        chosen = _in_box(organisation, box)
        if status is not None:
            chosen = chosen.where(_counting(to_ms(now)) == status.value)
        place = _TEAM.c if box == "with" else _REFERRAL.c
        name = _TEAM.c.referral if box == "with" else _REFERRAL.c.id
        if after is not None:
            chosen = chosen.where(tuple_(place.sent_ms, name) < tuple_(*after))
        ordered = chosen.order_by(place.sent_ms.desc(), name.desc()).limit(limit)
        with reading(self.database) as tx:
            rows = tx.execute(ordered).all()
        return tuple(self._opened(row) for row in rows)

    def due(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Ids of those that nobody collected in time, and whose content rests still."""
        chosen = (
            select(_REFERRAL.c.id)
            .where(
                _REFERRAL.c.status == Status.SENT.value,
                _REFERRAL.c.held_until_ms <= to_ms(now),
                _HAS_PERSON,
            )
            .order_by(_REFERRAL.c.held_until_ms)
            .limit(limit)
        )
        with reading(self.database) as tx:
            return tuple(tx.execute(chosen).scalars())

    def purge(self, now: datetime) -> int:
        """Delete what nothing needs any more; gives how many. Safe to repeat, and beside a gateway that serves."""
        gone = 0
        due = select(_REFERRAL.c.id).where(_REFERRAL.c.gone_ms <= to_ms(now)).limit(CHUNK)
        while True:
            with self.database.write() as tx:
                ids = list(tx.execute(due).scalars())
                tx.execute(delete(_PERSON).where(_PERSON.c.referral.in_(ids)))
                tx.execute(delete(_TEAM).where(_TEAM.c.referral.in_(ids)))
                tx.execute(delete(_REFERRAL).where(_REFERRAL.c.id.in_(ids)))
            gone += len(ids)
            if len(ids) < CHUNK:
                return gone

    def _one(self, tx: Connection, statement: Select[Any]) -> Referral | None:
        row = tx.execute(statement).one_or_none()
        return None if row is None else self._opened(row)

    def _besides(self, tx: Connection, condition: Any) -> list[Beside]:
        wanted = select(_PERSON.c.referral, _PERSON.c.person, _PERSON.c.sealed, _PERSON.c.content)
        return [
            Beside(row[0], row[1], bytes(row[2]), None if row[3] is None else bytes(row[3]))
            for row in tx.execute(wanted.where(condition)).all()
        ]

    def _seal(self, referral: Referral) -> bytes:
        key = self._organisation(referral.sender)
        return seal_json(key.key, referral.sealed_part(), _header_context(referral.id))

    def _organisation(self, organisation: str) -> SubjectKey:
        return self.keys.get_or_create(f"org:{organisation}")

    def _opened(self, row: Sequence[Any]) -> Referral:
        *columns, sealed = row
        found = Columns(*columns)
        try:
            return found.referral(
                _open(self._organisation(found.sender), bytes(sealed), _header_context(found.id))
            )
        except (SealError, ValueError, KeyError, TypeError) as error:
            raise BrokenRowError("referrals", type(error).__name__) from None


@contextmanager
def reading(database: Database) -> Iterator[Connection]:
    """A reading transaction. Raises `ClosedError` where the database does not answer."""
    try:
        with database.read() as tx:
            yield tx
    except SQLAlchemyError as error:
        raise ClosedError("database", type(error).__name__) from error


def _in_box(organisation: str, box: Box) -> Select[Any]:
    if box == "with":
        found = _SELECTED.join(_TEAM, _TEAM.c.referral == _REFERRAL.c.id)
        return found.where(_TEAM.c.organisation == organisation)
    mine = _REFERRAL.c.receiver if box == "in" else _REFERRAL.c.sender
    return _SELECTED.where(mine == organisation)


def _counting(now_ms: int) -> Any:
    """SQL: the state as it counts now (`Referral.at`)."""
    return case(
        (_REFERRAL.c.status.in_(_OPEN) & ~_HAS_PERSON, Status.WITHDRAWN.value),
        (
            (_REFERRAL.c.status == Status.SENT.value) & (_REFERRAL.c.held_until_ms <= now_ms),
            Status.EXPIRED.value,
        ),
        else_=_REFERRAL.c.status,
    )


def _open(key: SubjectKey, sealed: bytes, context: str) -> JsonObject:
    return cast("JsonObject", open_json(key.key, sealed, context))


def _header_context(referral: str) -> str:
    return f"referral|{referral}"


def _person_context(referral: str, person: str) -> str:
    return f"referral_person|{referral}|{person}"


def _content_context(referral: str, person: str) -> str:
    return f"referral_content|{referral}|{person}"
