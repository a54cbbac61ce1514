"""Reading cases. Functions of a session, for `Database.read` and `.write`.

A case is its own organisation's, and of those who give that kind of support: for everybody else there is none.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select

from hub.errors import NotHereError
from hub.looking import Person
from hub.outbox import Told, told_of
from hub.sessions import Practitioner
from hub.support.codes import TEAM, WORK
from hub.support.ends import Standing, days_left, review_due, standing
from hub.support.tables import Case, Contact, Goal, Handover, Move, Plan, PlanStep, Review
from hub.tables import Arrived

WORKED_ON: Final = ("new", "open")
_ORDER: Final = ("new", "stopped", "ended", "review-overdue", "review", "open")


@dataclass(frozen=True, slots=True)
class Listed:
    """A case in the list. group: what it needs first: as `Standing`, or `review`. left: days until its end."""

    case: Case = field(repr=False)
    group: str
    left: int | None


@dataclass(frozen=True, slots=True)
class Handed:
    """A handover, and what is true of it at the gateway."""

    handover: Handover
    told: Told


@dataclass(frozen=True, slots=True)
class Story:
    """All that the team keeps of one case. goals: each with its steps. left: days until its end."""

    case: Case = field(repr=False)
    standing: Standing
    left: int | None
    review_due: bool
    plan: Plan | None
    goals: tuple[tuple[Goal, tuple[PlanStep, ...]], ...] = field(repr=False)
    reviews: tuple[Review, ...] = field(repr=False)
    contacts: tuple[Contact, ...] = field(repr=False)
    moves: tuple[Move, ...]
    handed: tuple[Handed, ...]
    told: tuple[Told, ...]


def new_id() -> str:
    """A random name for a record; it stands in addresses and says nothing."""
    return secrets.token_urlsafe(12)


def case_of(session: Session, who: Practitioner, case_id: str) -> Case:
    """The case. Raises `NotHereError`, alike for one that does not exist and one that is not theirs."""
    found = session.get(Case, case_id)
    if found is None or found.organisation != who.organisation or found.purpose not in WORK.get(who.role, ()):
        raise NotHereError("case")
    return found


def open_case(session: Session, who: Practitioner, case_id: str) -> Case:
    """The case, to be changed. Raises `NotHereError` for one that nobody works on any more."""
    found = case_of(session, who, case_id)
    if found.state not in WORKED_ON:
        raise NotHereError("case")
    return found


def listed(session: Session, who: Practitioner, now: datetime) -> tuple[Listed, ...]:
    """Everybody whom the practitioner's team supports now: what needs a decision first, then by the end."""
    query = select(Case).where(
        Case.organisation == who.organisation,
        col(Case.purpose).in_(WORK.get(who.role, ())),
        col(Case.state).in_(WORKED_ON),
    )
    found = [_listed(session, case, now) for case in session.exec(query)]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                _ORDER.index(one.group),
                one.left if one.left is not None else 10_000,
                one.case.name,
            ),
        )
    )


def finished(session: Session, who: Practitioner, most: int = 100) -> tuple[Case, ...]:
    """Cases that are closed or were not taken on, newest first."""
    query = select(Case).where(
        Case.organisation == who.organisation,
        col(Case.purpose).in_(WORK.get(who.role, ())),
        col(Case.state).not_in(WORKED_ON),
    )
    return tuple(session.exec(query.order_by(col(Case.closed_at).desc()).limit(most)))


def story_of(session: Session, who: Practitioner, case_id: str, now: datetime) -> Story:
    """All that the team keeps of the case. Raises `NotHereError`."""
    case = case_of(session, who, case_id)
    handovers = session.exec(
        select(Handover).where(Handover.case_id == case_id).order_by(col(Handover.written_at))
    ).all()
    return Story(
        case,
        standing(case, now, stopped=is_stopped(session, case)),
        days_left(case, now),
        review_due(case, now),
        session.get(Plan, case_id),
        goals_of(session, case_id),
        tuple(session.exec(select(Review).where(Review.case_id == case_id).order_by(col(Review.on).desc()))),
        tuple(
            session.exec(
                select(Contact)
                .where(Contact.case_id == case_id)
                .order_by(col(Contact.on).desc(), col(Contact.written_at).desc())
            )
        ),
        tuple(session.exec(select(Move).where(Move.case_id == case_id).order_by(col(Move.on)))),
        tuple(Handed(one, truth_of(session, one)) for one in handovers),
        told_of(session, TEAM, case_id),
    )


def goals_of(session: Session, case_id: str) -> tuple[tuple[Goal, tuple[PlanStep, ...]], ...]:
    """The goals of the case's plan, each with its steps, in the order in which they were written."""
    goals = session.exec(select(Goal).where(Goal.case_id == case_id).order_by(col(Goal.place))).all()
    return tuple(
        (
            goal,
            tuple(
                session.exec(
                    select(PlanStep).where(PlanStep.goal_id == goal.id).order_by(col(PlanStep.place))
                )
            ),
        )
        for goal in goals
    )


def truth_of(session: Session, handover: Handover) -> Told:
    """What is true of a handover: a taking-back that still waits has changed nothing yet."""
    rows = told_of(session, TEAM, handover.id)
    return [one for one in rows if one.kind == "send" or one.state == "withdrawn"][-1]


def is_stopped(session: Session, case: Case) -> bool:
    """Whether the gateway said that the referral was stopped: nothing may be looked at under it any more."""
    arrived = session.get(Arrived, case.referral) if case.referral is not None else None
    return arrived is not None and arrived.status in {"withdrawn", "expired"}


def person_of(case: Case) -> Person:
    """What the case knows of the person, to look by."""
    return Person(
        organisation=case.organisation,
        handle=case.person,
        nhs_number=case.nhs_number,
        name=case.name,
        birth_date=case.birth_date,
        address=case.address,
    )


def _listed(session: Session, case: Case, now: datetime) -> Listed:
    where: str = standing(case, now, stopped=is_stopped(session, case))
    if where == "open" and review_due(case, now):
        where = "review"
    return Listed(case, where, days_left(case, now))
