"""Taking a case on, or not; each is told to the gateway in the transaction of the decision itself."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.interact.case_forms import CaseForms
from hub.interact.cases import case_of
from hub.interact.codes import REASONS, TEAM
from hub.interact.counted import forget_place, tell
from hub.interact.referring_form import chosen
from hub.interact.sharing import case_router
from hub.interact.tables import Case
from hub.outbox import Kind, put
from hub.pages.forms import Faults, Form
from hub.parts import Parts


def build_router(parts: Parts) -> APIRouter:
    """Below `/interact/cases/<id>`: `taking-on`, `refusal`."""
    router, pages = case_router(parts), parts.pages
    forms = CaseForms(parts)

    @router.posted("/{case_id}/taking-on")
    async def take_on(request: Request, case_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        by, now = f"{entered.who.name}, {entered.title}", parts.clock.now()
        await parts.database.write(lambda session: taken_on(session, case_id, by, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    @router.page("/{case_id}/refusal")
    async def ask_refusal(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        return await forms.page(request, entered.viewer, case_id, "refusal", Form(), reasons=REASONS)

    @router.posted("/{case_id}/refusal")
    async def refuse(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        reason, now = chosen(form, "reason", REASONS), parts.clock.now()
        if reason is None:
            faults = Faults({"reason": "Select why the team does not take this on"})
            return await forms.page(
                request, entered.viewer, case_id, "refusal", form, faults, reasons=REASONS
            )
        await parts.database.write(lambda session: not_taken(session, case_id, reason, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}")

    return router


def taken_on(session: Session, case_id: str, by: str, now: datetime) -> None:
    """The team works on the case from now on, and the sender is told. Asked twice, it goes once."""
    case = case_of(session, case_id)
    if case.state != "new":
        return
    case.state, case.lead = "open", by
    tell_gateway(session, case, "accept", {}, now)


def not_taken(session: Session, case_id: str, reason: str, now: datetime) -> None:
    """The team does not take the case on, and the sender is told why."""
    case = case_of(session, case_id)
    if case.state != "new":
        return
    case.state, case.closed_at, case.closing_note = "not-taken", now, REASONS[reason]
    tell_gateway(session, case, "refuse", {"reason": reason}, now)
    tell(session, case, now, "refusal")
    forget_place(case)


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
