"""Reading cases. Functions of a session, for `Database.read` and `.write`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from hub.errors import NotHereError
from hub.interact.codes import TEAM
from hub.interact.tables import Case, Colleague, Helper, Measure, Plan, Seen, Task, Visit
from hub.outbox import Told, told_of
from hub.tables import Arrived

OPEN: Final = ("new", "open")
Group = Literal["new", "late", "coming", "idle"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A case in the team's list. next: its earliest task that is not done. stopped: the person or the sender ended it."""

    case: Case
    next: Task | None
    group: Group
    stopped: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All that the team keeps of one case. stopped: as the gateway last said, withdrawn or expired; sharing has ended.

    shared_with: with whom of the team it is shared beside the organisation at which it arrived.
    """

    case: Case = field(repr=False)
    tasks: tuple[Task, ...]
    helpers: tuple[Helper, ...]
    visits: tuple[tuple[Visit, tuple[Seen, ...]], ...]
    measures: tuple[Measure, ...]
    plan: Plan | None
    told: tuple[Told, ...]
    stopped: bool
    shared_with: tuple[str, ...] = ()


def new_id() -> str:
    """A random name for a record; it stands in addresses and says nothing."""
    return secrets.token_urlsafe(12)


def case_of(session: Session, case_id: str) -> Case:
    """The case. Raises `NotHereError`."""
    found = session.get(Case, case_id)
    if found is None:
        raise NotHereError("case")
    return found


def open_case(session: Session, case_id: str) -> Case:
    """The case, to be changed. Raises `NotHereError` for one that nobody works on any more."""
    found = case_of(session, case_id)
    if found.state not in OPEN:
        raise NotHereError("case")
    return found


def standings(session: Session, organisation: str, today: date) -> tuple[Standing, ...]:
    """Everybody whom the team helps now and whose case is shared there: new ones first, then by the day of the next step."""
    query = select(Case).where(col(Case.state).in_(OPEN), _found_at(organisation))
    cases = session.exec(query.order_by(col(Case.arrived_at))).all()
    found = [_standing(session, case, today) for case in cases]
    order = ("new", "late", "coming", "idle")
    return tuple(
        sorted(found, key=lambda one: (order.index(one.group), one.next.due if one.next else date.max))
    )


def finished(session: Session, organisation: str, most: int = 100) -> tuple[Case, ...]:
    """Cases that are closed or were not taken on, newest first, as far as they are shared there."""
    query = select(Case).where(col(Case.state).not_in(OPEN), _found_at(organisation))
    return tuple(session.exec(query.order_by(col(Case.closed_at).desc()).limit(most)))


def story_of(session: Session, case_id: str) -> Story:
    """All that the team keeps of the case. Raises `NotHereError`."""
    case = case_of(session, case_id)
    visits = session.exec(
        select(Visit).where(Visit.case_id == case_id).order_by(col(Visit.visited_on).desc())
    ).all()
    return Story(
        case,
        tuple(session.exec(select(Task).where(Task.case_id == case_id).order_by(col(Task.due)))),
        tuple(session.exec(select(Helper).where(Helper.case_id == case_id).order_by(col(Helper.who)))),
        tuple(
            (visit, tuple(session.exec(select(Seen).where(Seen.visit_id == visit.id)))) for visit in visits
        ),
        tuple(session.exec(select(Measure).where(Measure.case_id == case_id))),
        session.get(Plan, case_id),
        told_of(session, TEAM, case_id),
        is_stopped(session, case),
        shared_with(session, case),
    )


def shared_with(session: Session, case: Case) -> tuple[str, ...]:
    """With whom else of the team it is shared, by name; empty for one of before, which all of the team find."""
    found = session.exec(select(Colleague.organisation).where(Colleague.case_id == case.id))
    return tuple(sorted(found))


def is_shared_with(session: Session, case: Case, organisation: str) -> bool:
    """Whether whoever works there finds the case."""
    query = select(Case.id).where(Case.id == case.id, _found_at(organisation))
    return session.exec(query).first() is not None


def _found_at(organisation: str) -> ColumnElement[bool]:
    named = select(Colleague.case_id).where(Colleague.organisation == organisation)
    return or_(col(Case.is_named).is_(False), col(Case.organisation) == organisation, col(Case.id).in_(named))


def is_stopped(session: Session, case: Case) -> bool:
    """Whether the gateway said that the referral was stopped: nothing may be looked at under it any more."""
    arrived = session.get(Arrived, case.referral) if case.referral is not None else None
    return arrived is not None and arrived.status in {"withdrawn", "expired"}


def _standing(session: Session, case: Case, today: date) -> Standing:
    query = select(Task).where(Task.case_id == case.id, col(Task.done_at).is_(None)).order_by(col(Task.due))
    task = session.exec(query).first()
    group: Group
    if case.state == "new":
        group = "new"
    elif task is None:
        group = "idle"
    else:
        group = "late" if task.due <= today else "coming"
    return Standing(case, task, group, is_stopped(session, case))
