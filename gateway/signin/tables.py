"""Tables of the sign-in: who is signed in, and who is about to be. Neither row opens without the browser's cookie."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class SessionRow(SQLModel, table=True):
    """A session. `id` is SHA-256 of the cookie; `subject` an internal person id (portal) or an officer's (console).

    What is shown of the person is sealed under a key that follows from the cookie. Times: milliseconds since 1970.
    """

    __tablename__ = "session"
    __table_args__ = (
        Index("ix_session_subject", "kind", "subject"),
        Index("ix_session_expires_ms", "expires_ms"),
    )

    id: bytes = Field(primary_key=True)
    kind: str
    subject: str
    sealed: bytes
    created_ms: int = Field(sa_type=BigInteger)
    last_seen_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)


class SignInAttempt(SQLModel, table=True):
    """A sign-in under way. `id` is SHA-256 of the browser's cookie and the state; the row goes with its first use."""

    __tablename__ = "signin_attempt"
    __table_args__ = (Index("ix_signin_attempt_expires_ms", "expires_ms"),)

    id: bytes = Field(primary_key=True)
    sealed: bytes
    expires_ms: int = Field(sa_type=BigInteger)
