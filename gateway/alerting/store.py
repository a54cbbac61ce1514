"""Alerts as they stand: opened beside their look, read for the queue, closed by an answer. No decisions here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, column, func, insert, or_, select, table
from sqlalchemy import update as change

from audit.alerts.facts import Rule
from audit.alerts.rules import ANSWER_WITHIN, holds_for
from core.storage import Database, Prepared
from core.times import to_ms

EXPLAINED, MISUSE, UNCLEAR = "alert-explained", "alert-misuse", "alert-unclear"
"""The outcomes of the entries that tell of answers (docs/audit-log.md)."""

ANSWER_KIND: Final = "alert"
"""What `review_decision` calls an answer that the person is told."""

_COLUMNS = (
    "index",
    "rule",
    "organisation",
    "opened_ms",
    "due_ms",
    "numbers",
    "about",
    "closed_ms",
    "outcome",
    "closed_entry",
)
_ALERT = table("alert", *(column(name) for name in _COLUMNS))
_DECISION = table(
    "review_decision",
    *(column(name) for name in ("index", "about", "kind", "organisation", "outcome", "at_ms")),
)
_OPEN = _COLUMNS[:7]
_ADD = Prepared(insert(_ALERT).values({name: bindparam(name) for name in _OPEN}))
_ASKED = Prepared(
    select(_ALERT.c.index)
    .where(
        _ALERT.c.about == bindparam("about"),
        _ALERT.c.opened_ms >= bindparam("since_ms"),
        or_(_ALERT.c.outcome.is_(None), _ALERT.c.outcome == EXPLAINED),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Opening:
    """An alert that is about to stand beside a look. about: see `AlertRow`; numbers: sealed."""

    rule: Rule
    about: bytes
    numbers: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """One alert as it stands; see `gateway.alerting.tables.AlertRow`."""

    index: int
    rule: Rule
    organisation: str
    opened_ms: int
    due_ms: int
    numbers: bytes | None
    closed_ms: int | None
    outcome: str | None
    closed_entry: int | None


def open_alert(tx: Connection, index: int, organisation: str, opening: Opening, at: datetime) -> bool:
    """Let an alert stand beside the look at that place; False where the same was asked a while ago."""
    since = to_ms(at - holds_for(opening.rule))
    if _ASKED.rows(tx, about=opening.about, since_ms=since):
        return False
    row: Mapping[str, object] = {
        "index": index,
        "rule": opening.rule.value,
        "organisation": organisation,
        "opened_ms": to_ms(at),
        "due_ms": to_ms(at + ANSWER_WITHIN[opening.rule]),
        "numbers": opening.numbers,
        "about": opening.about,
    }
    _ADD.write(tx, [row])
    return True


class Alerts:
    """The alerts of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def waiting(self, organisation: str, limit: int) -> tuple[StoredAlert, ...]:
        """An organisation's open alerts, the earliest due first."""
        wanted = (
            _stored()
            .where(_ALERT.c.organisation == organisation, _ALERT.c.closed_ms.is_(None))
            .order_by(_ALERT.c.due_ms, _ALERT.c.index, _ALERT.c.rule)
            .limit(limit)
        )
        with self.database.read() as tx:
            return tuple(_alert(*row) for row in tx.execute(wanted))

    def count(self, organisation: str, now_ms: int) -> tuple[int, int]:
        """How many alerts of an organisation are open, and how many of them are overdue."""
        wanted = select(func.count(), func.count().filter(_ALERT.c.due_ms < now_ms)).where(
            _ALERT.c.organisation == organisation, _ALERT.c.closed_ms.is_(None)
        )
        with self.database.read() as tx:
            row = tx.execute(wanted).one()
        return row[0], row[1]

    def one(self, index: int, rule: Rule, organisation: str) -> StoredAlert | None:
        """One alert, open or answered."""
        wanted = _stored().where(
            _ALERT.c.index == index, _ALERT.c.rule == rule.value, _ALERT.c.organisation == organisation
        )
        with self.database.read() as tx:
            row = tx.execute(wanted).one_or_none()
        return None if row is None else _alert(*row)

    def outcomes(self, organisation: str, since_ms: int) -> Mapping[tuple[Rule, str | None], int]:
        """(rule, outcome) -> how many alerts of an organisation that were opened since then; outcome None: open."""
        wanted = (
            select(_ALERT.c.rule, _ALERT.c.outcome, func.count())
            .where(_ALERT.c.organisation == organisation, _ALERT.c.opened_ms >= since_ms)
            .group_by(_ALERT.c.rule, _ALERT.c.outcome)
        )
        with self.database.read() as tx:
            return {(Rule(row[0]), row[1]): row[2] for row in tx.execute(wanted)}


# Inside the transaction that also writes the answer's entry ---------------------------------------------------------


def close(tx: Connection, alert: StoredAlert, outcome: str, now_ms: int) -> bool:
    """Close an alert; False where somebody else was quicker."""
    closing = change(_ALERT).where(
        _ALERT.c.index == alert.index, _ALERT.c.rule == alert.rule.value, _ALERT.c.closed_ms.is_(None)
    )
    return tx.execute(closing.values(closed_ms=now_ms, outcome=outcome)).rowcount == 1


def settle(tx: Connection, alert: StoredAlert, outcome: str, now_ms: int, place: int) -> None:
    """Once the answer's entry has its place: name it beside the alert; and misuse, where the person finds it."""
    closed = change(_ALERT).where(_ALERT.c.index == alert.index, _ALERT.c.rule == alert.rule.value)
    tx.execute(closed.values(closed_entry=place))
    if outcome == MISUSE:
        tx.execute(
            insert(_DECISION).values(
                index=place,
                about=alert.index,
                kind=ANSWER_KIND,
                organisation=alert.organisation,
                outcome=outcome,
                at_ms=now_ms,
            )
        )


def _stored() -> Select[Any]:
    return select(*(one for one in _ALERT.c if one.name != "about"))


def _alert(index: int, rule: str, *rest: object) -> StoredAlert:
    return StoredAlert(index, Rule(rule), *rest)  # type: ignore[arg-type] # as the columns stand
