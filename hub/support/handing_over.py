"""Handing a person over to another team, with their yes: it goes as a referral, and exactly what they agreed to goes along.

This is also how support follows somebody to a district where another provider works, and how a provider that takes a
contract over comes to help: person by person, each asked; nothing is carried over silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.errors import NotHereError
from hub.looking import identified
from hub.outbox import put, told_of
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.support.case_forms import CaseForms
from hub.support.cases import case_of, is_stopped, new_id, open_case, person_of, truth_of
from hub.support.codes import ALONG, ENDED, HOW, KINDS, TEAM, WORDS_TO_READ
from hub.support.handover_form import Handing, Yes, read, read_yes, referral_body
from hub.support.passed_on import passed
from hub.support.plan_text import Planned
from hub.support.plans import unfinished
from hub.support.reading import NOTHING_WRONG
from hub.support.tables import Case, Handover

CHOSEN: Final = ("target", "along", "contact", "why", "sections")
"""What the first page asks: it goes along to the second, which sends it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a case could hand over, and to whom."""

    case: Case
    plan: tuple[Planned, ...]
    targets: dict[str, str]


@dataclass(frozen=True, slots=True)
class HandoverPages:
    """The handlers: choosing what goes along, and reading it out and sending it."""

    parts: Parts

    async def ask(self, request: Request, case_id: str) -> Response:
        """GET handover."""
        entered = self.parts.doors.enter(request, TEAM)
        offer = await self._offer(entered, case_id)
        return await self._choosing(request, entered, offer, Form((("why", offer.case.why),)))

    async def choose(self, request: Request, case_id: str) -> Response:
        """POST handover."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        offer = await self._offer(entered, case_id)
        handing = read(form, offer.targets, offer.plan)
        if isinstance(handing, Faults):
            return await self._choosing(request, entered, offer, form, handing)
        return await self._checking(request, entered, offer, handing, form)

    async def send(self, request: Request, case_id: str) -> Response:
        """POST handover/check."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        now, offer = self.parts.clock.now(), await self._offer(entered, case_id)
        handing = read(form, offer.targets, offer.plan)
        if isinstance(handing, Faults):
            return await self._choosing(request, entered, offer, form, handing)
        if form.one("change"):
            return await self._choosing(request, entered, offer, form)
        yes = read_yes(form, london_day(now))
        if isinstance(yes, Faults):
            return await self._checking(request, entered, offer, handing, form, yes)
        await self.parts.database.write(
            lambda session: hand_over(session, entered.who, case_id, handing, yes, offer.plan, now)
        )
        await self.parts.outbox.send_due()
        return self.parts.pages.go(f"/{TEAM}/cases/{case_id}#handovers")

    async def take_back(self, request: Request, case_id: str, name: str) -> Response:
        """POST handovers/<id>/taking-back."""
        entered, _ = await self.parts.doors.posted(request, TEAM)
        now = self.parts.clock.now()
        await self.parts.database.write(lambda session: withdraw(session, entered.who, case_id, name, now))
        await self.parts.outbox.send_due()
        return self.parts.pages.go(f"/{TEAM}/cases/{case_id}#handovers")

    async def _offer(self, entered: Entered, case_id: str) -> Offer:
        partners = self.parts.partners

        def work(session: Session) -> Offer:
            case = open_case(session, entered.who, case_id)
            # Whoever was not taken on, or stopped it, is nobody's to hand on.
            if case.state != "open" or is_stopped(session, case):
                raise NotHereError("handover")
            targets = {
                f"{one} {purpose}": f"{partners.title(one)}: {KINDS[purpose].title}"
                for purpose, at in partners.team(TEAM).receives.items()
                for one in at
                if (one, purpose) != (case.organisation, case.purpose)
            }
            return Offer(case, unfinished(session, case_id), targets)

        return await self.parts.database.read(work)

    async def _choosing(
        self, request: Request, entered: Entered, offer: Offer, form: Form, faults: Faults = NOTHING_WRONG
    ) -> Response:
        return await CaseForms(self.parts).page(
            request,
            entered,
            offer.case.id,
            "handover",
            form,
            faults,
            plan=offer.plan,
            targets=offer.targets,
            along=ALONG,
        )

    async def _checking(
        self,
        request: Request,
        entered: Entered,
        offer: Offer,
        handing: Handing,
        form: Form,
        faults: Faults = NOTHING_WRONG,
    ) -> Response:
        return await CaseForms(self.parts).page(
            request,
            entered,
            offer.case.id,
            "handover-check",
            form,
            faults,
            to=offer.targets[f"{handing.to} {handing.purpose}"],
            passed=passed(offer.case, handing, offer.plan),
            may_see=tuple(ALONG[one] for one in handing.sections),
            chosen=tuple((name, value) for name in CHOSEN for value in form.every(name)),
            how=HOW,
            words_to_read=WORDS_TO_READ,
        )


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `handover`, `handover/check`, `handovers/<id>/taking-back`."""
    router, shown = PageRouter(parts.pages, f"/{TEAM}/cases"), HandoverPages(parts)
    for method, address, handler in (
        ("GET", "/{case_id}/handover", shown.ask),
        ("POST", "/{case_id}/handover", shown.choose),
        ("POST", "/{case_id}/handover/check", shown.send),
        ("POST", "/{case_id}/handovers/{name}/taking-back", shown.take_back),
    ):
        router.add(method, address, handler)
    return router


def hand_over(
    session: Session,
    who: Practitioner,
    case_id: str,
    handing: Handing,
    yes: Yes,
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
        body=referral_body(case, handing, yes, plan, name, now),
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
