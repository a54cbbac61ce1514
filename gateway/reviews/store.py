"""Reading and closing reviews, and the condition by which what is held back is unseen by the person it is about.

Cold paths, on SQL. Who may decide is settled in `gateway.reviews.deciding`; here a change either finds the task and the
hold as the officer's page showed them, or says that it did not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Update,
    and_,
    column,
    exists,
    func,
    insert,
    or_,
    select,
    table,
)
from sqlalchemy import update as change

from audit.entries import Kind
from core.storage import Database

BREAK_GLASS, HOLD_BACK, LOOK_AGAIN, SAMPLE = "break-glass", "hold-back", "look-again", "sample"
"""The kinds of task: was the look right, is it rightly held back, is there still danger; drawn by chance, was it right."""

RIGHT, WRONG = "review-right", "review-wrong"
ERASED = "person-erased"
"""How a spot check ends whose look nobody can read any more."""
COUNTERSIGNED, ENDED, EXTENDED = "hold-countersigned", "hold-ended", "hold-extended"
"""The outcomes of the entries that tell of decisions (docs/audit-log.md)."""

_TASK = table(
    "review_task",
    *(
        column(name)
        for name in (
            "index",
            "kind",
            "organisation",
            "opened_ms",
            "due_ms",
            "closed_ms",
            "outcome",
            "closed_entry",
        )
    ),
)
_HELD = table(
    "held_entry",
    *(
        column(name)
        for name in ("index", "reason", "held_ms", "look_again_ms", "countersigned_ms", "released_ms")
    ),
)
_DECISION = table(
    "review_decision",
    *(column(name) for name in ("index", "about", "kind", "organisation", "outcome", "at_ms")),
)


@dataclass(frozen=True, slots=True)
class StoredTask:
    """One review as it stands. outcome: None while it is open."""

    index: int
    kind: str
    organisation: str
    opened_ms: int
    due_ms: int
    closed_ms: int | None
    outcome: str | None
    closed_entry: int | None


@dataclass(frozen=True, slots=True)
class StoredHold:
    """One entry's hold as it stands. released_ms: None while the person is not told."""

    index: int
    reason: str
    held_ms: int
    look_again_ms: int
    countersigned_ms: int | None
    released_ms: int | None


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """One decision: where its entry stands, and the entry that it is about."""

    index: int
    about: int
    kind: str
    organisation: str
    outcome: str
    at_ms: int


class Reviews:
    """The reviews and holds of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def waiting(self, organisation: str, limit: int) -> tuple[StoredTask, ...]:
        """An organisation's open reviews, the earliest due first."""
        wanted = (
            select(_TASK)
            .where(_TASK.c.organisation == organisation, _TASK.c.closed_ms.is_(None))
            .order_by(_TASK.c.due_ms, _TASK.c.index, _TASK.c.kind)
            .limit(limit)
        )
        with self.database.read() as tx:
            return tuple(StoredTask(*row) for row in tx.execute(wanted))

    def count(self, organisation: str, now_ms: int) -> tuple[int, int]:
        """How many reviews of an organisation are open, and how many of them are overdue."""
        wanted = select(func.count(), func.count().filter(_TASK.c.due_ms < now_ms)).where(
            _TASK.c.organisation == organisation, _TASK.c.closed_ms.is_(None)
        )
        with self.database.read() as tx:
            row = tx.execute(wanted).one()
        return row[0], row[1]

    def task(self, index: int, kind: str, organisation: str) -> StoredTask | None:
        """One review, open or closed."""
        wanted = select(_TASK).where(
            _TASK.c.index == index, _TASK.c.kind == kind, _TASK.c.organisation == organisation
        )
        with self.database.read() as tx:
            row = tx.execute(wanted).one_or_none()
        return None if row is None else StoredTask(*row)

    def tasks(self, indexes: Iterable[int]) -> dict[int, tuple[StoredTask, ...]]:
        """All reviews of some entries, by entry; in a fixed order."""
        wanted = (
            select(_TASK)
            .where(_TASK.c.index.in_(list(indexes)))
            .order_by(_TASK.c.index, _TASK.c.kind, _TASK.c.organisation)
        )
        found: dict[int, tuple[StoredTask, ...]] = {}
        with self.database.read() as tx:
            for task in (StoredTask(*row) for row in tx.execute(wanted)):
                found[task.index] = (*found.get(task.index, ()), task)
        return found

    def holds(self, indexes: Iterable[int]) -> dict[int, StoredHold]:
        """The holds of some entries, by entry, ended ones too."""
        wanted = select(_HELD).where(_HELD.c.index.in_(list(indexes)))
        with self.database.read() as tx:
            return {hold.index: hold for hold in (StoredHold(*row) for row in tx.execute(wanted))}

    def oldest_held(self) -> int | None:
        """When the oldest entry was written that is held back from anybody, in milliseconds; None where nothing is."""
        wanted = select(func.min(_HELD.c.held_ms)).where(_HELD.c.released_ms.is_(None))
        with self.database.read() as tx:
            found: int | None = tx.execute(wanted).scalar()
        return found

    def decisions(self, indexes: Iterable[int]) -> dict[int, StoredDecision]:
        """Of entries that tell of decisions: what was decided, by their own index."""
        wanted = select(_DECISION).where(_DECISION.c.index.in_(list(indexes)))
        with self.database.read() as tx:
            return {one.index: one for one in (StoredDecision(*row) for row in tx.execute(wanted))}

    def decided_about(self, index: int) -> tuple[StoredDecision, ...]:
        """What was decided about an entry, the oldest first."""
        wanted = select(_DECISION).where(_DECISION.c.about == index).order_by(_DECISION.c.index)
        with self.database.read() as tx:
            return tuple(StoredDecision(*row) for row in tx.execute(wanted))


