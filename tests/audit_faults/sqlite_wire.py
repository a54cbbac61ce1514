"""SQLite has no wire: what can break is the statement itself, which SQLite answers as it answers an I/O error.

The transaction is undone and the statement fails; the connection stays, and is in autocommit mode from then on
(https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import event

from core.storage import Database
from tests.audit_faults.moments import COMMIT, Armed

T = TypeVar("T")


def cut_by(database: Database, armed: Armed) -> None:
    """Give a database statements that fail when the armed moments come."""

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return _struck(self.connection, armed, sql, lambda: super(Cursor, self).execute(sql, parameters))

        def executemany(self, sql: str, rows: Iterable[Any], /) -> Any:
            return _struck(self.connection, armed, sql, lambda: super(Cursor, self).executemany(sql, rows))

    class Wired(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            _struck(self, armed, COMMIT, super().commit)

    def wired(_dialect: object, _record: object, _arguments: object, options: dict[str, object]) -> None:
        options["factory"] = Wired

    event.listen(database.writer, "do_connect", wired)


def _struck(connection: sqlite3.Connection, armed: Armed, sql: str, go_on: Callable[[], T]) -> T:
    moment = armed.strikes(sql)
    if moment is None:
        return go_on()
    if moment.stored:
        go_on()
    sqlite3.Connection.rollback(connection)
    raise sqlite3.OperationalError("disk I/O error")
