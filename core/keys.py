"""The key store: one key a person, in a database of its own with its own backup.

Everything that rests about a person is sealed under their key; erasing the key erases the person (promise 6). A key is
wrapped (AES-256-GCM) under the key-encryption key that the operator holds. Beside it stands a random **tag**, by which the
log's index knows the person's entries; the only way from a tag to a person is this row, so it goes with the key.
Organisations have a row too (`org:<id>`): refusals about nobody we know are sealed under the asker's.
"""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, bindparam, column, insert, select, table, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Field, SQLModel

from core.errors import BrokenRowError, ClosedError, OnceToldError
from core.sealing import KEY_BYTES, SealError, open_sealed, seal
from core.storage import Database, Prepared, Row

UNWRAPPED_MAXIMUM = 50_000


class PersonKey(SQLModel, table=True):
    """A subject's wrapped key. `wrapped` and `tag` are null once erased."""

    __tablename__ = "person_key"

    subject: str = Field(primary_key=True)
    wrapped: bytes | None
    tag: bytes | None = Field(index=True, unique=True)
    erased_at: int | None = Field(default=None, sa_type=BigInteger)


_KEYS = table("person_key", *(column(name) for name in ("subject", "wrapped", "tag", "erased_at")))
_BY_SUBJECT = Prepared(select(_KEYS.c.wrapped, _KEYS.c.tag).where(_KEYS.c.subject == bindparam("subject")))
_BY_TAG = Prepared(
    select(_KEYS.c.subject, _KEYS.c.wrapped, _KEYS.c.tag).where(_KEYS.c.tag == bindparam("tag"))
)


class MissingKeyError(OnceToldError):
    """A subject has no key: never had one, or it was erased. An empty view, never an outage."""

    def __init__(self) -> None:
        super().__init__("no key for this subject")


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """An unwrapped key (32 bytes) with the tag of its subject (16 bytes). Never logged: the repr hides it."""

    subject: str
    key: bytes
    tag: bytes

    def __repr__(self) -> str:
        return "SubjectKey(...)"


class KeyStore:
    """Keys by subject. Every read goes to the store, so an erased key is gone for everyone at once.

    What is remembered is only the unwrapping of the very bytes that the store returned, so it outlives nothing.
    Raises `ClosedError("key store", ...)` when the store does not answer.
    """

    def __init__(self, database: Database, key_encryption_key: bytes) -> None:
        self._database = database
        self._kek = key_encryption_key
        self._unwrapped: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, subject: str) -> SubjectKey:
        """The subject's key, or `MissingKeyError`."""
        rows = self._read(_BY_SUBJECT, subject=subject)
        if not rows or rows[0][0] is None:
            raise MissingKeyError
        wrapped, tag = rows[0]
        return SubjectKey(subject, self._unwrap(subject, bytes(wrapped)), bytes(tag))

    def by_tag(self, tag: bytes) -> SubjectKey:
        """The key of the subject whose entries carry the tag, or `MissingKeyError`."""
        rows = self._read(_BY_TAG, tag=tag)
        if not rows:
            raise MissingKeyError
        subject, wrapped, _ = rows[0]
        return SubjectKey(subject, self._unwrap(subject, bytes(wrapped)), bytes(tag))

    def stands(self, key: SubjectKey) -> bool:
        """Whether the subject still has a key. Asked again inside the guarded append."""
        rows = self._read(_BY_SUBJECT, subject=key.subject)
        return bool(rows) and rows[0][0] is not None

    def get_or_create(self, subject: str) -> SubjectKey:
        """The subject's key, made now if there never was one. An erased subject stays erased: `MissingKeyError`."""
        try:
            return self.get(subject)
        except MissingKeyError:
            pass
        key, tag = os.urandom(KEY_BYTES), secrets.token_bytes(16)
        try:
            with self._database.write() as tx:
                wrapped = seal(self._kek, key, _wrap_context(subject))
                tx.execute(insert(_KEYS).values(subject=subject, wrapped=wrapped, tag=tag, erased_at=None))
        except IntegrityError:
            # Another replica made it first, or the key was erased; the store's answer is the truth.
            return self.get(subject)
        except SQLAlchemyError as error:
            raise ClosedError("key store", type(error).__name__) from error
        return SubjectKey(subject, key, tag)

    def erase(self, subject: str, at_ms: int) -> None:
        """Erase a key for good. What was sealed under it can never be opened again."""
        try:
            with self._database.write() as tx:
                _erase(tx, subject, at_ms)
            self._database.scrub()
        except SQLAlchemyError as error:
            raise ClosedError("key store", type(error).__name__) from error
        self._unwrapped.clear()

    def _read(self, statement: Prepared, **params: object) -> list[Row]:
        try:
            return self._database.hot(statement, **params)
        except ClosedError as error:
            raise ClosedError("key store", error.reason) from error

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        known = self._unwrapped.get(wrapped)
        if known is None:
            try:
                known = open_sealed(self._kek, wrapped, _wrap_context(subject))
            except SealError as error:
                raise BrokenRowError("key store", "a key does not unwrap") from error
            self._unwrapped[wrapped] = known
            if len(self._unwrapped) > UNWRAPPED_MAXIMUM:
                self._unwrapped.popitem(last=False)
        return known


def _wrap_context(subject: str) -> str:
    return f"person_key|{subject}"


def _erase(tx: Connection, subject: str, at_ms: int) -> None:
    tx.execute(
        update(_KEYS).where(_KEYS.c.subject == subject).values(wrapped=None, tag=None, erased_at=at_ms)
    )
