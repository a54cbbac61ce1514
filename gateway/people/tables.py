"""Tables of the locator: one sealed row a person, found by keyed blind indexes only."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class PersonRow(SQLModel, table=True):
    """Identifiers, pointers and last known label of one person, sealed under their key."""

    __tablename__ = "person"

    id: str = Field(primary_key=True)
    sealed: bytes


class BlindIndex(SQLModel, table=True):
    """HMAC of a trace key -> person. Several people under one index means: nobody."""

    __tablename__ = "blind_index"
    __table_args__ = (Index("ix_blind_index_person", "person"),)

    mac: bytes = Field(primary_key=True)
    person: str = Field(primary_key=True)
