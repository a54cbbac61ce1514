"""One database, SQLite or PostgreSQL, seen in two ways: transactions that write, and hot reads of a row or two.

SQLite runs in WAL mode with full synchronous commits: a commit that returned is on the disk. Writing transactions begin
IMMEDIATE there, so that what a guard reads cannot change before the commit. Both databases pass one storage suite
(tests/integration/storage). Times are milliseconds since 1970 in BIGINT columns: both databases order them alike.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Literal, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.sql import ClauseElement

from core.errors import ClosedError

T = TypeVar("T")
Row = tuple[Any, ...]
"""A row as the driver gives it; the statement that was prepared says what stands in it."""

BUSY_TIMEOUT_MS = 10_000


class Prepared:
    """A Core statement compiled once per dialect and run on the driver's own cursor.

    Compiling and result handling cost four times what the query costs (docs/adr/0004); the hot path pays for neither.
    Values go to the driver as they are: ints, strings and bytes only.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str] | None, Mapping[str, object]]] = {}

    def _for(self, engine: Engine) -> tuple[str, Sequence[str] | None, Mapping[str, object]]:
        known = self._compiled.get(engine.dialect.name)
        if known is None:
            compiled = self._statement.compile(engine)
            positions = cast("Sequence[str] | None", getattr(compiled, "positiontup", None))
            known = (str(compiled), positions, dict(compiled.params))
            self._compiled[engine.dialect.name] = known
        return known

    def run(self, engine: Engine, cursor: Any, params: Mapping[str, object]) -> None:
        """Execute on a driver's cursor."""
        sql, positions, defaults = self._for(engine)
        values = {**defaults, **params}
        cursor.execute(sql, values if positions is None else [values[name] for name in positions])

    def rows(self, tx: Connection, **params: object) -> list[Row]:
        """All rows, inside the caller's transaction."""
        cursor = tx.connection.cursor()
        try:
            self.run(tx.engine, cursor, params)
            return cast("list[Row]", cursor.fetchall())
        finally:
            cursor.close()

    def write(self, tx: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Execute once per row of parameters, inside the caller's transaction."""
        sql, positions, defaults = self._for(tx.engine)
        cursor = tx.connection.cursor()
        try:
            if positions is None:
                cursor.executemany(sql, [{**defaults, **row} for row in rows])
            else:
                cursor.executemany(sql, [[{**defaults, **row}[name] for name in positions] for row in rows])
        finally:
            cursor.close()


class Database:
    """Connections to one database. `url` is SQLAlchemy's: `sqlite:///file` or `postgresql+psycopg://...`."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.dialect = cast("Literal['sqlite', 'postgresql']", self.url.get_backend_name())
        if self.dialect == "sqlite":
            _keep_private(self.url.database)
            self.writer = create_engine(
                self.url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True
            )
            event.listen(self.writer, "connect", _prepare_sqlite)
            event.listen(self.writer, "begin", _begin_immediate)
        else:
            self.writer = create_engine(
                self.url,
                pool_pre_ping=True,
                pool_size=5,
                isolation_level="READ COMMITTED",
                hide_parameters=True,
            )
        self._local = threading.local()
        self._hot: set[PoolProxiedConnection] = set()
        self._closed = False
        self._lock = threading.Lock()

    @property
    def reads_inline(self) -> bool:
        """Whether a hot read is short enough for the event loop (a SQLite row: 20 microseconds, no network)."""
        return self.dialect == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction: committed when the block ends, rolled back when it raises."""
        with self.writer.begin() as tx:
            yield tx

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction for cold paths (pages, exports, the command line)."""
        with self.writer.connect().execution_options(oncetold_reading=True) as connection, connection.begin():
            yield connection

    def hot(self, statement: Prepared, **params: object) -> list[Row]:
        """Read a row or two outside any transaction, on a connection kept by this thread.

        Raises `ClosedError("database", ...)` when the database does not answer, after one try on a new connection.
        """
        for fresh in (False, True):
            try:
                cursor = self._hot_connection(fresh).cursor()
                try:
                    statement.run(self.writer, cursor, params)
                    return cast("list[Row]", cursor.fetchall())
                finally:
                    cursor.close()
            except (SQLAlchemyError, self.writer.dialect.loaded_dbapi.Error) as error:
                if fresh:
                    raise ClosedError("database", type(error).__name__) from error
        raise AssertionError("unreachable: the second try returns or raises")

    def _hot_connection(self, fresh: bool) -> DBAPIConnection:
        held: PoolProxiedConnection | None = getattr(self._local, "connection", None)
        if held is not None and fresh:
            self._local.connection = None
            with self._lock:
                self._hot.discard(held)
            # A connection that is out of the pool is closed by nobody else.
            with suppress(self.writer.dialect.loaded_dbapi.Error):
                cast("DBAPIConnection", held.dbapi_connection).close()
            held = None
        if held is None:
            held = self.writer.raw_connection()
            # Out of the pool for good: this connection belongs to its thread until `close`.
            held.detach()
            if self.dialect == "postgresql":
                # Each statement stands alone, so no BEGIN and ROLLBACK cross the wire for a single read.
                cast("Any", held.dbapi_connection).autocommit = True
            with self._lock:
                closed = self._closed
                if not closed:
                    self._hot.add(held)
            if closed:
                held.close()
                raise ClosedError("database", "closed")
            self._local.connection = held
        return cast("DBAPIConnection", held.dbapi_connection)

    def scrub(self) -> None:
        """Leave nothing of what was overwritten in SQLite's journal; free pages are zeroed as they are freed.

        PostgreSQL keeps old row versions until its own VACUUM has passed and its write-ahead log is recycled.
        """
        if self.dialect == "sqlite":
            connection = self.writer.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
            finally:
                connection.close()

    def close(self) -> None:
        """Close every connection; one that a thread still works with is closed when that thread gives it back.

        Nothing is read hot after it: a thread outlives the task that waited for it, and would open a new connection.
        """
        with self._lock:
            held, self._hot, self._closed = self._hot, set(), True
        for connection in held:
            connection.close()
        self._local = threading.local()
        # A disposed pool would take it back and keep it open for ever.
        event.listen(self.writer.pool, "checkin", _close_returned)
        self.writer.dispose()


def _close_returned(_connection: object, record: ConnectionPoolEntry) -> None:
    record.close()


def _keep_private(path: str | None) -> None:
    """Have a new database file readable by its owner only; SQLite gives its journal the same mode."""
    if path and path != ":memory:" and not path.startswith("file:"):
        # Where the folder is missing or closed, SQLite says so itself.
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself, or BEGIN IMMEDIATE would come too late.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # What is erased is overwritten: a wrapped key must not outlive its erasure on a free page.
        "secure_delete=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    reading = connection.get_execution_options().get("oncetold_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


async def off_loop(database: Database, function: Callable[..., T], *args: object) -> T:
    """Run a hot read where it does not hold up the event loop: in place for SQLite, on a thread for PostgreSQL."""
    if database.reads_inline:
        return function(*args)
    return await asyncio.to_thread(function, *args)
