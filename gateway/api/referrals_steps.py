"""The steps of a referral: collected, accepted, refused, closed, withdrawn. Each is safe to repeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from core.clock import Clock
from gateway.api.body import MEDIA_TYPE, body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, STORE_PROBLEMS, problems
from gateway.api.referrals_documents import referral_document
from gateway.api.referrals_models import REFERRAL_ID_PATTERN, ClosingBody, ReferralView, RefusalBody
from gateway.directory.listing import NO_DIRECTORY, Directory
from gateway.identity.caller import Caller, require_scope
from gateway.identity.http import refuse_tokens_elsewhere
from gateway.identity.verifier import TokenVerifier
from gateway.policy.register_values import Registers
from gateway.problems import NotFoundError
from gateway.referrals.receiving import Receiving
from gateway.referrals.sending import Sending
from gateway.referrals.states import Outcome, Reason, Status, Step
from gateway.referrals.stepping import NoReferralError

SCOPE: Final = "referrals"
Id = Annotated[str, Path(pattern=REFERRAL_ID_PATTERN, description="As the referral's answer gave it.")]

_STEP: Final[dict[str, Any]] = {
    "response_model": ReferralView,
    "response_model_exclude_none": True,
    "response_description": "So it stands now. The same again is answered alike.",
    "responses": problems(*STORE_PROBLEMS, 401, 403, 404, 409),
}
_STEP_WITH_BODY: Final[dict[str, Any]] = {**_STEP, "responses": problems(*BODY_PROBLEMS, 404, 409)}


@dataclass(frozen=True, slots=True)
class ReferralParts:
    """What the endpoints of referrals use. registers: those in force. directory: of the services that are asked for."""

    verifier: TokenVerifier
    sending: Sending
    receiving: Receiving
    clock: Clock
    registers: Callable[[], Registers]
    directory: Directory = NO_DIRECTORY


def add_steps(router: APIRouter, parts: Callable[[], ReferralParts]) -> None:
    """The endpoints of the steps."""

    @router.post(
        "/referrals/{id}/collection",
        summary="Say that you have it",
        operation_id="collectReferral",
        **_STEP,
    )
    async def collect(request: Request, id: Id) -> Response:
        """The receiver's: you have it durably. What it said is erased here, for good. Repeat it until you are answered."""
        return await take(parts(), request, id, Step(Status.COLLECTED), await caller_of(parts(), request))

    @router.post("/referrals/{id}/acceptance", summary="Take it on", operation_id="acceptReferral", **_STEP)
    async def accept(request: Request, id: Id) -> Response:
        """The receiver's, once it was collected."""
        return await take(parts(), request, id, Step(Status.ACCEPTED), await caller_of(parts(), request))

    @router.post(
        "/referrals/{id}/withdrawal", summary="Take it back", operation_id="withdrawReferral", **_STEP
    )
    async def withdraw(request: Request, id: Id) -> Response:
        """The sender's, until it ends: it was a mistake, or the person no longer wants it.

        What it said is erased, and what the receiver could look at under it ends at once.
        """
        return await take(parts(), request, id, Step(Status.WITHDRAWN), await caller_of(parts(), request))

    @router.post(
        "/referrals/{id}/refusal",
        summary="Say that you do not take it",
        openapi_extra=body_of(RefusalBody),
        operation_id="refuseReferral",
        **_STEP_WITH_BODY,
    )
    async def refuse(request: Request, id: Id) -> Response:
        """The receiver's, before it is accepted. What it said is erased, and what could be looked at ends at once."""
        caller = await caller_of(parts(), request)
        body = await read_body(request, RefusalBody)
        return await take(parts(), request, id, Step(Status.REFUSED, reason=Reason(body.reason)), caller)

    @router.post(
        "/referrals/{id}/closing",
        summary="Close it, with what came of it",
        openapi_extra=body_of(ClosingBody),
        operation_id="closeReferral",
        **_STEP_WITH_BODY,
    )
    async def close(request: Request, id: Id) -> Response:
        """The receiver's, once it was accepted. What could be looked at under it ends at once."""
        caller = await caller_of(parts(), request)
        body = await read_body(request, ClosingBody)
        outcomes = frozenset(Outcome(one) for one in body.outcomes)
        return await take(parts(), request, id, Step(Status.CLOSED, outcomes=outcomes), caller)


async def caller_of(parts: ReferralParts, request: Request) -> Caller:
    """Who calls, with the scope of referrals. Raises `TokenError`, `BadRequestError` for a token in the address."""
    refuse_tokens_elsewhere(request.scope["query_string"], request.headers.get("content-type", ""))
    caller = await parts.verifier.verify(request.headers.getlist("authorization"))
    require_scope(caller, SCOPE)
    return caller


async def take(
    parts: ReferralParts, request: Request, referral_id: str, step: Step, caller: Caller
) -> Response:
    """Take a step, and tell how the referral stands then. Raises `NotFoundError`, `MisfitError`."""
    try:
        referral = await parts.receiving.step(caller, referral_id, step, request.state.correlation_id)
    except NoReferralError as error:
        raise NotFoundError from error
    return answer(referral_document(referral, caller))


def answer(found: object, status: int = 200, media_type: str = MEDIA_TYPE) -> Response:
    """The document as JSON."""
    return Response(orjson.dumps(found), status, media_type=media_type)
