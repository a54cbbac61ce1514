"""The sealed inputs of decisions, read to be asked again and deleted when their day has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import column, delete, select, table

from core.storage import Database
from core.times import to_ms

CHUNK = 500
"""How many rows are held in memory, or deleted in one transaction, at most."""

_INPUT = table("decision_input", *(column(name) for name in ("index", "tag", "sealed", "until_ms")))
_DETAIL = table("log_entry_detail", column("index"), column("at_ms"), column("recipient"))


@dataclass(frozen=True, slots=True)
class SealedInput:
    """One decision's input as it rests: its entry's place and time (milliseconds since 1970), and whose key opens it."""

    index: int
    at_ms: int
    tag: bytes
    sealed: bytes


def sealed_inputs(
    database: Database, since_ms: int | None, until_ms: int | None, organisation: str | None
) -> Iterator[SealedInput]:
    """The inputs of the entries of that time (until exclusive) and of that recipient, oldest first, chunk by chunk."""
    wanted = (
        select(_INPUT.c.index, _DETAIL.c.at_ms, _INPUT.c.tag, _INPUT.c.sealed)
        .join(_DETAIL, _DETAIL.c.index == _INPUT.c.index)
        .order_by(_INPUT.c.index)
        .limit(CHUNK)
    )
    if since_ms is not None:
        wanted = wanted.where(_DETAIL.c.at_ms >= since_ms)
    if until_ms is not None:
        wanted = wanted.where(_DETAIL.c.at_ms < until_ms)
    if organisation is not None:
        wanted = wanted.where(_DETAIL.c.recipient == organisation)
    last = -1
    while True:
        with database.read() as tx:
            rows = tx.execute(wanted.where(_INPUT.c.index > last)).all()
        for index, at_ms, tag, sealed in rows:
            yield SealedInput(index, at_ms, bytes(tag), bytes(sealed))
        if len(rows) < CHUNK:
            return
        last = rows[-1][0]


def purge_inputs(database: Database, now: datetime) -> int:
    """Delete the inputs whose day has come; gives how many. Safe to repeat, and beside a gateway that serves."""
    gone = 0
    due = select(_INPUT.c.index).where(_INPUT.c.until_ms <= to_ms(now)).limit(CHUNK)
    while True:
        with database.write() as tx:
            deleted = tx.execute(delete(_INPUT).where(_INPUT.c.index.in_(due))).rowcount
        gone += deleted
        if deleted < CHUNK:
            return gone
