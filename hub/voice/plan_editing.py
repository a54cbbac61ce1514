"""The team's pages of plans: see them, make them and change them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.voice import plans
from hub.voice.choosing import options, owners, prose, radios
from hub.voice.item_pages import SHOWN_TO
from hub.voice.plan_forms import read_plan
from hub.voice.tables import Plan
from hub.voice.team_pages import ROOM, TEAM
from hub.voice.vocabulary import THEMES

PLANS = f"{ROOM}/plans"


@dataclass(frozen=True, slots=True)
class PlanEditing:
    """The pages of plans."""

    parts: Parts

    @property
    def today(self) -> date:
        """The day it is in London."""
        return london_day(self.parts.clock.now())

    def plan_form(
        self, request: Request, entered: Entered, form: Form, faults: Faults, back: str
    ) -> Response:
        """The form of a plan."""
        fields = ("title", "area", "why")
        return self.parts.pages.page(
            request,
            "voice/plan-form.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            back=back,
            errors=faults.listed or None,
            faults=faults,
            typed={name: prose(form, name) for name in fields},
            themes=options(THEMES, form.one("theme")),
            owners=options(owners(self.parts.partners), form.one("owner")),
            shown_to=radios(SHOWN_TO, form.one("shown_to") or "team"),
        )

    async def save_plan(self, request: Request, name: str | None) -> Response:
        """Make or change a plan."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        says, faults = read_plan(form, owners(self.parts.partners))
        if faults:
            back = PLANS if name is None else f"{PLANS}/{name}"
            return self.plan_form(request, entered, form, Faults(faults), back)

        def work(session: Session) -> str:
            plan = None if name is None else plans.plan_found(session, name)
            return plans.put_plan(session, plan, says, self.today)

        return self.parts.pages.go(f"{PLANS}/{await self.parts.database.write(work)}")

    async def show(
        self,
        request: Request,
        entered: Entered,
        name: str,
        typed: str = "",
        faults: Faults | None = None,
        noted: str = "",
    ) -> Response:
        """The plan with its actions and the forms of their notes. noted: the action whose note has a fault."""
        titles = owners(self.parts.partners)
        shown = await self.parts.database.read(
            lambda session: plans.shown_plan(session, plans.plan_found(session, name), titles, self.today)
        )
        return self.parts.pages.page(
            request,
            "voice/plan-team.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            back=PLANS,
            errors=faults.listed if faults else None,
            faults=faults or Faults({}),
            typed=typed,
            noted=noted,
            shown=shown,
        )


def build_router(parts: Parts) -> APIRouter:
    """`/voice/team/plans`, with `/new`, `/<id>` and `/<id>/change`."""
    router, editing, pages = PageRouter(parts.pages, PLANS), PlanEditing(parts), parts.pages

    @router.page("")
    async def every(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        titles = owners(parts.partners)
        found = await parts.database.read(
            lambda session: [
                plans.shown_plan(session, plan, titles, editing.today) for plan in plans.plans(session)
            ]
        )
        return pages.page(request, "voice/plans-team.html", viewer=entered.viewer, back=ROOM, plans=found)

    @router.page("/new")
    async def new(request: Request) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return editing.plan_form(request, entered, Form(), Faults({}), PLANS)

    @router.posted("/new")
    async def make(request: Request) -> Response:
        return await editing.save_plan(request, None)

    @router.page("/{name}")
    async def one(request: Request, name: str) -> Response:
        return await editing.show(request, parts.doors.enter(request, TEAM), name)

    @router.page("/{name}/change")
    async def change(request: Request, name: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        plan = await parts.database.read(lambda session: plans.plan_found(session, name))
        return editing.plan_form(request, entered, _of_plan(plan), Faults({}), f"{PLANS}/{name}")

    @router.posted("/{name}/change")
    async def save(request: Request, name: str) -> Response:
        return await editing.save_plan(request, name)

    return router


def _of_plan(plan: Plan) -> Form:
    shown_to = "all" if plan.public else "team"
    kept = {"title": plan.title, "area": plan.area, "theme": plan.theme, "why": plan.why, "owner": plan.owner}
    return Form((*kept.items(), ("shown_to", shown_to)))
