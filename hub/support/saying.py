"""Writing down what the person says to the worker, and handing them their paper: one page, sent while the worker waits.

Nothing of it rests here on its way: where the gateway does not answer, what was typed stays on the page, under the same
name, to be sent again. Without a line it is written on paper, and copied within 2 weeks. The case keeps that they said yes
or no, and when. The paper is on the answer itself and behind no address: the code on it stops what was allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from hub.doors import Entered
from hub.gateway import GatewayAwayError, GatewayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import ConsentSaid
from hub.pages.forms import Faults, Form
from hub.pages.routing import PageRouter
from hub.pages.words import london_day
from hub.parts import Parts
from hub.sessions import Practitioner
from hub.support.asking import TOO_LITTLE, handle_of, may_be_asked
from hub.support.case_forms import CaseForms
from hub.support.cases import is_stopped, open_case
from hub.support.codes import TEAM
from hub.support.ends import gone_on, may_go_on
from hub.support.reading import NOTHING_WRONG
from hub.support.said_form import (
    DECISIONS,
    HELPED_BY,
    HOW_HEARD,
    SAID_TO_READ,
    Said,
    consent_body,
    new_entry,
    read,
)
from hub.support.tables import Case
from hub.support.without_yes import Seen, opened_by_a_yes

AWAY = (
    "The gateway does not answer right now. Nothing stands yet. What you wrote is on this page: send it again"
)
SIGN_IN = "Your sign-in ran out. Nothing stands yet. Sign in again in another window, then send this again"


@dataclass(frozen=True, slots=True)
class SayingPages:
    """The handlers."""

    parts: Parts

    async def ask(self, request: Request, case_id: str) -> Response:
        """GET said."""
        entered = self.parts.doors.enter(request, TEAM)
        return await self._form(request, entered, case_id, Form((("entry", new_entry()),)))

    async def send(self, request: Request, case_id: str) -> Response:
        """POST said."""
        entered, form = await self.parts.doors.posted(request, TEAM)
        now = self.parts.clock.now()
        said = read(form, now)
        if isinstance(said, Faults):
            return await self._form(request, entered, case_id, form, said)
        case = await self.parts.database.read(
            lambda session: may_be_told(session, entered.who, case_id, said, now)
        )
        found = case if isinstance(case, str) else await self._deliver(entered, case, said, now)
        if isinstance(found, str):
            return await self._form(request, entered, case_id, form, Faults({"decision": found}))
        handle, done = found
        await self.parts.database.write(
            lambda session: heard(session, entered.who, case_id, handle, said, now)
        )
        return await CaseForms(self.parts).page(
            request, entered, case_id, "said-done", yes=said.yes, said=done
        )

    async def _deliver(
        self, entered: Entered, case: Case, said: Said, now: datetime
    ) -> tuple[str, ConsentSaid] | str:
        """Whom it is about and what the gateway answers, or why nothing stands."""
        gateway, token = self.parts.gateway, entered.session.token
        try:
            handle = await handle_of(gateway, entered.session, case)
            if handle is None:
                return TOO_LITTLE
            return handle, await gateway.say_consent(token, consent_body(case, said, handle, now))
        except GatewayAwayError:
            return AWAY
        except TokenNotGoodError:
            return SIGN_IN
        except GatewayRefusedError as error:
            return f"The gateway did not take it. {error.detail}"

    async def _form(
        self,
        request: Request,
        entered: Entered,
        case_id: str,
        form: Form,
        faults: Faults = NOTHING_WRONG,
    ) -> Response:
        case = await self.parts.database.read(lambda session: open_case(session, entered.who, case_id))
        return await CaseForms(self.parts).page(
            request,
            entered,
            case_id,
            "said",
            form,
            faults,
            entry=form.one("entry"),
            to_read=SAID_TO_READ,
            decisions=DECISIONS,
            offered=await self._offered(entered, case.purpose),
            how=HOW_HEARD,
            helped_by=HELPED_BY,
        )

    async def _offered(self, entered: Entered, purpose: str) -> tuple[Seen, ...]:
        """What a yes would open to this worker, asked about a person who is made up; nothing where it is not said."""
        try:
            return await opened_by_a_yes(self.parts.gateway, entered.session.token, purpose)
        except GatewayError:
            return ()


def build_router(parts: Parts) -> APIRouter:
    """Below `/support/cases/<id>`: `said`."""
    router, shown = PageRouter(parts.pages, f"/{TEAM}/cases"), SayingPages(parts)
    router.add("GET", "/{case_id}/said", shown.ask)
    router.add("POST", "/{case_id}/said", shown.send)
    return router


def may_be_told(session: Session, who: Practitioner, case_id: str, said: Said, now: datetime) -> Case | str:
    """The case, or why a yes is of no use. A no is always taken. Raises `NotHereError`."""
    return may_be_asked(session, who, case_id, now) if said.yes else open_case(session, who, case_id)


def heard(session: Session, who: Practitioner, case_id: str, handle: str, said: Said, now: datetime) -> None:
    """Keep that they said yes or no, and when. A yes near the end, or after it, makes the support go on, once.

    Whom it was about is kept: what they allow follows them when they move.
    """
    case, at = open_case(session, who, case_id), said.said_at or now
    case.person = handle
    if said.yes and may_go_on(case, now) and not is_stopped(session, case):
        gone_on(case, at, london_day(at))
    case.answer, case.asked_at = "said-yes" if said.yes else "said-no", at
    case.asked, case.renewal = None, False
