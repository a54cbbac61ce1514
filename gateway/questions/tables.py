"""The table of residents' questions. Times are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class ResidentQuestion(SQLModel, table=True):
    """One question of a person about one look, and what was answered.

    index: the place of its own entry in the log, which is its reference too; about: that of the look. tag: the person's, so
    that only the key store leads from here to a person. organisation: who has to answer. due_ms moves only where the
    organisation cannot tell yet. sealed, answers: the words, under the person's key. outcome: None while it is open.
    until_ms: when all of it is deleted.
    """

    __tablename__ = "resident_question"
    __table_args__ = (
        Index("ix_resident_question_tag", "tag", "about"),
        Index("ix_resident_question_open", "organisation", "closed_ms", "due_ms"),
        Index("ix_resident_question_until", "until_ms"),
    )

    index: int = Field(primary_key=True, sa_type=BigInteger)
    about: int = Field(sa_type=BigInteger)
    tag: bytes
    organisation: str
    asked_ms: int = Field(sa_type=BigInteger)
    due_ms: int = Field(sa_type=BigInteger)
    closed_ms: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str | None = None
    until_ms: int = Field(sa_type=BigInteger)
    sealed: bytes
    answers: bytes
