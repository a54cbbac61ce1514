"""The plan that the team writes with the person: its own record, and what of it others may be served.

Functions of a session. `served` gives it as the gateway's section support-plan publishes it (policies/sections).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from hub.errors import NotHereError
from hub.sessions import Practitioner
from hub.support.cases import goals_of, new_id, open_case
from hub.support.codes import KINDS
from hub.support.plan_text import Planned
from hub.support.tables import Case, Goal, Plan, PlanStep


@dataclass(frozen=True, slots=True)
class Served:
    """A plan as the section support-plan has it. goals: those that are not reached, in the person's words."""

    category: str
    status: str
    goals: tuple[str, ...] = field(repr=False)
    start_date: date
    review_date: date | None
    lead_role: str


def served(session: Session, organisation: str, nhs_number: str) -> tuple[Served, ...]:
    """The organisation's plans for a person whom it supports now; what is over, or was not taken on, is served to nobody."""
    cases = session.exec(
        select(Case).where(
            Case.organisation == organisation, Case.nhs_number == nhs_number, Case.state == "open"
        )
    ).all()
    plans = ((case, session.get(Plan, case.id)) for case in cases)
    return tuple(
        Served(
            KINDS[case.purpose].title,
            plan.status,
            tuple(one.what for one, _ in goals_of(session, case.id) if one.reached_at is None),
            plan.start_date,
            case.review_on,
            plan.lead_role,
        )
        for case, plan in plans
        if plan is not None
    )


def unfinished(session: Session, case_id: str) -> tuple[Planned, ...]:
    """What of the plan is still to be done: what goes along with a handover."""
    return tuple(
        Planned(goal.what, tuple((one.what, one.who) for one in steps if one.done_at is None))
        for goal, steps in goals_of(session, case_id)
        if goal.reached_at is None
    )


def begin_with(session: Session, case: Case, plan: Sequence[Planned], today: date, lead_role: str) -> None:
    """Begin the case with a plan that was handed over, so that nobody tells it again."""
    session.add(Plan(case_id=case.id, start_date=today, lead_role=lead_role, handed_by=case.sender))
    for number, one in enumerate(plan):
        goal = Goal(id=new_id(), case_id=case.id, place=number, what=one.goal)
        session.add(goal)
        session.flush()
        session.add_all(_steps(goal.id, one.steps))


def add_goal(session: Session, who: Practitioner, title: str, case_id: str, what: str, today: date) -> None:
    """Write a goal down; the first begins the plan."""
    open_case(session, who, case_id)
    if session.get(Plan, case_id) is None:
        session.add(Plan(case_id=case_id, start_date=today, lead_role=title))
        session.flush()
    place = session.exec(select(func.count()).select_from(Goal).where(Goal.case_id == case_id)).one()
    session.add(Goal(id=new_id(), case_id=case_id, place=place, what=what))


def add_step(
    session: Session, who: Practitioner, case_id: str, goal_id: str, what: str, by: str, due: date | None
) -> None:
    """Write a step of a goal down."""
    goal = goal_of(session, who, case_id, goal_id)
    place = session.exec(select(func.count()).select_from(PlanStep).where(PlanStep.goal_id == goal.id)).one()
    session.add(PlanStep(id=new_id(), goal_id=goal.id, place=place, what=what, who=by, due=due))


def reach(session: Session, who: Practitioner, case_id: str, goal_id: str, now: datetime) -> None:
    """The goal is reached."""
    goal = goal_of(session, who, case_id, goal_id)
    goal.reached_at = goal.reached_at or now


def finish_step(session: Session, who: Practitioner, case_id: str, step_id: str, now: datetime) -> None:
    """The step is done."""
    open_case(session, who, case_id)
    step = session.exec(
        select(PlanStep).join(Goal).where(Goal.case_id == case_id, PlanStep.id == step_id)
    ).first()
    if step is None:
        raise NotHereError("step")
    step.done_at = step.done_at or now


def goal_of(session: Session, who: Practitioner, case_id: str, goal_id: str) -> Goal:
    """A goal of a case that is worked on. Raises `NotHereError`."""
    open_case(session, who, case_id)
    goal = session.exec(select(Goal).where(col(Goal.id) == goal_id, Goal.case_id == case_id)).first()
    if goal is None:
        raise NotHereError("goal")
    return goal


def _steps(goal_id: str, steps: Iterable[tuple[str, str]]) -> Iterable[PlanStep]:
    for number, (what, who) in enumerate(steps):
        yield PlanStep(id=new_id(), goal_id=goal_id, place=number, what=what, who=who)
