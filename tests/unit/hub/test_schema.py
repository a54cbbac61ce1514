"""The steps of the schema make what the code declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table
from sqlmodel import Session, SQLModel, text

from hub import tables
from hub.database import Database
from hub.features import FEATURES
from hub.migrations import Schema, Step, migrate, statements_for

SCHEMAS = (tables.SCHEMA, *(one.schema for one in FEATURES))


def declared() -> MetaData:
    """The hub's tables alone: in one run of all tests the gateway's stand in the same list."""
    alone = MetaData()
    for mapper in SQLModel._sa_registry.mappers:
        if mapper.class_.__module__.startswith("hub."):
            assert isinstance(mapper.local_table, Table)
            mapper.local_table.to_metadata(alone)
    return alone


def test_the_steps_make_exactly_the_tables_that_are_declared(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.db")
    migrate(database, SCHEMAS)
    context = MigrationContext.configure(
        database.engine.connect(), opts={"include_name": lambda name, *_: name != "schema_step"}
    )
    assert compare_metadata(context, declared()) == []
    context.connection.close()  # type: ignore[union-attr] # there is one
    database.close()


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.feature)
def test_the_steps_of_a_feature_are_numbered_from_one(schema: Schema) -> None:
    assert [step.number for step in schema.steps] == list(range(1, len(schema.steps) + 1))


def test_a_step_is_applied_once_and_one_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "hub.db")
    first = Schema("x", (Step(1, ("CREATE TABLE one (a INTEGER)",)),))
    assert migrate(database, [first]) == 1
    assert migrate(database, [first]) == 0
    broken = Schema("x", (*first.steps, Step(2, ("CREATE TABLE two (a INTEGER)", "CREATE NONSENSE"))))
    with pytest.raises(Exception, match="NONSENSE"):
        migrate(database, [broken])

    def names(session: Session) -> list[str]:
        return [row[0] for row in session.connection().execute(text("SELECT name FROM sqlite_master"))]

    assert "two" not in database.read_now(names)
    assert migrate(database, [Schema("x", (*first.steps, Step(2, ("CREATE TABLE two (a INTEGER)",))))]) == 1
    database.close()


def test_the_sql_for_a_new_step_can_be_printed() -> None:
    made = statements_for(tables.Outgoing)
    assert made[0].startswith("CREATE TABLE outgoing")
    assert any("outgoing_due" in one for one in made[1:])
