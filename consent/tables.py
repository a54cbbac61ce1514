"""The ledger's tables: what stands now (one row a person), and the append-only history behind it."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class PersonState(SQLModel, table=True):
    """What a person allows now. `revision` rises with every event: the guard of every disclosure reads it."""

    __tablename__ = "person_state"

    person: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    sealed: bytes


class PermissionEvent(SQLModel, table=True):
    """One event of the history, numbered by the revision it made; the row is sealed under the person's key."""

    __tablename__ = "permission_event"

    person: str = Field(primary_key=True)
    revision: int = Field(primary_key=True, sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    sealed: bytes
