"""The database's schema, by small numbered steps. Each feature has a list of its own, so that two never want one number.

A step is applied once, in its own transaction, and its place is written down in `schema_step`. Steps that were released
are never changed: a new one is added. A test holds the sum of all steps to the tables that the code declares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import Session, SQLModel

from hub.database import Database


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the schema. number: 1, 2, 3 ... within its feature. statements: SQL for SQLite, in their order."""

    number: int
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """All the steps of one feature."""

    feature: str
    steps: tuple[Step, ...]


def migrate(database: Database, schemas: Iterable[Schema]) -> int:
    """Apply what is missing; gives how many steps that were. Safe to repeat, and after a kill in the middle."""
    database.write_now(_prepare)
    return sum(
        database.write_now(partial(_apply, schema.feature, step))
        for schema in schemas
        for step in schema.steps
    )


def statements_for(*tables: type[SQLModel]) -> tuple[str, ...]:
    """The SQL that makes these tables and their indexes as declared now: to be copied into a new step, not called there."""
    dialect = sqlite.dialect()
    made = []
    for table in (one.__table__ for one in tables):  # type: ignore[attr-defined] # SQLModel adds it to table classes
        made.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    return tuple(made)


def _prepare(session: Session) -> None:
    session.connection().execute(
        text("CREATE TABLE IF NOT EXISTS schema_step (feature TEXT PRIMARY KEY, number INTEGER NOT NULL)")
    )


def _apply(feature: str, step: Step, session: Session) -> int:
    connection = session.connection()
    reached = connection.execute(
        text("SELECT number FROM schema_step WHERE feature = :feature"), {"feature": feature}
    ).scalar()
    if step.number <= (reached or 0):
        return 0
    for statement in step.statements:
        connection.exec_driver_sql(statement)
    connection.execute(
        text(
            "INSERT INTO schema_step (feature, number) VALUES (:feature, :number) "
            "ON CONFLICT (feature) DO UPDATE SET number = excluded.number"
        ),
        {"feature": feature, "number": step.number},
    )
    return 1
