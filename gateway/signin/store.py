"""The rows of sessions and of sign-ins under way, read and written off the event loop where that takes time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, column, delete, insert, select, table, update
from sqlalchemy.exc import SQLAlchemyError

from core.errors import ClosedError
from core.storage import Database, Prepared
from gateway.signin.kinds import Kind

_SESSION: Final = table(
    "session",
    *(
        column(name)
        for name in ("id", "kind", "subject", "sealed", "created_ms", "last_seen_ms", "expires_ms")
    ),
)
_ATTEMPT: Final = table("signin_attempt", *(column(name) for name in ("id", "sealed", "expires_ms")))
_FIND: Final = Prepared(
    select(
        _SESSION.c.kind,
        _SESSION.c.subject,
        _SESSION.c.sealed,
        _SESSION.c.created_ms,
        _SESSION.c.last_seen_ms,
        _SESSION.c.expires_ms,
    ).where(_SESSION.c.id == bindparam("id"))
)
# One statement finds and removes: of two answers that come at once, one alone gets the row.
_TAKE: Final = Prepared(
    delete(_ATTEMPT)
    .where(_ATTEMPT.c.id == bindparam("id"))
    .returning(_ATTEMPT.c.sealed, _ATTEMPT.c.expires_ms)
)

THREADS: Final = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session's row. `id`: SHA-256 of the cookie. Times: milliseconds since 1970."""

    id: bytes = field(repr=False)
    kind: str
    subject: str = field(repr=False)
    sealed: bytes = field(repr=False)
    created_ms: int
    last_seen_ms: int
    expires_ms: int


class SignInStore:
    """Both tables. Raises `ClosedError("database", ...)` where the database does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Its own few threads: each keeps a connection to PostgreSQL for its hot reads.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="signin")

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=True)

    async def add_attempt(self, attempt: bytes, sealed: bytes, expires_ms: int, now_ms: int) -> None:
        """Keep a sign-in under way, and forget those that were never finished."""

        def work(tx: Connection) -> None:
            tx.execute(delete(_ATTEMPT).where(_ATTEMPT.c.expires_ms <= now_ms))
            tx.execute(insert(_ATTEMPT).values(id=attempt, sealed=sealed, expires_ms=expires_ms))

        await self._write(work)

    async def take_attempt(self, attempt: bytes) -> tuple[bytes, int] | None:
        """The sealed attempt and its end, which nobody can take again; None where there is none."""
        rows = await self._write(lambda tx: _TAKE.rows(tx, id=attempt))
        return (bytes(rows[0][0]), int(rows[0][1])) if rows else None

    async def add_session(self, session: StoredSession, replaces: bytes | None, idle_since_ms: int) -> None:
        """Keep a new session, end the one that it replaces, and forget the ended and idle ones."""

        def work(tx: Connection) -> None:
            tx.execute(
                delete(_SESSION).where(
                    (_SESSION.c.expires_ms <= session.created_ms) | (_SESSION.c.last_seen_ms <= idle_since_ms)
                )
            )
            if replaces is not None:
                tx.execute(delete(_SESSION).where(_SESSION.c.id == replaces))
            tx.execute(
                insert(_SESSION).values(
                    id=session.id,
                    kind=session.kind,
                    subject=session.subject,
                    sealed=session.sealed,
                    created_ms=session.created_ms,
                    last_seen_ms=session.last_seen_ms,
                    expires_ms=session.expires_ms,
                )
            )

        await self._write(work)

    async def find_session(self, session: bytes) -> StoredSession | None:
        """The session's row."""
        if self._database.reads_inline:
            rows = self._database.hot(_FIND, id=session)
        else:
            rows = await self._off_loop(lambda: self._database.hot(_FIND, id=session))
        if not rows:
            return None
        kind, subject, sealed, created_ms, last_seen_ms, expires_ms = rows[0]
        return StoredSession(session, kind, subject, bytes(sealed), created_ms, last_seen_ms, expires_ms)

    async def touch_session(self, session: bytes, now_ms: int) -> None:
        """Note that the session was used; never backwards."""
        await self._write(
            lambda tx: tx.execute(
                update(_SESSION)
                .where(_SESSION.c.id == session, _SESSION.c.last_seen_ms < now_ms)
                .values(last_seen_ms=now_ms)
            )
        )

    async def end_session(self, session: bytes) -> None:
        """End one session."""
        await self._write(lambda tx: tx.execute(delete(_SESSION).where(_SESSION.c.id == session)))

    async def end_sessions_of(self, kind: Kind, subject: str) -> int:
        """End all sessions of a subject, and say how many there were."""
        return await self._write(
            lambda tx: (
                tx.execute(
                    delete(_SESSION).where(_SESSION.c.kind == kind, _SESSION.c.subject == subject)
                ).rowcount
            )
        )

    async def _write(self, work: Callable[[Connection], T]) -> T:
        def run() -> T:
            try:
                with self._database.write() as tx:
                    return work(tx)
            except (SQLAlchemyError, self._database.writer.dialect.loaded_dbapi.Error) as error:
                raise ClosedError("database", type(error).__name__) from error

        return await self._off_loop(run)

    async def _off_loop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
