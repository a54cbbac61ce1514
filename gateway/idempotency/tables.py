"""What is kept of requests that carried an Idempotency-Key."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class IdempotencyRow(SQLModel, table=True):
    """One key of one client. mac: of client, operation and key; request: of the body; resource: what was made of it."""

    __tablename__ = "idempotency"

    mac: bytes = Field(primary_key=True)
    request: bytes
    resource: str
    until_ms: int = Field(sa_type=BigInteger, index=True)
