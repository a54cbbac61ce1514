"""Local plans at rest, and what is late: a plan has actions, an action has an owner, a day, its progress and notes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlmodel import Session, col, select

from hub.errors import NotHereError
from hub.voice.tables import Action, Item, Note, Plan
from hub.voice.vocabulary import PROGRESS, theme_title

OPEN: Final = frozenset({"not-started", "doing"})


@dataclass(frozen=True, slots=True)
class PlanSays:
    """What a plan is to say."""

    title: str
    area: str
    theme: str
    why: str
    owner: str
    public: bool


@dataclass(frozen=True, slots=True)
class ActionSays:
    """What an action is to say. item: the thing on the list from which it comes, or None."""

    what: str
    owner: str
    team: str
    due: date
    progress: str
    item: str | None


@dataclass(frozen=True, slots=True)
class ShownAction:
    """An action as it is read. you_said: the public thing on the list from which it comes; empty where there is none."""

    id: str
    what: str
    owner: str
    due: date
    progress: str
    progress_words: str
    late: bool
    you_said: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan as it is read, the actions by their day."""

    plan: Plan
    theme: str
    owner: str
    actions: tuple[ShownAction, ...]

    @property
    def done(self) -> int:
        """How many actions are done."""
        return sum(action.progress == "done" for action in self.actions)

    @property
    def late(self) -> int:
        """How many actions are late."""
        return sum(action.late for action in self.actions)


def is_late(action: Action, today: date) -> bool:
    """Whether its day is over and it is neither done nor stopped."""
    return action.progress in OPEN and action.due < today


def shown_plan(session: Session, plan: Plan, titles: Mapping[str, str], today: date) -> ShownPlan:
    """The plan with its actions. titles: owners' words."""
    chosen = select(Action).where(Action.plan == plan.id).order_by(col(Action.due), col(Action.what))
    actions = tuple(_shown(session, action, titles, today) for action in session.exec(chosen))
    return ShownPlan(plan, theme_title(plan.theme), titles.get(plan.owner, plan.owner), actions)


def plans(session: Session, *, public_only: bool = False) -> Sequence[Plan]:
    """All plans, by area and title."""
    chosen = select(Plan).order_by(col(Plan.area), col(Plan.title))
    return session.exec(chosen.where(col(Plan.public)) if public_only else chosen).all()


def plan_found(session: Session, name: str, *, public_only: bool = False) -> Plan:
    """The plan with this id. Raises `NotHereError`."""
    plan = session.get(Plan, name)
    if plan is None or (public_only and not plan.public):
        raise NotHereError("plan")
    return plan


def action_found(session: Session, plan: str, name: str) -> Action:
    """The plan's action with this id. Raises `NotHereError`."""
    action = session.get(Action, name)
    if action is None or action.plan != plan:
        raise NotHereError("action")
    return action


def put_plan(session: Session, plan: Plan | None, says: PlanSays, today: date) -> str:
    """Make or change a plan; gives its id."""
    if plan is None:
        plan = Plan(
            id=secrets.token_urlsafe(12),
            title=says.title,
            area=says.area,
            theme=says.theme,
            why=says.why,
            owner=says.owner,
            opened_on=today,
            changed_on=today,
        )
    plan.title, plan.area, plan.theme, plan.why = says.title, says.area, says.theme, says.why
    plan.owner, plan.public, plan.changed_on = says.owner, says.public, today
    session.add(plan)
    return plan.id


def put_action(session: Session, plan: Plan, action: Action | None, says: ActionSays, today: date) -> str:
    """Make or change an action of a plan; gives its id."""
    if action is None:
        action = Action(
            id=secrets.token_urlsafe(12),
            plan=plan.id,
            what=says.what,
            owner=says.owner,
            due=says.due,
            moved_on=today,
        )
    if action.progress != says.progress:
        action.moved_on = today
    action.what, action.owner, action.team, action.due = says.what, says.owner, says.team, says.due
    action.progress, action.item = says.progress, says.item
    plan.changed_on = today
    session.add_all((plan, action))
    return action.id


def add_note(session: Session, action: Action, words: str, today: date, by: str) -> None:
    """Tell how an action goes on."""
    session.add(Note(action=action.id, on=today, words=words, by=by))


def _shown(session: Session, action: Action, titles: Mapping[str, str], today: date) -> ShownAction:
    item = None if action.item is None else session.get(Item, action.item)
    notes = session.exec(select(Note).where(Note.action == action.id).order_by(col(Note.id).desc()))
    owner = titles.get(action.owner, action.owner)
    return ShownAction(
        id=action.id,
        what=action.what,
        owner=f"{owner}, {action.team}" if action.team else owner,
        due=action.due,
        progress=action.progress,
        progress_words=PROGRESS.get(action.progress, action.progress),
        late=is_late(action, today),
        you_said=item.you_said if item is not None and item.public else "",
        notes=tuple(notes),
    )
