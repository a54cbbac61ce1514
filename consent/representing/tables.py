"""Tables of representatives. Times are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class Representation(SQLModel, table=True):
    """That somebody may act for a person, sealed under the person's key; gone once ended.

    representative: a keyed index of who may act, of its own kind: nobody who reads the database can tell whose it is.
    ends_ms: when it is over by itself; None where no end was stated.
    """

    __tablename__ = "representation"
    __table_args__ = (
        Index("ix_representation_person", "person"),
        Index("ix_representation_representative", "representative"),
    )

    id: str = Field(primary_key=True)
    person: str
    representative: bytes
    sealed: bytes
    ends_ms: int | None = Field(default=None, sa_type=BigInteger)


class DecidesAlone(SQLModel, table=True):
    """That a child can decide alone: who found so and by what, sealed under the child's key."""

    __tablename__ = "decides_alone"

    person: str = Field(primary_key=True)
    sealed: bytes


class ActingWord(SQLModel, table=True):
    """By which word a representative calls whom they act for; sealed under the representative's own key."""

    __tablename__ = "acting_word"

    person: str = Field(primary_key=True)
    representation: str = Field(primary_key=True)
    sealed: bytes
