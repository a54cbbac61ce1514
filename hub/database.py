"""The hub's own SQLite database: work in one transaction, on a thread of its own, never on the event loop.

Every write begins with BEGIN IMMEDIATE, so that two of them never deadlock on an upgrade of a read lock, and is durable
when it returns (synchronous=FULL): what was promised on a page survives a kill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.types import DateTime, TypeDecorator
from sqlmodel import Session

from hub.happenings import LISTENERS, Heard

T = TypeVar("T")


class Moment(TypeDecorator[datetime]):
    """A time, kept in UTC. SQLite forgets the zone, so it is put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC, without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


class Database:
    """One file. `write` and `read` run work in a transaction; an exception rolls it back and comes out unchanged.

    durable: False in tests alone, which outlive no power cut anyway. listeners: who is told of what happens in a write.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        # SQLAlchemy's pool for files opens a connection a thread wants; each waits for another's write for 10 s.
        self.engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 10})
        _prepare(self.engine, "FULL" if durable else "OFF")
        self.listeners: tuple[Heard, ...] = ()

    async def write(self, work: Callable[[Session], T]) -> T:
        """The result of the work, once it is durably committed. What it gives must not need the session any more."""
        return await asyncio.to_thread(self.write_now, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """The result of work that changes nothing: all of it sees one state."""
        return await asyncio.to_thread(self.read_now, work)

    def write_now(self, work: Callable[[Session], T]) -> T:
        """As `write`, on this thread."""
        with Session(self.engine, expire_on_commit=False, info={LISTENERS: self.listeners}) as session:
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
            result = work(session)
            session.commit()
            return result

    def read_now(self, work: Callable[[Session], T]) -> T:
        """As `read`, on this thread."""
        with Session(self.engine, expire_on_commit=False) as session:
            session.connection().exec_driver_sql("BEGIN")
            result = work(session)
            session.expunge_all()
            return result

    def settle(self) -> None:
        """Move the write-ahead log into the file and empty it: deleted rows would stand in it until it is used again.

        Where somebody reads meanwhile it may stay as it is; the next call does it.
        """
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def _prepare(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def opened(connection: object, _record: object) -> None:
        # The driver begins nothing by itself: our own BEGIN says which kind of transaction it is.
        connection.isolation_level = None  # type: ignore[attr-defined] # sqlite3.Connection, typed as object by the event
        cursor = connection.cursor()  # type: ignore[attr-defined] # as above
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            # What was deleted is overwritten, so that the file holds no erased row.
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
