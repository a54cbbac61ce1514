"""Requests at rest: sealed under the person's key, so that erasing the key erases them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import Boolean, Connection, bindparam, column, delete, insert, select, table, update

from consent.requests.deciding import assert_waiting
from consent.requests.values import Answer, ConsentRequest, NoSuchRequestError
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.sealing import SealError, open_json, seal_json
from core.storage import Database, Prepared
from core.times import to_ms
from core.vocabulary import JsonObject

CHUNK = 500
"""How many rows are deleted in one transaction at most."""

_REQUEST = table(
    "consent_request",
    *(column(name) for name in ("id", "person", "gone_ms", "sealed")),
    # Typed: PostgreSQL compares a boolean with nothing else.
    column("passed_on", Boolean()),
)
_PASSED_ON = _REQUEST.c.passed_on.is_(True)
_BY_ID = Prepared(select(_REQUEST.c.person, _REQUEST.c.sealed).where(_REQUEST.c.id == bindparam("id")))
_OF_PERSON = Prepared(
    select(_REQUEST.c.id, _REQUEST.c.sealed).where(_REQUEST.c.person == bindparam("person"), _PASSED_ON)
)
_LOCK = Prepared(
    select(_REQUEST.c.id, _REQUEST.c.sealed)
    .where(_REQUEST.c.id == bindparam("id"), _REQUEST.c.person == bindparam("person"), _PASSED_ON)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A request as it rests. subject: whose key opens it."""

    id: str
    subject: str
    sealed: bytes


class Requests:
    """Requests by person, and by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, key: SubjectKey) -> tuple[ConsentRequest, ...]:
        """What was passed on to a person and still rests, newest first: a handful, by the cap. Raises `ClosedError`."""
        return _opened(self._database.hot(_OF_PERSON, person=key.subject), key)

    def of_in(self, tx: Connection, key: SubjectKey) -> tuple[ConsentRequest, ...]:
        """As `of`, inside the caller's transaction."""
        return _opened(_OF_PERSON.rows(tx, person=key.subject), key)

    def stored(self, request_id: str) -> Stored | None:
        """A request by its id, unopened. Raises `ClosedError`."""
        rows = self._database.hot(_BY_ID, id=request_id)
        return None if not rows else Stored(request_id, rows[0][0], bytes(rows[0][1]))

    def add(
        self, tx: Connection, key: SubjectKey, request: ConsentRequest, gone: datetime, *, passed_on: bool
    ) -> None:
        """Keep a request about whoever the key is of, until `gone`. passed_on: whether they are to see it."""
        tx.execute(
            insert(_REQUEST).values(
                id=request.id,
                person=key.subject,
                passed_on=passed_on,
                gone_ms=to_ms(gone),
                sealed=_seal(request, key),
            )
        )

    def answer(
        self, tx: Connection, key: SubjectKey, request_id: str, answer: Answer, needed_until: datetime
    ) -> ConsentRequest:
        """Keep the person's answer; gives the request as it then stands.

        needed_until: a yes is told for as long as its permission lasts, so the row stays at least until then.
        Raises `NoSuchRequestError`, `AnsweredError`, `ExpiredError`.
        """
        found = _opened(_LOCK.rows(tx, id=request_id, person=key.subject), key)
        if not found:
            raise NoSuchRequestError
        assert_waiting(found[0], answer.at)
        answered = replace(found[0], answer=answer)
        this = update(_REQUEST).where(_REQUEST.c.id == request_id)
        tx.execute(this.values(sealed=_seal(answered, key)))
        later = to_ms(needed_until)
        tx.execute(this.where(_REQUEST.c.gone_ms < later).values(gone_ms=later))
        return answered

    def purge(self, now: datetime) -> int:
        """Delete what nothing needs any more; gives how many. Safe to repeat, and beside a gateway that serves."""
        gone = 0
        due = select(_REQUEST.c.id).where(_REQUEST.c.gone_ms <= to_ms(now)).limit(CHUNK)
        while True:
            with self._database.write() as tx:
                deleted = tx.execute(delete(_REQUEST).where(_REQUEST.c.id.in_(due))).rowcount
            gone += deleted
            if deleted < CHUNK:
                return gone


def opened(stored: Stored, key: SubjectKey) -> ConsentRequest:
    """A stored request with its subject's key. Raises `BrokenRowError`."""
    return _opened([(stored.id, stored.sealed)], key)[0]


def _seal(request: ConsentRequest, key: SubjectKey) -> bytes:
    return seal_json(key.key, request.to_json(), _context(key.subject, request.id))


def _opened(rows: Sequence[tuple[object, ...]], key: SubjectKey) -> tuple[ConsentRequest, ...]:
    try:
        found = [
            ConsentRequest.from_json(
                cast(
                    "JsonObject", open_json(key.key, cast("bytes", sealed), _context(key.subject, str(name)))
                )
            )
            for name, sealed in rows
        ]
    except (SealError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenRowError("consent store", "a request does not open") from error
    return tuple(sorted(found, key=lambda one: one.asked, reverse=True))


def _context(subject: str, request_id: str) -> str:
    return f"consent_request|{subject}|{request_id}"
