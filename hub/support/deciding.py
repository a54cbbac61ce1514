"""Taking a case on, or not, and closing it; each is told to the gateway in the transaction of the decision itself."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.outbox import Kind, put
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.partners import Partners
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.support.case_forms import CaseForms
from hub.support.cases import case_of, is_stopped
from hub.support.codes import OUTCOMES, REASONS, TEAM
from hub.support.counted import forget_place, tell
from hub.support.plans import point, unpoint
from hub.support.reading import TEXT, chosen, clean
from hub.support.tables import Case, Plan


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `taking-on`, `refusal`, `closing`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages
    forms = CaseForms(parts)

    @router.posted("/{case_id}/taking-on")
    async def take_on(request: Request, case_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        await parts.database.write(lambda session: taken_on(session, entered, case_id, parts.partners, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    @router.page("/{case_id}/refusal")
    async def ask_refusal(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered, case_id, "refusal", reasons=REASONS)

    @router.posted("/{case_id}/refusal")
    async def refuse(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        reason, now = chosen(form, "reason", REASONS), parts.clock.now()
        if reason is None:
            faults = Faults({"reason": "Select why you do not take this on"})
            return await forms.page(request, entered, case_id, "refusal", form, faults, reasons=REASONS)
        await parts.database.write(lambda session: not_taken(session, entered.who, case_id, reason, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    @router.page("/{case_id}/closing")
    async def ask_closing(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered, case_id, "closing", outcomes=OUTCOMES)

    @router.posted("/{case_id}/closing")
    async def closing(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        read, now = closing_of(form), parts.clock.now()
        if isinstance(read, Faults):
            return await forms.page(request, entered, case_id, "closing", form, read, outcomes=OUTCOMES)
        outcomes, note = read
        await parts.database.write(lambda session: close(session, entered.who, case_id, outcomes, note, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    return router


def closing_of(form: Form) -> tuple[tuple[str, ...], str] | Faults:
    """What came of it, in codes and in words, or what is wrong."""
    outcomes = tuple(one for one in OUTCOMES if one in form.every("outcomes"))
    note, faults = clean(form.one("note")), {}
    if not outcomes:
        faults["outcomes"] = "Select what came of it, at least one"
    if len(note) > TEXT:
        faults["note"] = f"Write {TEXT} characters or fewer"
    return Faults(faults) if faults else (outcomes, note)


def taken_on(session: Session, entered: Entered, case_id: str, partners: Partners, now: datetime) -> None:
    """The team supports the person from now on, and the sender is told. Asked twice, it goes once."""
    case = case_of(session, entered.who, case_id)
    if case.state != "new" or is_stopped(session, case):
        return
    case.state, case.lead = "open", f"{entered.who.name}, {entered.title}"
    tell_gateway(session, case, "accept", {}, now)
    plan = session.get(Plan, case_id)
    if plan is not None:
        plan.lead_role = entered.title
        point(session, case, partners, now)


def not_taken(session: Session, who: Practitioner, case_id: str, reason: str, now: datetime) -> None:
    """The team does not take the case on, and the sender is told why."""
    case = case_of(session, who, case_id)
    if case.state != "new":
        return
    case.state, case.closed_at, case.closing_note = "not-taken", now, REASONS[reason]
    tell_gateway(session, case, "refuse", {"reason": reason}, now)
    tell(session, case, now, "refusal")
    forget_place(case)


def close(
    session: Session, who: Practitioner, case_id: str, outcomes: tuple[str, ...], note: str, now: datetime
) -> None:
    """Close the case: the gateway is told in the same transaction, and ends the sharing. Asked twice, it goes once."""
    case = case_of(session, who, case_id)
    if case.state not in {"new", "open"}:
        return
    if case.state == "new":
        # The gateway closes what was accepted: it is told both, in this order.
        tell_gateway(session, case, "accept", {}, now)
    case.state, case.closed_at, case.closing_note = "closed", now, note or None
    case.outcomes, case.asked = ",".join(outcomes), None
    tell_gateway(session, case, "close", {"outcomes": list(outcomes)}, now)
    tell(session, case, now, "outcome")
    forget_place(case)
    plan = session.get(Plan, case_id)
    if plan is not None:
        plan.status = "completed"
    unpoint(session, case, now)


def tell_gateway(session: Session, case: Case, kind: Kind, body: dict[str, object], now: datetime) -> None:
    """Have the gateway told what became of the referral, where there is one; with the receiving organisation's own token."""
    if case.referral is None:
        return
    put(
        session,
        now,
        kind=kind,
        organisation=case.organisation,
        subject=None,
        feature=TEAM,
        record=case.id,
        referral=case.referral,
        body=body,
    )
