"""The support plan, and closing: what came of it, told to the gateway, so that sharing ends; and what is deleted when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, SQLModel, col, delete, select

from hub import inbox
from hub.gateway_answers import Demographics
from hub.interact.case_forms import CaseForms
from hub.interact.cases import OPEN, case_of, open_case, story_of
from hub.interact.codes import OUTCOMES, PLAN_STATUSES, TEAM
from hub.interact.counted import forget_place, tell
from hub.interact.deciding import tell_gateway
from hub.interact.links import forget_links
from hub.interact.referring_form import TEXT, chosen, clean
from hub.interact.sharing import case_router, person_of
from hub.interact.tables import Case, Colleague, Helper, Measure, Plan, Referring, Seen, Task, Visit
from hub.looking import identified
from hub.outbox import Kind, forget, put, told_of
from hub.pages.forms import Faults, Form, typed_day
from hub.pages.words import london_day
from hub.partners import Partners
from hub.parts import Parts
from hub.source import HeldPlan

KEPT_AFTER_CLOSING: Final = timedelta(days=6 * 365 + 2)
"""Six years (Limitation Act 1980 s.5, as the agreement's retention says)."""
KEPT_AFTER_REFERRING: Final = timedelta(days=90)


def build_router(parts: Parts) -> APIRouter:
    """Below `/interact/cases/<id>`: `plan`, `closing`."""
    router, pages = case_router(parts), parts.pages
    forms = CaseForms(parts)

    @router.page("/{case_id}/plan")
    async def ask_plan(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        story = await parts.database.read(lambda session: story_of(session, case_id))
        return await forms.page(
            request, entered.viewer, case_id, "plan", plan_form(story.plan), plan_statuses=PLAN_STATUSES
        )

    @router.posted("/{case_id}/plan")
    async def set_plan(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        read = plan_of(form)
        if isinstance(read, Faults):
            return await forms.page(
                request, entered.viewer, case_id, "plan", form, read, plan_statuses=PLAN_STATUSES
            )
        status, goals, review = read
        plan = Plan(
            case_id=case_id,
            status=status,
            goals=goals,
            start_date=london_day(now),
            review_date=review,
            lead_role=entered.title,
            written_by=entered.who.name,
            written_at=now,
        )
        await parts.database.write(lambda session: write_plan(session, plan, parts.partners, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}#plan")

    @router.page("/{case_id}/closing")
    async def ask_closing(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered.viewer, case_id, "closing", Form(), outcomes=OUTCOMES)

    @router.posted("/{case_id}/closing")
    async def closing(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        read, now = closing_of(form), parts.clock.now()
        if isinstance(read, Faults):
            return await forms.page(
                request, entered.viewer, case_id, "closing", form, read, outcomes=OUTCOMES
            )
        outcomes, note = read
        await parts.database.write(lambda session: close(session, case_id, outcomes, note, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    return router


def plan_of(form: Form) -> tuple[str, str, date | None] | Faults:
    """Status, goals (one a line) and the day of the review, or what is wrong."""
    faults: dict[str, str] = {}
    review: date | None = None
    goals = "\n".join(line.strip() for line in clean(form.one("goals")).splitlines() if line.strip())
    status = chosen(form, "status", PLAN_STATUSES)
    if not goals or len(goals) > TEXT or any(len(line) > 500 for line in goals.splitlines()):
        faults["goals"] = f"Write what the person wants to reach, one a line, in {TEXT} characters or fewer"
    if status is None:
        faults["status"] = "Select where the plan stands"
    try:
        review = typed_day(form, "review")
    except ValueError:
        faults["review"] = "The day of the review must be a real date"
    return Faults(faults) if faults or status is None else (status, goals, review)


def closing_of(form: Form) -> tuple[tuple[str, ...], str] | Faults:
    """What came of it, in codes and in words, or what is wrong."""
    outcomes = tuple(one for one in OUTCOMES if one in form.every("outcomes"))
    note, faults = clean(form.one("note")), {}
    if not outcomes:
        faults["outcomes"] = "Select what came of it, at least one"
    if len(note) > TEXT:
        faults["note"] = f"Write {TEXT} characters or fewer"
    return Faults(faults) if faults else (outcomes, note)


def plan_form(plan: Plan | None) -> Form:
    """The plan as it would be typed, to be changed."""
    if plan is None:
        return Form()
    fields = [("goals", plan.goals), ("status", plan.status)]
    if plan.review_date is not None:
        day = plan.review_date
        fields += [
            ("review-day", str(day.day)),
            ("review-month", str(day.month)),
            ("review-year", str(day.year)),
        ]
    return Form(tuple(fields))


def write_plan(session: Session, plan: Plan, partners: Partners, now: datetime) -> None:
    """Write the plan down; a new one takes the place of the old and keeps its first day.

    Where the case's organisation is a source, the gateway is told that it holds a plan of this person, in the same
    transaction; of somebody who cannot be identified surely it is not told.
    """
    case = open_case(session, plan.case_id)
    before = session.get(Plan, plan.case_id)
    if before is not None:
        plan.start_date = before.start_date
    session.merge(plan)
    at, who = partners.organisation(case.organisation), identified(person_of(case))
    if before is None and at is not None and at.is_source and who is not None:
        _point(session, case, "hold", now, who)


def plan_held(session: Session, case_id: str) -> HeldPlan | None:
    """The plan of a case that is worked on, as the gateway may ask for it. See `hub.parts.Feature.plan_of`."""
    case, plan = session.get(Case, case_id), session.get(Plan, case_id)
    if case is None or plan is None or case.state not in OPEN:
        return None
    fields = {
        "category": "Home and health",
        "status": plan.status,
        "goals": plan.goals,
        "start_date": plan.start_date.isoformat(),
        "lead_role": plan.lead_role,
    }
    if plan.review_date is not None:
        fields["review_date"] = plan.review_date.isoformat()
    return HeldPlan(case.organisation, plan.written_at, fields)


def _point(
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


def close(session: Session, case_id: str, outcomes: tuple[str, ...], note: str, now: datetime) -> None:
    """Close the case: the gateway is told in the same transaction, and ends the sharing. Asked twice, it goes once."""
    case = case_of(session, case_id)
    if case.state not in OPEN:
        return
    if case.state == "new":
        # The gateway closes what was accepted: it is told both, in this order.
        tell_gateway(session, case, "accept", {}, now)
    case.state, case.closed_at, case.closing_note = "closed", now, note or None
    case.outcomes = ",".join(outcomes)
    tell_gateway(session, case, "close", {"outcomes": list(outcomes)}, now)
    tell(session, case, now, "outcome")
    forget_place(case)
    plan = session.get(Plan, case_id)
    if plan is not None:
        plan.status = "completed"
    if any(one.kind == "hold" for one in told_of(session, TEAM, case_id)):
        _point(session, case, "release", now)


def sweep(session: Session, now: datetime) -> int:
    """Delete what is past its end; gives how many cases, referrings and links went. See `hub.parts.Feature.sweep`."""
    query = select(Case.id, Case.referral).where(col(Case.closed_at) < now - KEPT_AFTER_CLOSING)
    old = session.exec(query).all()
    for case_id, referral in old:
        visits = session.exec(select(Visit.id).where(Visit.case_id == case_id)).all()
        session.exec(delete(Seen).where(col(Seen.visit_id).in_(visits)))
        owned: tuple[type[SQLModel], ...] = (Visit, Task, Helper, Measure, Plan, Colleague)
        for table in owned:
            session.exec(delete(table).where(table.case_id == case_id))  # type: ignore[attr-defined] # each of them has it
        session.exec(delete(Case).where(col(Case.id) == case_id))
        forget(session, TEAM, case_id)
        inbox.forget(session, referral)
    sent = session.exec(
        select(Referring.id).where(col(Referring.written_at) < now - KEPT_AFTER_REFERRING)
    ).all()
    for name in sent:
        session.exec(delete(Referring).where(col(Referring.id) == name))
        forget(session, TEAM, name)
    return len(old) + len(sent) + forget_links(session, now)
