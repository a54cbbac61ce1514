"""What the team writes while it works: tasks, and who else helps."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.errors import NotHereError
from hub.interact.case_forms import CaseForms
from hub.interact.cases import case_of, new_id, open_case, shared_with
from hub.interact.codes import TEAM
from hub.interact.referring_form import LINE, LINES, chosen, clean
from hub.interact.sharing import case_router, members_of
from hub.interact.tables import Helper, Task
from hub.pages.forms import Faults, Form, typed_day
from hub.partners import Member, Team
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """Below `/interact/cases/<id>`: `tasks`, `helpers`."""
    router, pages = case_router(parts), parts.pages
    forms, team = CaseForms(parts), parts.partners.team(TEAM)

    @router.page("/{case_id}/tasks")
    async def ask_task(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        members = await parts.database.read(partial(finders, case_id=case_id, team=team))
        return await forms.page(request, entered.viewer, case_id, "task", Form(), members=members)

    @router.posted("/{case_id}/tasks")
    async def add_task(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        members = await parts.database.read(partial(finders, case_id=case_id, team=team))
        read = task_of(form, tuple(one.title for one in members))
        if isinstance(read, Faults):
            return await forms.page(request, entered.viewer, case_id, "task", form, read, members=members)
        what, owner, due = read
        task = Task(
            id=new_id(),
            case_id=case_id,
            what=what,
            owner=owner,
            due=due,
            written_by=entered.who.name,
            written_at=parts.clock.now(),
        )
        await parts.database.write(lambda session: add(session, task))
        return pages.go(f"/{TEAM}/cases/{case_id}#tasks")

    @router.posted("/{case_id}/tasks/{task_id}/done")
    async def task_done(request: Request, case_id: str, task_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        by, now = entered.who.name, parts.clock.now()
        await parts.database.write(lambda session: done(session, case_id, task_id, by, now))
        return pages.go(f"/{TEAM}/cases/{case_id}#tasks")

    @router.page("/{case_id}/helpers")
    async def ask_helper(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered.viewer, case_id, "helper", Form())

    @router.posted("/{case_id}/helpers")
    async def add_helper(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        read = helper_of(form)
        if isinstance(read, Faults):
            return await forms.page(request, entered.viewer, case_id, "helper", form, read)
        who, what = read
        helper = Helper(
            id=new_id(),
            case_id=case_id,
            who=who,
            what=what,
            written_by=entered.who.name,
            written_at=parts.clock.now(),
        )
        await parts.database.write(lambda session: add(session, helper))
        return pages.go(f"/{TEAM}/cases/{case_id}#others")

    return router


def finders(session: Session, case_id: str, team: Team) -> tuple[Member, ...]:
    """Who can have a task of the case: whoever finds it. Raises `NotHereError`."""
    case = case_of(session, case_id)
    return members_of(case, shared_with(session, case), team)


def add(session: Session, row: Task | Helper) -> None:
    """Write it down, of a case that is worked on. Raises `NotHereError`."""
    open_case(session, row.case_id)
    session.add(row)


def done(session: Session, case_id: str, task_id: str, by: str, now: datetime) -> None:
    """The task is done; who said so first stays. Raises `NotHereError`."""
    open_case(session, case_id)
    task = session.get(Task, task_id)
    if task is None or task.case_id != case_id:
        raise NotHereError("task")
    if task.done_at is None:
        task.done_at, task.done_by = now, by


def helper_of(form: Form) -> tuple[str, str] | Faults:
    """Who else helps and what they do, or what is wrong."""
    who, what, faults = clean(form.one("who")), clean(form.one("what")), {}
    if not who or len(who) > LINE:
        faults["who"] = f"Say who helps, for example the day centre, in {LINE} characters or fewer"
    if not what or len(what) > LINES:
        faults["what"] = f"Say what they do, in {LINES} characters or fewer"
    return Faults(faults) if faults else (who, what)


def task_of(form: Form, owners: tuple[str, ...]) -> tuple[str, str, date] | Faults:
    """What is to be done, by whom, until when; or what is wrong."""
    what, owner = clean(form.one("what")), chosen(form, "owner", owners)
    faults, due = {}, None
    if not what or len(what) > LINES:
        faults["what"] = "Say what is to be done, in 500 characters or fewer"
    if owner is None:
        faults["owner"] = "Select who does it"
    try:
        due = typed_day(form, "due")
        if due is None:
            faults["due"] = "Enter the day until when it is to be done"
    except ValueError:
        faults["due"] = "The day must be a real date"
    if faults or owner is None or due is None:
        return Faults(faults)
    return what, owner, due
