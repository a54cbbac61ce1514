"""The outbox: what residents are still to be told, until it was sent or came to nothing."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class OutboxRow(SQLModel, table=True):
    """One message that is still to be sent. about: which template; no address, no words: those are made when it is sent.

    due_ms: not before then. tries: how often it was taken in hand.
    """

    __tablename__ = "outbox"

    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    about: str
    due_ms: int = Field(sa_type=BigInteger, index=True)
    tries: int = 0
