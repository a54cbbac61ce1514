"""Asking the person, in the portal, whether the team may look: at the beginning, and anew when the support comes to its end.

The answer is looked up when the worker wants to know it, never by opening the case's page. There is no word for no.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.errors import NotHereError
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError
from hub.gateway_answers import Asked
from hub.looking import identified
from hub.pages.forms import Faults
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.sessions import Session as SignedIn
from hub.support.case_forms import CaseForms
from hub.support.cases import is_stopped, open_case, person_of
from hub.support.codes import TEAM
from hub.support.ends import gone_on, may_go_on, standing
from hub.support.reading import one_line, text_fault
from hub.support.tables import Case

REASON_LONGEST: Final = 200
REASON_SHORTEST: Final = 10
TOO_LITTLE: Final = (
    "There is too little to find them by: it needs the NHS number, or name, date of birth and postcode"
)
AWAY: Final = "The gateway does not answer right now. Nobody was asked: try again later"


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `asking`, `answer`."""
    router, pages = PageRouter(parts.pages, f"/{TEAM}/cases"), parts.pages
    forms, asking = CaseForms(parts), Asking(parts)

    @router.page("/{case_id}/asking")
    async def ask(request: Request, case_id: str) -> Response:
        return await forms.page(request, parts.doors.enter(request, TEAM), case_id, "asking")

    @router.posted("/{case_id}/asking")
    async def send(request: Request, case_id: str) -> Response:
        entered, form = await parts.doors.posted(request, TEAM)
        reason = one_line(form.one("reason"))
        fault = text_fault(reason, REASON_LONGEST)
        if len(reason) < REASON_SHORTEST:
            fault = "Say in one or two sentences why you ask"
        fault = fault or await asking.ask(entered.session, case_id, reason)
        if fault is not None:
            return await forms.page(request, entered, case_id, "asking", form, Faults({"reason": fault}))
        return pages.go(f"/{TEAM}/cases/{case_id}#asked")

    @router.posted("/{case_id}/answer")
    async def look_up(request: Request, case_id: str) -> Response:
        entered, _ = await parts.doors.posted(request, TEAM)
        await asking.look_up(entered.session, case_id)
        return pages.go(f"/{TEAM}/cases/{case_id}#asked")

    return router


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the gateway to ask, and looks the answer up."""

    parts: Parts

    async def ask(self, signed_in: SignedIn, case_id: str, reason: str) -> str | None:
        """Have the person asked; gives what is wrong where that cannot be. Raises `NotHereError`, `TokenNotGoodError`."""
        who, now, database = signed_in.practitioner, self.parts.clock.now(), self.parts.database
        case = await database.read(lambda session: may_be_asked(session, who, case_id, now))
        if isinstance(case, str):
            return case
        try:
            handle = await handle_of(self.parts.gateway, signed_in, case)
            if handle is None:
                return TOO_LITTLE
            found = await self.parts.gateway.ask_consent(signed_in.token, handle, case.purpose, reason)
        except GatewayAwayError:
            return AWAY
        except GatewayRefusedError as error:
            return f"The gateway did not take it. {error.detail}"
        await database.write(lambda session: was_asked(session, who, case_id, handle, found, now))
        return None

    async def look_up(self, signed_in: SignedIn, case_id: str) -> None:
        """Keep what came of it. Raises `NotHereError`, `GatewayAwayError`, `TokenNotGoodError`."""
        who, database = signed_in.practitioner, self.parts.database
        case = await database.read(lambda session: open_case(session, who, case_id))
        if case.asked is None:
            raise NotHereError("request")
        try:
            found = await self.parts.gateway.asked(signed_in.token, case.asked)
        except GatewayRefusedError:
            # Its time is over, and the gateway has forgotten it: as good as no answer.
            found = Asked(case.asked, "expired", self.parts.clock.now())
        now = self.parts.clock.now()
        await database.write(lambda session: answered(session, who, case_id, found, now))


async def handle_of(gateway: Gateway, signed_in: SignedIn, case: Case) -> str | None:
    """By what the gateway knows the person here; None where there is too little to find them by. Raises `GatewayError`."""
    if case.person is not None:
        return case.person
    by = identified(person_of(case))
    return None if by is None else await gateway.trace(signed_in.token, by)


def may_be_asked(session: Session, who: Practitioner, case_id: str, now: datetime) -> Case | str:
    """The case, or why the person is not asked. Raises `NotHereError`."""
    case = open_case(session, who, case_id)
    where = standing(case, now, stopped=is_stopped(session, case))
    if where == "new":
        return "Take it on first"
    if where == "stopped":
        return "This was stopped. Talk with the person, then close the case"
    if where == "ended" and not may_go_on(case, now):
        return "It has lasted as long as this support ever may. Hand over, or close"
    return case


def was_asked(
    session: Session, who: Practitioner, case_id: str, handle: str, asked: Asked, now: datetime
) -> None:
    """The person was asked; a new request takes the place of the old.

    Whom it was about is kept: what they allow follows them when they move, and can be found by their address no more.
    """
    case = open_case(session, who, case_id)
    case.person = handle
    case.asked, case.asked_at, case.answer = asked.id, now, asked.state
    case.renewal = may_go_on(case, now)


def answered(session: Session, who: Practitioner, case_id: str, asked: Asked, now: datetime) -> None:
    """What came of the request, as far as it is told. A yes to a request to go on makes the support go on, once."""
    case = open_case(session, who, case_id)
    if case.asked != asked.id:
        return
    case.answer = asked.state
    if asked.state == "allowed" and case.renewal and not is_stopped(session, case):
        gone_on(case, now, london_day(now))
        case.renewal = False
