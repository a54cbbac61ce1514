"""Faults put where real ones come from: in the database, on the wire, on the disk."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.storage import Database


def refuse_inserts(database: Database, table: str) -> None:
    """Let every insert into a table fail, as a full disk would."""
    with database.write() as tx:
        if database.dialect == "sqlite":
            tx.execute(
                text(
                    f"CREATE TRIGGER no_more BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
                )
            )
            return
        tx.execute(
            text(
                "CREATE FUNCTION no_more() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'full'; END $$ LANGUAGE plpgsql"
            )
        )
        tx.execute(
            text(f"CREATE TRIGGER no_more BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no_more()")
        )


def lose(database: Database, table: str) -> None:
    """Take a table away, so that whoever asks it gets an error and no answer."""
    with database.write() as tx:
        tx.execute(text(f"DROP TABLE {table}"))


def break_next_commit(database: Database, *, stored: bool) -> None:
    """Lose the connection while the next commit is under way: after the database stored it, or before."""
    dialect = database.writer.dialect
    original = dialect.do_commit
    armed = [True]

    def breaks(connection: Any) -> None:
        if not armed:
            original(connection)
            return
        armed.clear()
        if stored:
            original(connection)
        else:
            dialect.do_rollback(connection)
        raise OperationalError("COMMIT", None, Exception("connection lost"))

    dialect.do_commit = breaks  # type: ignore[method-assign,assignment] # the fault is put where the wire would break
