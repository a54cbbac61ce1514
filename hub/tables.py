"""The tables that all features share: what must reach the gateway, and which referrals arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.migrations import Schema, Step

ENDED: Final = ("withdrawn", "expired", "closed", "refused")
"""What a referral can end as, at the gateway: nothing comes after it."""


class Outgoing(SQLModel, table=True):
    """Something that must reach the gateway. See hub/outbox.py.

    key: the Idempotency-Key, and the row's name everywhere. kind: see hub/outbox.py. body: what the call is made of, the
    same at each try; emptied once it is no longer needed. subject: the practitioner whose token it goes with; None for the
    organisation's own. referral: the gateway's id, once known. feature, record: whose it is here. state: waiting, sent,
    failed. status: what became of the referral there. reason: why it was refused. outcomes: codes of what came of it, with
    spaces between.
    """

    __tablename__ = "outgoing"
    __table_args__ = (
        Index("outgoing_due", "state", "next_at"),
        Index("outgoing_record", "feature", "record"),
    )

    key: str = Field(primary_key=True)
    kind: str
    organisation: str
    subject: str | None = None
    feature: str
    record: str
    referral: str | None = Field(default=None, index=True)
    body: str
    state: str = "waiting"
    tries: int = 0
    made_at: datetime = Field(sa_type=Moment)
    next_at: datetime = Field(sa_type=Moment)
    sent_at: datetime | None = Field(default=None, sa_type=Moment)
    problem: str | None = None
    status: str | None = None
    reason: str | None = None
    outcomes: str = ""
    changed_at: datetime | None = Field(default=None, sa_type=Moment)


class Arrived(SQLModel, table=True):
    """A referral that arrived and rests here, in the record of the feature that took it. What it says stands there.

    status: as the gateway last said: collected, accepted, refused, withdrawn, closed.
    """

    __tablename__ = "arrived"

    referral: str = Field(primary_key=True)
    organisation: str
    sender: str
    purpose: str
    feature: str
    status: str
    arrived_at: datetime = Field(sa_type=Moment)
    collected_at: datetime | None = Field(default=None, sa_type=Moment)


SCHEMA: Final = Schema(
    "hub",
    (
        Step(
            1,
            (
                """CREATE TABLE outgoing (
                    "key" VARCHAR NOT NULL, kind VARCHAR NOT NULL, organisation VARCHAR NOT NULL, subject VARCHAR,
                    feature VARCHAR NOT NULL, record VARCHAR NOT NULL, referral VARCHAR, body VARCHAR NOT NULL,
                    state VARCHAR NOT NULL, tries INTEGER NOT NULL, made_at DATETIME NOT NULL, next_at DATETIME NOT NULL,
                    sent_at DATETIME, problem VARCHAR, status VARCHAR, reason VARCHAR, changed_at DATETIME,
                    PRIMARY KEY ("key"))""",
                "CREATE INDEX ix_outgoing_referral ON outgoing (referral)",
                "CREATE INDEX outgoing_due ON outgoing (state, next_at)",
                "CREATE INDEX outgoing_record ON outgoing (feature, record)",
                """CREATE TABLE arrived (
                    referral VARCHAR NOT NULL, organisation VARCHAR NOT NULL, sender VARCHAR NOT NULL,
                    purpose VARCHAR NOT NULL, feature VARCHAR NOT NULL, status VARCHAR NOT NULL,
                    arrived_at DATETIME NOT NULL, collected_at DATETIME, PRIMARY KEY (referral))""",
            ),
        ),
        Step(2, ("ALTER TABLE outgoing ADD COLUMN outcomes VARCHAR NOT NULL DEFAULT ''",)),
    ),
)
