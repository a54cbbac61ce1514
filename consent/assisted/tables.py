"""Tables of spoken decisions. Times are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class SpokenDecision(SQLModel, table=True):
    """The evidence of one decision that a practitioner wrote down, sealed under the person's key. ends_ms: when it goes."""

    __tablename__ = "spoken_decision"
    __table_args__ = (
        Index("ix_spoken_decision_person", "person"),
        Index("ix_spoken_decision_ends_ms", "ends_ms"),
    )

    id: str = Field(primary_key=True)
    person: str
    sealed: bytes
    ends_ms: int = Field(sa_type=BigInteger)


class StopCode(SQLModel, table=True):
    """The code on a paper that stops one permission. mac: keyed, of the code, which rests nowhere."""

    __tablename__ = "stop_code"
    __table_args__ = (Index("ix_stop_code_person", "person"), Index("ix_stop_code_ends_ms", "ends_ms"))

    mac: bytes = Field(primary_key=True)
    person: str
    sealed: bytes
    ends_ms: int = Field(sa_type=BigInteger)