def is_told(detail: FromClause) -> ColumnElement[bool]:
    """SQL: the person may see a row of `log_entry_detail`: it is not held back, nor a decision about one that is.

    It is part of each statement that reads for the person, so that no hold is written between two of them.
    """
    held = exists().where(_HELD.c.index == detail.c.index, _HELD.c.released_ms.is_(None))
    about_held = exists().where(
        _DECISION.c.index == detail.c.index,
        _HELD.c.index == _DECISION.c.about,
        _HELD.c.released_ms.is_(None),
    )
    return and_(~held, ~about_held)


def stands_in_history(detail: FromClause) -> ColumnElement[bool]:
    """SQL: the person may see it, and where it is an administrator's doing, it is a decision about one of their looks."""
    decision = exists().where(_DECISION.c.index == detail.c.index)
    return and_(is_told(detail), or_(detail.c.kind != Kind.ADMINISTRATION.value, decision))


# Inside the transaction that also writes the decision's entry -----------------------------------------------------


def close(tx: Connection, task: StoredTask, outcome: str, now_ms: int) -> bool:
    """Close a review; False if it no longer stands as it was seen."""
    closing = _as_seen(task).values(closed_ms=now_ms, outcome=outcome)
    return tx.execute(closing).rowcount == 1


def countersign(tx: Connection, index: int, now_ms: int) -> bool:
    """Note that an officer agreed; False if it is held back no longer."""
    signing = change(_HELD).where(_HELD.c.index == index, _HELD.c.released_ms.is_(None))
    return tx.execute(signing.values(countersigned_ms=now_ms)).rowcount == 1


def put_off(tx: Connection, task: StoredTask, look_again_ms: int) -> bool:
    """Look at the danger again on a later day; False if the task or the hold no longer stands as it was seen."""
    if tx.execute(_as_seen(task).values(due_ms=look_again_ms)).rowcount != 1:
        return False
    holding = change(_HELD).where(_HELD.c.index == task.index, _HELD.c.released_ms.is_(None))
    return tx.execute(holding.values(look_again_ms=look_again_ms)).rowcount == 1


def release(tx: Connection, task: StoredTask, now_ms: int) -> bool:
    """Tell the person: end the hold and all its reviews; False if the task or the hold no longer stands as it was seen."""
    if not close(tx, task, ENDED, now_ms):
        return False
    others = change(_TASK).where(
        _TASK.c.index == task.index,
        _TASK.c.kind.in_((HOLD_BACK, LOOK_AGAIN)),
        _TASK.c.closed_ms.is_(None),
    )
    tx.execute(others.values(closed_ms=now_ms, outcome=ENDED))
    ending = change(_HELD).where(_HELD.c.index == task.index, _HELD.c.released_ms.is_(None))
    return tx.execute(ending.values(released_ms=now_ms)).rowcount == 1


def settle(tx: Connection, task: StoredTask, outcome: str, now_ms: int, place: int) -> None:
    """Once the decision's entry has its place in the log: name it where the decision is looked up."""
    tx.execute(
        insert(_DECISION).values(
            index=place,
            about=task.index,
            kind=task.kind,
            organisation=task.organisation,
            outcome=outcome,
            at_ms=now_ms,
        )
    )
    # Those that this decision closed: its own task, or with the hold's end all that hung on the hold.
    closed = change(_TASK).where(
        _TASK.c.index == task.index,
        _TASK.c.outcome == outcome,
        _TASK.c.closed_ms == now_ms,
        _TASK.c.closed_entry.is_(None),
    )
    if outcome != ENDED:
        closed = closed.where(_TASK.c.kind == task.kind, _TASK.c.organisation == task.organisation)
    tx.execute(closed.values(closed_entry=place))


def _as_seen(task: StoredTask) -> Update:
    return change(_TASK).where(
        _TASK.c.index == task.index,
        _TASK.c.kind == task.kind,
        _TASK.c.organisation == task.organisation,
        _TASK.c.closed_ms.is_(None),
        _TASK.c.due_ms == task.due_ms,
    )
