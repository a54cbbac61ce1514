"""The pages on which the plan is written."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hub.pages.forms import Faults
from hub.pages.routing import PageRouter
from hub.parts import Parts
from hub.support.case_forms import CaseForms
from hub.support.codes import TEAM
from hub.support.plan_text import WHO
from hub.support.plans import add_goal, add_step, finish_step, goal_of, reach
from hub.support.reading import LINE, LINES, chosen, day_of, one_line, text_fault


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `goals`, `goals/<id>/steps`, `goals/<id>/reached`, `steps/<id>/done`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages
    forms, whose = CaseForms(parts), {one: one for one in WHO}

    @router.page("/{case_id}/goals")
    async def ask_goal(request: Request, case_id: str) -> Response:
        return await forms.page(request, parts.doors.enter(request, TEAM), case_id, "goal")

    @router.posted("/{case_id}/goals")
    async def new_goal(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        what = one_line(form.one("what"))
        fault = text_fault(what, LINES, "Write what the person wants to reach")
        if fault is not None:
            return await forms.page(request, entered, case_id, "goal", form, Faults({"what": fault}))
        now = parts.clock.now()
        await parts.database.write(
            lambda session: add_goal(session, entered.who, entered.title, case_id, what, parts.partners, now)
        )
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}#plan")

    @router.page("/{case_id}/goals/{goal_id}/steps")
    async def ask_step(request: Request, case_id: str, goal_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        goal = await parts.database.read(lambda session: goal_of(session, entered.who, case_id, goal_id))
        return await forms.page(request, entered, case_id, "step", goal=goal, whose=whose)

    @router.posted("/{case_id}/goals/{goal_id}/steps")
    async def new_step(request: Request, case_id: str, goal_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        goal = await parts.database.read(lambda session: goal_of(session, entered.who, case_id, goal_id))
        what, by = one_line(form.one("what")), chosen(form, "who", WHO)
        due = day_of(form, "due", "day")
        faults = {
            "what": text_fault(what, LINE, "Write what is to be done"),
            "who": None if by else "Select who does it",
            "due": due if isinstance(due, str) else None,
        }
        wrong = {at: words for at, words in faults.items() if words is not None}
        if wrong or by is None or isinstance(due, str):
            return await forms.page(
                request, entered, case_id, "step", form, Faults(wrong), goal=goal, whose=whose
            )
        await parts.database.write(
            lambda session: add_step(session, entered.who, case_id, goal_id, what, by, due)
        )
        return pages.go(f"/{TEAM}/cases/{case_id}#plan")

    @router.posted("/{case_id}/goals/{goal_id}/reached")
    async def reached(request: Request, case_id: str, goal_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        await parts.database.write(lambda session: reach(session, entered.who, case_id, goal_id, now))
        return pages.go(f"/{TEAM}/cases/{case_id}#plan")

    @router.posted("/{case_id}/steps/{step_id}/done")
    async def step_done(request: Request, case_id: str, step_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        await parts.database.write(lambda session: finish_step(session, entered.who, case_id, step_id, now))
        return pages.go(f"/{TEAM}/cases/{case_id}#plan")

    return router
