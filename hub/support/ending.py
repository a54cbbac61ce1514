"""Deleting what is past its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import Session, SQLModel, col, delete, or_, select

from hub import inbox
from hub.outbox import forget
from hub.support.codes import TEAM
from hub.support.tables import Case, Contact, Goal, Handover, Move, Plan, PlanStep, Review

KEPT_AFTER_CLOSING: Final = timedelta(days=6 * 365 + 2)
KEPT_NOT_TAKEN: Final = timedelta(days=90)
KEPT_CONTACTS: Final = timedelta(days=365)


def sweep(session: Session, now: datetime) -> int:
    """Delete it; gives how many cases and attempts to get in touch went. See `hub.parts.Feature.sweep`."""
    old = session.exec(
        select(Case.id, Case.referral).where(
            or_(
                col(Case.closed_at) < now - KEPT_AFTER_CLOSING,
                (col(Case.state) == "not-taken") & (col(Case.closed_at) < now - KEPT_NOT_TAKEN),
            )
        )
    ).all()
    for case_id, referral in old:
        goals = session.exec(select(Goal.id).where(Goal.case_id == case_id)).all()
        session.exec(delete(PlanStep).where(col(PlanStep.goal_id).in_(goals)))
        for name in session.exec(select(Handover.id).where(Handover.case_id == case_id)).all():
            forget(session, TEAM, name)
        owned: tuple[type[SQLModel], ...] = (Goal, Plan, Review, Contact, Move, Handover)
        for table in owned:
            session.exec(delete(table).where(table.case_id == case_id))  # type: ignore[attr-defined] # each of them has it
        session.exec(delete(Case).where(col(Case.id) == case_id))
        forget(session, TEAM, case_id)
        inbox.forget(session, referral)
    tries = session.exec(select(Contact.id).where(col(Contact.written_at) < now - KEPT_CONTACTS)).all()
    session.exec(delete(Contact).where(col(Contact.id).in_(tries)))
    return len(old) + len(tries)
