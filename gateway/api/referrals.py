"""/v1/referrals: handing a person over to another organisation, and what becomes of it.

The answer to a referral never depends on who the person is (promise 4). Only sender and receiver see one; to everybody else
it does not exist.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from consent.assisted.values import SAID_WITHIN
from core.times import to_ms
from gateway.api.audit_models import parameters_of
from gateway.api.body import body_of
from gateway.api.consent_requests_models import (
    IDEMPOTENCY_HEADER,
    IDEMPOTENCY_PARAMETER,
    IDEMPOTENCY_PATTERN,
)
from gateway.api.consents import practitioner_of
from gateway.api.documents import BODY_PROBLEMS, STORE_PROBLEMS, problems
from gateway.api.fhir import MEDIA_TYPE as FHIR
from gateway.api.fhir import wants_fhir
from gateway.api.queries import read_query
from gateway.api.referrals_documents import (
    referral_document,
    seen_document,
    sent_document,
    team_document,
)
from gateway.api.referrals_fhir import (
    BUNDLE_CONTENT,
    also_as_message,
    message_of,
    read_sent,
    told_as_sent,
)
from gateway.api.referrals_models import (
    REFERRAL_ID_PATTERN,
    ReferralBody,
    ReferralPage,
    ReferralRead,
    ReferralSent,
    ReferralsQuery,
    ReferralTeamRead,
    ReferralView,
)
from gateway.api.referrals_steps import SCOPE, Id, ReferralParts, add_steps, answer, caller_of, take
from gateway.idempotency.store import Once, OtherRequestError
from gateway.identity.caller import Caller
from gateway.problems import BadRequestError, FieldFault, NotFoundError
from gateway.referrals.bars.changes import Change
from gateway.referrals.records import Referral
from gateway.referrals.sending import Sending
from gateway.referrals.sharing import ends_at
from gateway.referrals.states import Status
from gateway.referrals.stepping import NoReferralError
from gateway.referrals.values import Agreed, How, Proposal, Sharing, from_document

OPERATION: Final = "POST /v1/referrals"
PAGE: Final = 50
_AHEAD: Final = timedelta(minutes=2)
_KEY: Final = re.compile(IDEMPOTENCY_PATTERN)
_STEP_BY_MESSAGE: Final = {
    "description": "A message about a referral that was sent before: so it stands now.",
    "model": ReferralView,
}


def build_router(parts: Callable[[], ReferralParts]) -> APIRouter:
    """The endpoints over their parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["referrals"])

    @router.post(
        "/referrals",
        summary="Refer a person to another organisation",
        status_code=201,
        response_model=ReferralSent,
        response_description="Taken. It waits for the receiver.",
        responses={**problems(*BODY_PROBLEMS, 404, 409), 200: _STEP_BY_MESSAGE},
        openapi_extra={**also_as_message(body_of(ReferralBody)), "parameters": [IDEMPOTENCY_PARAMETER]},
        operation_id="sendReferral",
    )
    async def send_referral(request: Request) -> Response:
        """Needs the scope `referrals` and a practitioner, who heard or saw the person agree.

        An agreement must bind your organisation and let the receiver ask for the purpose; otherwise a 403 says what to fix.
        Whether anybody knows the person is never told: the answer is the same. The person sees it, and can stop it.
        A message of the Booking and Referral Standard (BaRS) says the same in FHIR, or takes a step of a referral.
        """
        caller = await caller_of(parts(), request)
        practitioner_of(caller, SCOPE)
        body = await read_sent(request, caller, parts().registers())
        if isinstance(body, Change):
            return await take(parts(), request, body.referral, body.step, caller)
        with told_as_sent(request):
            proposal = _proposal(body, parts())
        once = await _once(parts().sending, caller, request)
        try:
            sent = await parts().sending.send(caller, proposal, once, request.state.correlation_id)
        except OtherRequestError as error:
            raise BadRequestError("idempotency-key-reused") from error
        return answer(sent_document(sent), 201)

    @router.get(
        "/referrals",
        summary="Referrals to your organisation, or from it",
        response_model=ReferralPage,
        response_model_exclude_none=True,
        response_description="Referrals, newest first; nothing of the people.",
        responses=problems(*STORE_PROBLEMS, 401, 403, 422),
        openapi_extra={"parameters": parameters_of(ReferralsQuery)},
        operation_id="listReferrals",
    )
    async def list_referrals(request: Request) -> Response:
        """Needs the scope `referrals`. `box=in`: those to your organisation; `box=out`: those from it; `box=with`: those to
        a team that your organisation is named in.
        """
        caller = await caller_of(parts(), request)
        asked = read_query(request, ReferralsQuery)
        status = None if asked.status is None else Status(asked.status)
        found = await parts().receiving.page(caller, asked.box, status, _after(asked), PAGE + 1)
        page = found[:PAGE]
        more = _cursor(page[-1]) if len(found) > PAGE else None
        of = team_document if asked.box == "with" else partial(referral_document, caller=caller)
        return answer({"referrals": [of(one) for one in page], "next": more})

    @router.get(
        "/referrals/{id}",
        summary="One referral; for the receiver, what it says",
        response_model=ReferralRead | ReferralTeamRead,
        response_model_exclude_none=True,
        response_description="The referral.",
        responses={**problems(*STORE_PROBLEMS, 401, 403, 404), 200: {"content": BUNDLE_CONTENT}},
        operation_id="getReferral",
    )
    async def get_referral(request: Request, id: Id) -> Response:
        """Needs the scope `referrals`. To the receiver, while it is `sent`, with what it says and a handle of the person.

        Each time is a disclosure with a receipt, which the person sees. Say that you have it durably by POST
        .../collection; from then on it is nowhere here. With `Accept: application/fhir+json` it is a message of the Booking
        and Referral Standard (BaRS); of a referral that tells nothing more, one with a Task that says where it stands.
        To an organisation of the receiver's team (`sharing.with`): where it stands and a handle of its own, in JSON alone.
        """
        caller = await caller_of(parts(), request)
        try:
            seen = await parts().receiving.see(caller, id, request.state.correlation_id)
        except NoReferralError as error:
            raise NotFoundError from error
        told = answer(seen_document(seen, caller))
        if wants_fhir(request) and caller.organisation in {seen.referral.sender, seen.referral.receiver}:
            told = answer(message_of(seen, caller, parts().registers()), media_type=FHIR)
        # Two forms under one address: whoever keeps answers must not mix them up.
        told.headers["Vary"] = "Accept"
        return told

    add_steps(router, parts)
    return router


