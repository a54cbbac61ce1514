"""The requests' table: one row each, sealed under the key of whom it is about."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class ConsentRequestRow(SQLModel, table=True):
    """One request. person: whom it is about, or `org:<asker>` where that is nobody we know: both take a row.

    passed_on: whether the person can see and answer it. gone_ms: from when on nothing needs it any more.
    """

    __tablename__ = "consent_request"

    id: str = Field(primary_key=True)
    person: str = Field(index=True)
    passed_on: bool
    gone_ms: int = Field(sa_type=BigInteger, index=True)
    sealed: bytes
