"""The rows of the outbox: which are due, and what becomes of one. All of it within a transaction; no I/O of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, and_, col, or_, select, text

from hub.gateway_answers import Referral
from hub.tables import ENDED, Outgoing

FIRST_PAUSE: Final = timedelta(seconds=5)
LONGEST_PAUSE: Final = timedelta(minutes=10)
GIVEN_UP_AFTER: Final = timedelta(days=14)
TOO_LATE: Final = "too-late"
BATCH: Final = 50
LOOKED_FOR: Final = timedelta(days=1)
"""For so long after it was given up, a referral is looked for at the gateway: an earlier try may have arrived."""
CLOCKS_APART: Final = timedelta(hours=1)
"""How far our clock may stand from the gateway's."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in a list of referrals, newest first. names: ids. since: also all that was sent after this."""

    names: frozenset[str] = frozenset()
    since: datetime | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether nobody need look."""
        return not self.names and self.since is None

    def is_found(self, seen: frozenset[str], oldest: datetime) -> bool:
        """Whether nothing of it can follow. seen: the ids so far; oldest: when the last of them was sent."""
        return self.names <= seen and (self.since is None or oldest < self.since)


def due(session: Session, now: datetime) -> tuple[Outgoing, ...]:
    """What is to be tried now, the oldest first; of each referral or record only the first that waits."""
    # Two of one transaction have one time: the row's number tells which was written first.
    waiting = session.exec(
        select(Outgoing).where(Outgoing.state == "waiting").order_by(col(Outgoing.made_at), text("rowid"))
    ).all()
    seen: set[str] = set()
    found = []
    for row in waiting:
        # An acceptance goes before the closing of the same referral, whatever their pauses are.
        line = row.referral or f"{row.feature}:{row.record}"
        if line in seen:
            continue
        seen.add(line)
        if row.next_at <= now:
            found.append(row)
    return tuple(found[:BATCH])


def sought(session: Session, organisation: str, now: datetime) -> Sought:
    """What is looked for in the organisation's list of what it sent: what has not ended there, and what may have arrived."""
    mine = (Outgoing.organisation == organisation, Outgoing.kind == "send")
    is_open = select(Outgoing.referral).where(
        *mine, Outgoing.state == "sent", col(Outgoing.status).not_in(ENDED)
    )
    is_unsure = or_(
        col(Outgoing.state) == "waiting",
        and_(col(Outgoing.state) == "failed", col(Outgoing.changed_at) > now - LOOKED_FOR),
    )
    unsure = select(Outgoing.made_at).where(*mine, is_unsure).order_by(col(Outgoing.made_at)).limit(1)
    since = session.exec(unsure).first()
    names = frozenset(one for one in session.exec(is_open) if one is not None)
    return Sought(names, None if since is None else since - CLOCKS_APART)


def note(session: Session, referral: Referral) -> None:
    """Write down how a referral that was sent from here stands, as its sender's list says."""
    row = session.exec(
        select(Outgoing).where(Outgoing.kind == "send", Outgoing.referral == referral.id)
    ).first()
    if row is None and referral.reference is not None:
        # The answer to it was lost: it is ours by the reference that it went with.
        row = session.exec(
            select(Outgoing).where(
                Outgoing.kind == "send",
                Outgoing.organisation == referral.sender,
                Outgoing.state != "sent",
                or_(col(Outgoing.record) == referral.reference, col(Outgoing.key) == referral.reference),
            )
        ).first()
        if row is not None:
            sent(row, referral.id, referral.status, referral.sent_at)
    if row is not None:
        row.status, row.reason, row.changed_at = referral.status, referral.reason, referral.changed_at
        row.outcomes = " ".join(referral.outcomes or ())


def sent(row: Outgoing, referral: str | None, status: str, now: datetime) -> None:
    """It arrived. referral, status: what the gateway calls it, and how it stands there."""
    row.state, row.problem, row.sent_at, row.changed_at = "sent", None, now, now
    row.referral, row.status = referral, status
    # The gateway has it: what it says rests here no longer than it must.
    row.body = ""


def failed(row: Outgoing, problem: str, now: datetime) -> None:
    """It is given up, and what it says deleted. problem: why."""
    row.state, row.problem, row.changed_at, row.body = "failed", problem, now, ""


def later(row: Outgoing, problem: str, now: datetime) -> None:
    """It is tried again after a pause. problem: what it waits for."""
    row.tries += 1
    row.problem = problem
    row.next_at = now + pause(row.tries)


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries - 1, 10)))


def give_up(session: Session, now: datetime) -> None:
    """Give up the referrals that could not be sent for too long."""
    rows = session.exec(
        select(Outgoing).where(
            Outgoing.state == "waiting",
            Outgoing.kind == "send",
            col(Outgoing.made_at) <= now - GIVEN_UP_AFTER,
        )
    )
    for row in rows:
        failed(row, TOO_LATE, now)


def wake(session: Session, organisation: str, subject: str, now: datetime) -> None:
    """Have everything that waits for this practitioner tried now."""
    rows = session.exec(
        select(Outgoing).where(
            Outgoing.state == "waiting",
            Outgoing.organisation == organisation,
            Outgoing.subject == subject,
        )
    )
    for row in rows:
        row.next_at, row.tries, row.problem = now, 0, None
