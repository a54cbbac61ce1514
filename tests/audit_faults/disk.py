"""No room on the disk, without any privilege: a limit on how long files may grow (RLIMIT_FSIZE), and SQLite's own of pages.

The owner of a process may set the former on Linux, for a running server too (prlimit(2)). A write beyond it fails as on a
full disk, in its midst too.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError

from audit.log import Log
from core.storage import Database
from tests.audit_faults.appends import Appending
from tests.audit_faults.judge import judge
from tests.audit_faults.server import Server
from tests.audit_faults.statements import FaultError, Result, appends_to, begin, settle, went_on

ROUNDS = 8
REFUSALS = 2
BATCHES_MAXIMUM = 400
DEAF_BATCHES = 30
"""After so many there is no room for sure, though a log that hears of nothing does not say so."""

BALLAST_ROWS = 9_000
SPARE_BYTES = 64 * 1024
READY_LIMIT_SECONDS = 60.0
WAL_LIMIT = 4096
"""Bytes of a segment of PostgreSQL's write-ahead log that may still be written: practically none."""


def sqlite_full(urls: tuple[str, str], log: type[Log] = Log) -> Result:
    """The journal, or the database, may not grow any more: at another byte each time."""
    begin(urls)
    database, chance = Database(urls[0]), random.Random(1)
    try:
        appending = appends_to(urls, database, log)
        went_on(appending)
        for _ in range(ROUNDS):
            database.scrub()
            with _no_file_longer_than(chance.randrange(40_000, 160_000)):
                _until_full(appending)
            went_on(appending)
        # Pages are limited by connection, so what has been used until now is left behind.
        database.writer.dispose()
        with database.read() as tx:
            pages: int = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        with _at_connect(database, f"PRAGMA max_page_count = {pages + 12}"):
            _until_full(appending)
        went_on(appending)
    finally:
        database.close()
    return Result(faults=ROUNDS + 1, figures=judge(urls, appending.events))


def postgresql_full(urls: tuple[str, str], server: Server, log: type[Log] = Log) -> Result:
    """A table may not grow; then the server cannot write ahead, which stops it in mid-commit, and it comes back."""
    begin(urls)
    database = Database(urls[0])
    try:
        appending = appends_to(urls, database, log)
        went_on(appending)
        limit = _ballast(database)
        with _limited(server, server.processes(), limit):
            _until_full(appending)
        went_on(appending)
        for _ in range(ROUNDS // 4):
            with _limited(server, _connections(database), WAL_LIMIT):
                _until_full(appending, refusals=1)
            _await_server(database)
            went_on(appending)
    finally:
        database.close()
    return Result(faults=1 + ROUNDS // 4, restarts=ROUNDS // 4, figures=judge(urls, appending.events))


def _until_full(appending: Appending, refusals: int = REFUSALS) -> None:
    """Append until there is no room, and some more."""
    refused, hears = 0, type(appending.log) is Log
    for _ in range(BATCHES_MAXIMUM if hears else DEAF_BATCHES):
        refused += not any(appending.batch())
        settle(appending.log)
        if refused >= refusals:
            return
    if hears:
        raise FaultError("the disk did not become full")


def _ballast(database: Database) -> int:
    """Make one table's file long, with nothing in it; gives a length that it soon outgrows, and nothing else reaches."""
    rows = (
        'INSERT INTO log_entry_detail ("index", at_ms, kind, outcome, tag, sealed) '  # noqa: S608 - a number of our own
        f"SELECT 1000000000 + n, 0, 'ballast', '', '', decode(repeat('00', 1500), 'hex') "
        f"FROM generate_series(1, {BALLAST_ROWS}) n"
    )
    # Rows that nobody vacuums keep their room, so that the next row makes the file longer.
    _autocommitted(database, "ALTER TABLE log_entry_detail SET (autovacuum_enabled = off)")
    _autocommitted(database, "ALTER TABLE log_entry_detail ALTER COLUMN sealed SET STORAGE PLAIN")
    _autocommitted(database, rows)
    _autocommitted(database, "DELETE FROM log_entry_detail WHERE kind = 'ballast'")
    # The write-ahead log goes on in a new segment, far below the limit.
    _autocommitted(database, "CHECKPOINT")
    _autocommitted(database, "SELECT pg_switch_wal()")
    with database.read() as tx:
        length: int = tx.execute(text("SELECT pg_relation_size('log_entry_detail')")).scalar_one()
    return length + SPARE_BYTES


def _autocommitted(database: Database, statement: str) -> None:
    with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))


def _await_server(database: Database) -> None:
    """Until it has recovered and answers."""
    until = time.monotonic() + READY_LIMIT_SECONDS
    while True:
        try:
            with database.read():
                return
        except SQLAlchemyError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _connections(database: Database) -> Sequence[int]:
    """The server's processes that serve this database's connections."""
    with database.read() as tx:
        rows = tx.execute(text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")).all()
    return [row[0] for row in rows]


@contextmanager
def _limited(server: Server, pids: Sequence[int], limit: int) -> Iterator[None]:
    server.limit_files(pids, limit)
    try:
        yield
    finally:
        server.limit_files({*pids, *server.processes()}, resource.RLIM_INFINITY)


@contextmanager
def _no_file_longer_than(limit: int) -> Iterator[None]:
    # Python ignores the signal that would come with it (SIGXFSZ), so that the write fails and nobody is killed.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def _at_connect(database: Database, pragma: str) -> Iterator[None]:
    def limited(connection: object, _record: object) -> None:
        connection.execute(pragma).close()  # type: ignore[attr-defined] # the driver's own

    event.listen(database.writer, "connect", limited)
    try:
        database.writer.dispose()
        yield
    finally:
        event.remove(database.writer, "connect", limited)
        database.writer.dispose()
