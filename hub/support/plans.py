"""The plan that the team writes with the person: its own record, and what of it others may be served.

Functions of a session. `plan_held` gives it as the gateway's section support-plan publishes it (policies/sections); where
the case's organisation is a source, the gateway is told of it in the transaction that begins or ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from hub.errors import NotHereError
from hub.gateway_answers import Demographics
from hub.looking import identified
from hub.outbox import Kind, put, told_of
from hub.pages.words import london_day
from hub.partners import Partners
from hub.sessions import Practitioner
from hub.source import HeldPlan
from hub.support.cases import goals_of, is_stopped, new_id, open_case, person_of
from hub.support.codes import KINDS, TEAM
from hub.support.plan_text import Planned
from hub.support.tables import Case, Goal, Plan, PlanStep


def plan_held(session: Session, case_id: str) -> HeldPlan | None:
    """The plan of a case that is worked on, as the gateway may ask for it. See `hub.parts.Feature.plan_of`.

    What was not taken on yet, is over or was stopped is served to nobody.
    """
    case, plan = session.get(Case, case_id), session.get(Plan, case_id)
    if case is None or plan is None or case.state != "open" or is_stopped(session, case):
        return None
    goals = [one.what for one, _ in goals_of(session, case_id) if one.reached_at is None]
    fields = {
        "category": KINDS[case.purpose].title,
        "status": plan.status,
        "start_date": plan.start_date.isoformat(),
        "lead_role": plan.lead_role,
    }
    if goals:
        fields["goals"] = "\n".join(goals)
    if case.review_on is not None:
        fields["review_date"] = case.review_on.isoformat()
    return HeldPlan(case.organisation, plan.written_at or case.began_at, fields, until=case.ends_at)


def point(session: Session, case: Case, partners: Partners, now: datetime) -> None:
    """Have the gateway told that the organisation holds a plan of this person, where it is a source; once.

    Of somebody who cannot be identified surely, and of a case that is not taken on, it is not told.
    """
    at, who = partners.organisation(case.organisation), identified(person_of(case))
    told = any(one.kind == "hold" for one in told_of(session, TEAM, case.id))
    if case.state == "open" and at is not None and at.is_source and who is not None and not told:
        _tell(session, case, "hold", now, who)


def unpoint(session: Session, case: Case, now: datetime) -> None:
    """Have it told that it holds none any more."""
    if any(one.kind == "hold" for one in told_of(session, TEAM, case.id)):
        _tell(session, case, "release", now)


def _tell(
    session: Session, case: Case, kind: Kind, now: datetime, who: Demographics | str | None = None
) -> None:
    put(
        session,
        now,
        kind=kind,
        organisation=case.organisation,
        subject=None,
        feature=TEAM,
        record=case.id,
        body={},
        trace=who,
    )


def unfinished(session: Session, case_id: str) -> tuple[Planned, ...]:
    """What of the plan is still to be done: what goes along with a handover."""
    return tuple(
        Planned(goal.what, tuple((one.what, one.who) for one in steps if one.done_at is None))
        for goal, steps in goals_of(session, case_id)
        if goal.reached_at is None
    )


def begin_with(session: Session, case: Case, plan: Sequence[Planned], now: datetime, lead_role: str) -> None:
    """Begin the case with a plan that was handed over, so that nobody tells it again."""
    session.add(
        Plan(
            case_id=case.id,
            start_date=london_day(now),
            lead_role=lead_role,
            handed_by=case.sender,
            written_at=now,
        )
    )
    for number, one in enumerate(plan):
        goal = Goal(id=new_id(), case_id=case.id, place=number, what=one.goal)
        session.add(goal)
        session.flush()
        session.add_all(_steps(goal.id, one.steps))


def add_goal(
    session: Session,
    who: Practitioner,
    title: str,
    case_id: str,
    what: str,
    partners: Partners,
    now: datetime,
) -> None:
    """Write a goal down; the first begins the plan."""
    case = open_case(session, who, case_id)
    if session.get(Plan, case_id) is None:
        session.add(Plan(case_id=case_id, start_date=london_day(now), lead_role=title))
        session.flush()
        point(session, case, partners, now)
    place = session.exec(select(func.count()).select_from(Goal).where(Goal.case_id == case_id)).one()
    session.add(Goal(id=new_id(), case_id=case_id, place=place, what=what))
    _written(session, case_id, now)


def add_step(
    session: Session,
    who: Practitioner,
    case_id: str,
    goal_id: str,
    what: str,
    by: str,
    due: date | None,
) -> None:
    """Write a step of a goal down. Steps are the team's own: nobody else is served them."""
    goal = goal_of(session, who, case_id, goal_id)
    place = session.exec(select(func.count()).select_from(PlanStep).where(PlanStep.goal_id == goal.id)).one()
    session.add(PlanStep(id=new_id(), goal_id=goal.id, place=place, what=what, who=by, due=due))


def reach(session: Session, who: Practitioner, case_id: str, goal_id: str, now: datetime) -> None:
    """The goal is reached."""
    goal = goal_of(session, who, case_id, goal_id)
    goal.reached_at = goal.reached_at or now
    _written(session, case_id, now)


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


def _written(session: Session, case_id: str, now: datetime) -> None:
    plan = session.get(Plan, case_id)
    if plan is not None:
        plan.written_at = now


def _steps(goal_id: str, steps: Iterable[tuple[str, str]]) -> Iterable[PlanStep]:
    for number, (what, who) in enumerate(steps):
        yield PlanStep(id=new_id(), goal_id=goal_id, place=number, what=what, who=who)
