"""The outbox at rest: written in the transaction of what it tells of, so that whatever was decided is told of, and no more.

A worker takes a message in hand by a committed change of its due time (a lease), sends it, and only then deletes it. A
process that is killed in between loses nothing: when the lease is over, it is sent again under the same reference.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, column, delete, insert, select, table, update

from core.storage import Database
from core.times import to_ms
from gateway.channels.ports import About

FIRST_PAUSE = timedelta(minutes=1)
"""The lease, and the pause after a first failure; longer than any channel waits for its answer."""
LONGEST_PAUSE = timedelta(hours=6)
AT_ONCE = 50
"""How many messages one worker takes in hand at a time."""

_OUTBOX = table("outbox", *(column(name) for name in ("id", "person", "about", "due_ms", "tries")))


@dataclass(frozen=True, slots=True)
class Due:
    """A message taken in hand. id: opaque, its reference at the channel. tries: this one included."""

    id: str
    person: str
    about: About
    tries: int


class Outbox:
    """Messages that are still to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, tx: Connection, person: str, about: About, due: datetime) -> None:
        """Have a person told, not before `due`. Several of a kind that nobody was told of yet make one message.

        An ending apart: each is told in its own time.
        """
        if about is not About.ENDING:
            waiting = select(_OUTBOX.c.id).where(_OUTBOX.c.person == person, _OUTBOX.c.about == about.value)
            if tx.execute(waiting.limit(1)).first() is not None:
                return
        tx.execute(
            insert(_OUTBOX).values(
                id=secrets.token_urlsafe(18), person=person, about=about.value, due_ms=to_ms(due), tries=0
            )
        )

    def take(self, now: datetime) -> tuple[Due, ...]:
        """Take what is due in hand, oldest first: until its lease is over, no other worker does."""
        due = (
            select(_OUTBOX.c.id, _OUTBOX.c.person, _OUTBOX.c.about, _OUTBOX.c.tries)
            .where(_OUTBOX.c.due_ms <= to_ms(now))
            .order_by(_OUTBOX.c.due_ms)
            .limit(AT_ONCE)
        )
        with self._database.read() as tx:
            if tx.execute(due.limit(1)).first() is None:
                # Most looks find nothing, and must not take SQLite's one write lock for it.
                return ()
        with self._database.write() as tx:
            taken: dict[tuple[str, str], Due] = {}
            for row in tx.execute(due.with_for_update(skip_locked=True)).all():
                this = _OUTBOX.c.id == row.id
                if (row.person, row.about) in taken:
                    # One message tells of all that is to be told of the same by now.
                    tx.execute(delete(_OUTBOX).where(this))
                    continue
                again = to_ms(now + pause(row.tries + 1))
                tx.execute(update(_OUTBOX).where(this).values(tries=row.tries + 1, due_ms=again))
                taken[row.person, row.about] = Due(row.id, row.person, About(row.about), row.tries + 1)
        return tuple(taken.values())

    def put_off(self, due: Due, until: datetime) -> None:
        """Not before then; this try does not count."""
        with self._database.write() as tx:
            this = update(_OUTBOX).where(_OUTBOX.c.id == due.id)
            tx.execute(this.values(due_ms=to_ms(until), tries=due.tries - 1))

    def done(self, due: Due, now: datetime) -> None:
        """It was sent, or came to nothing; so did what else was to tell the same person of the same by now."""
        with self._database.write() as tx:
            tx.execute(delete(_OUTBOX).where(_OUTBOX.c.id == due.id))
            tx.execute(
                delete(_OUTBOX).where(
                    _OUTBOX.c.person == due.person,
                    _OUTBOX.c.about == due.about.value,
                    _OUTBOX.c.due_ms <= to_ms(now),
                )
            )


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 16))
