"""The table of erasures that are under way: between the rows' end and the key's there are two databases."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ErasurePending(SQLModel, table=True):
    """A person whose rows are gone and whose key is about to be: whoever comes by finishes it. at_ms: since 1970."""

    __tablename__ = "erasure_pending"

    subject: str = Field(primary_key=True)
    at_ms: int = Field(sa_type=BigInteger)
