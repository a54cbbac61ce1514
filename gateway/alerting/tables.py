"""The tables of alerts. They name entries, organisations and rules, never people. Times are milliseconds since 1970."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class AlertRow(SQLModel, table=True):
    """A reason to ask about the look at a place of the log, and what officers of the asking organisation found.

    numbers: what its sentence says, sealed under the organisation's key; None where the rule's own words are all.
    about: a keyed tag of what is asked (rule, practitioner, person), by which the same is not asked again; it goes with the
    person's key. outcome: None while open. closed_entry: where the log tells of the answer.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_open", "organisation", "closed_ms", "due_ms"),
        Index("ix_alert_about", "about"),
    )

    index: int = Field(primary_key=True, sa_type=BigInteger)
    rule: str = Field(primary_key=True)
    organisation: str
    opened_ms: int = Field(sa_type=BigInteger)
    due_ms: int = Field(sa_type=BigInteger)
    numbers: bytes | None = None
    about: bytes | None = None
    closed_ms: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str | None = None
    closed_entry: int | None = Field(default=None, sa_type=BigInteger)


class AlertScan(SQLModel, table=True):
    """Up to which day (its number, `date.toordinal`) an organisation's looks were gone through; that day is the next."""

    __tablename__ = "alert_scan"

    organisation: str = Field(primary_key=True)
    next_day: int


class PractitionerDay(SQLModel, table=True):
    """How much a practitioner did on one day in London, kept for eight weeks to compare with: numbers under a keyed tag."""

    __tablename__ = "practitioner_day"

    organisation: str = Field(primary_key=True)
    day: int = Field(primary_key=True)
    practitioner: bytes = Field(primary_key=True)
    looks: int
    people: int
    unshown: int
    unsocial: int
