"""Reading cases. Functions of a session, for `Database.read` and `.write`."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal

from sqlmodel import Session, col, select

from hub.errors import NotHereError
from hub.interact.codes import TEAM
from hub.interact.tables import Case, Helper, Measure, Plan, Seen, Task, Visit
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
    """All that the team keeps of one case. stopped: as the gateway last said, withdrawn or expired; sharing has ended."""

    case: Case = field(repr=False)
    tasks: tuple[Task, ...]
    helpers: tuple[Helper, ...]
    visits: tuple[tuple[Visit, tuple[Seen, ...]], ...]
    measures: tuple[Measure, ...]
    plan: Plan | None
    told: tuple[Told, ...]
    stopped: bool


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


def standings(session: Session, today: date) -> tuple[Standing, ...]:
    """Everybody whom the team helps now: new ones first, then by the day of the next step."""
    cases = session.exec(select(Case).where(col(Case.state).in_(OPEN)).order_by(col(Case.arrived_at))).all()
    found = [_standing(session, case, today) for case in cases]
    order = ("new", "late", "coming", "idle")
    return tuple(
        sorted(found, key=lambda one: (order.index(one.group), one.next.due if one.next else date.max))
    )


def finished(session: Session, most: int = 100) -> tuple[Case, ...]:
    """Cases that are closed or were not taken on, newest first."""
    query = select(Case).where(col(Case.state).not_in(OPEN)).order_by(col(Case.closed_at).desc()).limit(most)
    return tuple(session.exec(query))


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
    )


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
