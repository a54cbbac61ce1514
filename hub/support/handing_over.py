"""Handing a person over to another team, with their yes: it goes as a referral, and exactly what they agreed to goes along.

This is also how support follows somebody to a district where another provider works, and how a provider that takes a
contract over comes to help: person by person, each asked; nothing is carried over silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.errors import NotHereError
from hub.looking import identified
from hub.outbox import put, told_of
from hub.pages.forms import Faults, Form
from hub.pages.routing import page_router
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.support.case_forms import CaseForms
from hub.support.cases import case_of, is_stopped, new_id, open_case, person_of, truth_of
from hub.support.codes import ALONG, ENDED, HOW, KINDS, TEAM, WORDS_TO_READ
from hub.support.handover_form import Handing, read, referral_body
from hub.support.plan_text import Planned
from hub.support.plans import unfinished
from hub.support.reading import NOTHING_WRONG
from hub.support.tables import Case, Handover


@dataclass(frozen=True, slots=True)
class Offer:
    """What a case could hand over, and to whom."""

    case: Case
    plan: tuple[Planned, ...]
    targets: dict[str, str]


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `handover`, `handovers/<id>/taking-back`."""
    router, pages = page_router(parts.pages, f"/{TEAM}/cases"), parts.pages
    forms, receives = CaseForms(parts), parts.partners.team(TEAM).receives

    @router.get("/{case_id}/handover", response_class=Response)
    async def ask(request: Request, case_id: str) -> Response:
        entered = parts.doors.enter(request, TEAM)
        offer = await offer_of(entered, case_id)
        return await shown(request, entered, offer, Form((("why", offer.case.why),)))

    @router.post("/{case_id}/handover", response_class=Response)
    async def send(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        now, offer = parts.clock.now(), await offer_of(entered, case_id)
        handing = read(form, offer.targets, offer.plan, london_day(now))
        if isinstance(handing, Faults):
            return await shown(request, entered, offer, form, handing)
        await parts.database.write(
            lambda session: hand_over(session, entered.who, case_id, handing, offer.plan, now)
        )
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}#handovers")

    @router.post("/{case_id}/handovers/{name}/taking-back", response_class=Response)
    async def take_back(request: Request, case_id: str, name: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        now = parts.clock.now()
        await parts.database.write(lambda session: withdraw(session, entered.who, case_id, name, now))
        await parts.outbox.send_due()
        return pages.go(f"/{TEAM}/cases/{case_id}#handovers")

    async def offer_of(entered: Entered, case_id: str) -> Offer:
        def work(session: Session) -> Offer:
            case = open_case(session, entered.who, case_id)
            # Whoever was not taken on, or stopped it, is nobody's to hand on.
            if case.state != "open" or is_stopped(session, case):
                raise NotHereError("handover")
            targets = {
                f"{one} {purpose}": f"{parts.partners.title(one)}: {KINDS[purpose].title}"
                for purpose, at in receives.items()
                for one in at
                if (one, purpose) != (case.organisation, case.purpose)
            }
            return Offer(case, unfinished(session, case_id), targets)

        return await parts.database.read(work)

    async def shown(
        request: Request, entered: Entered, offer: Offer, form: Form, faults: Faults = NOTHING_WRONG
    ) -> Response:
        return await forms.page(
            request,
            entered,
            offer.case.id,
            "handover",
            form,
            faults,
            plan=offer.plan,
            targets=offer.targets,
            along=ALONG,
            how=HOW,
            words_to_read=WORDS_TO_READ,
        )

    return router


def hand_over(
    session: Session,
    who: Practitioner,
    case_id: str,
    handing: Handing,
    plan: tuple[Planned, ...],
    now: datetime,
) -> None:
    """Have it sent; what went along is written down in the same transaction."""
    case, name = open_case(session, who, case_id), new_id()
    session.add(
        Handover(
            id=name,
            case_id=case_id,
            to=handing.to,
            purpose=handing.purpose,
            goals=len(plan) if handing.plan else 0,
            sections=",".join(handing.sections),
            subject=who.subject,
            written_by=who.name,
            written_at=now,
        )
    )
    put(
        session,
        now,
        kind="send",
        organisation=who.organisation,
        subject=who.subject,
        feature=TEAM,
        record=name,
        body=referral_body(case, handing, plan, name, now),
        trace=None if case.person is not None else identified(person_of(case)),
    )


def withdraw(session: Session, who: Practitioner, case_id: str, name: str, now: datetime) -> None:
    """Take a handover back. Asked twice, it goes once. Raises `NotHereError`."""
    case_of(session, who, case_id)
    found = session.get(Handover, name)
    if found is None or found.case_id != case_id:
        raise NotHereError("handover")
    told = truth_of(session, found)
    asked = any(one.kind == "withdraw" for one in told_of(session, TEAM, name))
    if told.referral is None or told.state in ENDED or asked:
        return
    put(
        session,
        now,
        kind="withdraw",
        organisation=who.organisation,
        subject=who.subject,
        feature=TEAM,
        record=name,
        referral=told.referral,
        body={},
    )
