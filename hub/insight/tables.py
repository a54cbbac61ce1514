"""What area insight keeps: counts without people. An event of an open month is one more in a count; it is never a row.

So nothing here has an order in time that could be laid beside the cases, and equal events cannot be told apart. When its
month is published, a true count is replaced by the published one and deleted; what rounding still owes to each figure is
kept apart, to be paid by later months.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlmodel import Field, SQLModel

from hub.database import Moment
from hub.migrations import Schema, Step


class OpenCount(SQLModel, table=True):
    """How many equal events of a month that is not yet published, or came late. groups: comma-separated."""

    __tablename__ = "insight_open"
    # Without row numbers: they would tell in which order the events came.
    __table_args__ = {"sqlite_with_rowid": False}

    kind: str = Field(primary_key=True)
    theme: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    vintage: int = Field(primary_key=True)
    month: str = Field(primary_key=True)
    age: str = Field(primary_key=True)
    groups: str = Field(primary_key=True)
    count: int


class PublishedCount(SQLModel, table=True):
    """A count as it was published with a batch: a multiple of 5, never changed."""

    __tablename__ = "insight_published"
    __table_args__ = {"sqlite_with_rowid": False}

    series: str = Field(primary_key=True)
    batch: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    theme: str = Field(primary_key=True)
    area: str = Field(primary_key=True)
    vintage: int = Field(primary_key=True)
    month: str = Field(primary_key=True)
    age: str = Field(primary_key=True)
    groups: str = Field(primary_key=True)
    count: int


class PublishedBatch(SQLModel, table=True):
    """One publication. series: the geography it is by. batch: the last month that it closed, "2026-10"."""

    __tablename__ = "insight_batch"

    series: str = Field(primary_key=True)
    batch: str = Field(primary_key=True)
    published_at: datetime = Field(sa_type=Moment)


class Owed(SQLModel, table=True):
    """What rounding still owes to one figure: its truth less what was published so far."""

    __tablename__ = "insight_owed"
    __table_args__ = {"sqlite_with_rowid": False}

    series: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    row: str = Field(primary_key=True)
    column: str = Field(primary_key=True)
    owed: int


class Reporter(SQLModel, table=True):
    """That an organisation reported anything at all in a month; not how much."""

    __tablename__ = "insight_reporter"

    month: str = Field(primary_key=True)
    organisation: str = Field(primary_key=True)


SCHEMA: Final = Schema(
    "insight",
    (
        Step(
            1,
            (
                """CREATE TABLE insight_open (
                    kind VARCHAR NOT NULL, theme VARCHAR NOT NULL, area VARCHAR NOT NULL, vintage INTEGER NOT NULL,
                    month VARCHAR NOT NULL, age VARCHAR NOT NULL, "groups" VARCHAR NOT NULL, count INTEGER NOT NULL,
                    PRIMARY KEY (kind, theme, area, vintage, month, age, "groups")) WITHOUT ROWID""",
                """CREATE TABLE insight_published (
                    series VARCHAR NOT NULL, batch VARCHAR NOT NULL, kind VARCHAR NOT NULL, theme VARCHAR NOT NULL,
                    area VARCHAR NOT NULL, vintage INTEGER NOT NULL, month VARCHAR NOT NULL, age VARCHAR NOT NULL,
                    "groups" VARCHAR NOT NULL, count INTEGER NOT NULL,
                    PRIMARY KEY (series, batch, kind, theme, area, vintage, month, age, "groups")) WITHOUT ROWID""",
                """CREATE TABLE insight_batch (
                    series VARCHAR NOT NULL, batch VARCHAR NOT NULL, published_at DATETIME NOT NULL,
                    PRIMARY KEY (series, batch))""",
                """CREATE TABLE insight_owed (
                    series VARCHAR NOT NULL, code VARCHAR NOT NULL, period VARCHAR NOT NULL, "row" VARCHAR NOT NULL,
                    "column" VARCHAR NOT NULL, owed INTEGER NOT NULL,
                    PRIMARY KEY (series, code, period, "row", "column")) WITHOUT ROWID""",
                """CREATE TABLE insight_reporter (
                    month VARCHAR NOT NULL, organisation VARCHAR NOT NULL, PRIMARY KEY (month, organisation))""",
            ),
        ),
    ),
)
