"""The team's pages of a plan's actions: make and change them, and tell how they go on."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.parts import Parts
from hub.voice import listing, plans
from hub.voice.choosing import options, owners, prose, radios
from hub.voice.plan_editing import PLANS, PlanEditing
from hub.voice.plan_forms import note_fault, read_action
from hub.voice.tables import Action
from hub.voice.team_pages import TEAM, signature
from hub.voice.vocabulary import PROGRESS


@dataclass(frozen=True, slots=True)
class ActionEditing:
    """The forms of actions, on the pages of their plans."""

    parts: Parts
    plans: PlanEditing

    async def action_form(
        self, request: Request, entered: Entered, plan: str, form: Form, faults: Faults
    ) -> Response:
        """The form of an action."""

        def work(session: Session) -> dict[str, str]:
            plans.plan_found(session, plan)
            return {item.id: item.you_said for item in listing.items(session)}

        known = await self.parts.database.read(work)
        return self.parts.pages.page(
            request,
            "voice/action-form.html",
            viewer=entered.viewer,
            status=400 if faults else 200,
            back=f"{PLANS}/{plan}",
            errors=faults.listed or None,
            faults=faults,
            typed={name: prose(form, name) for name in ("what", "team")},
            due={part: form.one(f"due-{part}") for part in ("day", "month", "year")},
            owners=options(owners(self.parts.partners), form.one("owner")),
            progress=radios(PROGRESS, form.one("progress") or "not-started"),
            items=options(known, form.one("item"), "None of them"),
        )

    async def save_action(self, request: Request, plan: str, name: str | None) -> Response:
        """Make or change an action."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        titles = owners(self.parts.partners)

        def work(session: Session) -> dict[str, str]:
            kept = plans.plan_found(session, plan)
            action = None if name is None else plans.action_found(session, plan, name)
            says, faults = read_action(form, titles, {item.id for item in listing.items(session)})
            if not faults:
                plans.put_action(session, kept, action, says, self.plans.today)
            return faults

        faults = await self.parts.database.write(work)
        if faults:
            return await self.action_form(request, entered, plan, form, Faults(faults))
        return self.parts.pages.go(f"{PLANS}/{plan}")

    async def add_note(self, request: Request, plan: str, name: str) -> Response:
        """Tell how an action goes on."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        words = prose(form, "note")
        fault = note_fault(words)
        if fault is not None:
            faults = Faults({f"note-{name}": fault})
            return await self.plans.show(request, entered, plan, words, faults, name)

        def work(session: Session) -> None:
            action = plans.action_found(session, plan, name)
            plans.add_note(session, action, words, self.plans.today, signature(entered))

        await self.parts.database.write(work)
        return self.parts.pages.go(f"{PLANS}/{plan}")


def build_router(parts: Parts) -> APIRouter:
    """`/voice/team/plans/<id>/actions/new`, `/<id>/actions/<id>` and `/<id>/actions/<id>/note`."""
    router, editing = PageRouter(parts.pages, PLANS), ActionEditing(parts, PlanEditing(parts))

    @router.page("/{name}/actions/new")
    async def new_action(request: Request, name: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await editing.action_form(request, entered, name, Form(), Faults({}))

    @router.posted("/{name}/actions/new")
    async def make_action(request: Request, name: str) -> Response:
        return await editing.save_action(request, name, None)

    @router.page("/{name}/actions/{action}")
    async def change_action(request: Request, name: str, action: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        kept = await parts.database.read(lambda session: plans.action_found(session, name, action))
        return await editing.action_form(request, entered, name, _of_action(kept), Faults({}))

    @router.posted("/{name}/actions/{action}")
    async def save_action(request: Request, name: str, action: str) -> Response:
        return await editing.save_action(request, name, action)

    @router.posted("/{name}/actions/{action}/note")
    async def note(request: Request, name: str, action: str) -> Response:
        return await editing.add_note(request, name, action)

    return router


def _of_action(action: Action) -> Form:
    kept = {
        "what": action.what,
        "team": action.team,
        "owner": action.owner,
        "progress": action.progress,
        "item": action.item or "",
        "due-day": str(action.due.day),
        "due-month": str(action.due.month),
        "due-year": str(action.due.year),
    }
    return Form(tuple(kept.items()))