def _proposal(body: ReferralBody, parts: ReferralParts) -> Proposal:
    now, agreed, sharing = parts.clock.now(), body.agreed, body.sharing
    said_at = agreed.said_at or now
    faults = []
    if said_at > now + _AHEAD:
        faults.append(FieldFault("agreed.said_at", "must not be in the future: check the device's clock"))
    if said_at < now - SAID_WITHIN:
        faults.append(FieldFault("agreed.said_at", "must be at most 14 days ago: ask the person again"))
    if sharing.days is not None and ends_at(said_at, sharing.days) <= now:
        faults.append(FieldFault("sharing.days", "has run out already, counted from agreed.said_at"))
    if body.service is not None and not parts.directory.may_be(body.service, body.to, parts.registers()):
        faults.append(FieldFault("service", "must be a service of the directory that the receiver provides"))
    faults += _team_faults(body)
    if faults:
        raise BadRequestError("body-invalid", faults=tuple(faults))
    return Proposal(
        to=body.to,
        purpose=body.purpose,
        content=from_document(body.model_dump(mode="json")),
        agreed=Agreed(How(agreed.how), min(said_at, now), agreed.words, agreed.contact_details),
        service=body.service,
        person=body.person,
        sharing=Sharing(
            None if sharing.sections is None else frozenset(sharing.sections),
            sharing.days,
            frozenset(sharing.with_),
        ),
        reference=body.reference,
    )


def _team_faults(body: ReferralBody) -> list[FieldFault]:
    named, mend = body.sharing.with_, []
    if len(set(named)) < len(named):
        mend.append("must name each organisation once")
    if body.to in named:
        mend.append("must not name the receiver, who may look anyway")
    if named and body.sharing.sections == []:
        mend.append("must be empty where nothing is shared")
    return [FieldFault("sharing.with", one) for one in mend]


async def _once(sending: Sending, caller: Caller, request: Request) -> Once | None:
    """The request's key, as MACs; None without one. Raises `BadRequestError`."""
    keys = request.headers.getlist(IDEMPOTENCY_HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise BadRequestError("malformed-idempotency-key")
    body = await request.body()
    return sending.idempotency.once(caller.issuer, caller.client, OPERATION, keys[0], body)


def _after(asked: ReferralsQuery) -> tuple[int, str] | None:
    place = None if asked.after is None else _place(asked.after)
    if asked.after is not None and place is None:
        mend = "use `next` of the page before, as it was given"
        raise BadRequestError("query-invalid", faults=(FieldFault("after", mend),))
    return place


def _cursor(last: Referral) -> str:
    return base64.urlsafe_b64encode(f"{to_ms(last.sent_at)}|{last.id}".encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, str] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    sent, bar, name = text.partition("|")
    fits = bar and sent.isdigit() and len(sent) <= 15 and re.fullmatch(REFERRAL_ID_PATTERN, name)
    return (int(sent), name) if fits else None
