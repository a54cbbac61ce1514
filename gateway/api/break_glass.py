"""POST /v1/break-glass: the same way as a view, for the register's emergency purpose, after a step-up sign-in.

What follows it (the review, the short use, telling the person) comes from the purpose's entry in the register. No member or
header of the request changes any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.body import body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.models import BreakGlassAnswer, BreakGlassRequest
from gateway.api.views import view_document
from gateway.identity.caller import require_scope
from gateway.identity.errors import StepUpError
from gateway.policy.register_values import Purpose, Registers
from gateway.views.pipeline import Parts, view
from gateway.views.values import Ask, RefusedError, View

SCOPE: Final = "break-glass"
NO_PURPOSE: Final = "break-glass-emergency"
"""Asked for where the register has no emergency purpose at all: the policy then refuses it as one that nobody knows."""


def build_router(parts: Callable[[], Parts], registers: Callable[[], Registers]) -> APIRouter:
    """The endpoint over the pipeline's parts and the registers in force, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["views"])

    @router.post(
        "/break-glass",
        summary="Look in an emergency, without the person's permission",
        response_model=BreakGlassAnswer,
        response_description="The least that an emergency needs, for a short time; empty where nothing is there.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(BreakGlassRequest),
        operation_id="breakGlass",
    )
    async def break_glass(request: Request) -> Response:
        """Needs the scope `break-glass` and a sign-in with a second factor a few minutes ago at most.

        Without that sign-in the answer is 401 with `insufficient_user_authentication` (RFC 9470): its challenge says which
        `acr_values` and `max_age` to ask your issuer for. Every look is reviewed by officers of both organisations, and the
        person is told. Planned safeguarding work is no emergency: ask POST /v1/views with its own purpose.
        """
        headers = request.headers.getlist("authorization")
        caller = await parts().verifier.verify(headers)
        require_scope(caller, SCOPE)
        body = await read_body(request, BreakGlassRequest)
        purpose = emergency_purpose(registers().purposes, body.reason_code)
        ask = Ask(
            person=body.person,
            purpose=NO_PURPOSE if purpose is None else purpose.id,
            sections=None if body.sections is None else frozenset(body.sections),
            reason=body.reason,
            emergency=body.reason_code,
            hold_back=body.hold_back,
        )
        try:
            answer = await view(parts(), headers, ask, request.state.correlation_id)
        except RefusedError as refused:
            if refused.refusal.code == "step-up-needed":
                raise StepUpError(refused.refusal.detail, caller.step_up) from refused
            raise
        document = break_glass_document(answer, purpose, held_back=body.hold_back is not None)
        return Response(orjson.dumps(document, default=dict), media_type="application/json")

    return router


def emergency_purpose(purposes: Mapping[str, Purpose], reason_code: str) -> Purpose | None:
    """The register's emergency purpose that has this reason, or else any; None where there is none at all."""
    emergencies = [one for one in purposes.values() if one.emergency is not None]
    fitting = [
        one for one in emergencies if one.emergency is not None and reason_code in one.emergency.reasons
    ]
    return next(iter([*fitting, *emergencies]), None)


def break_glass_document(answer: View, purpose: Purpose | None, *, held_back: bool) -> dict[str, Any]:
    """A break-glass as the contract writes it: the view, and what follows it. The latter is the same for every person."""
    hours = None if purpose is None else purpose.review_hours
    told = "not-yet" if held_back else "at-once" if purpose is not None and purpose.notify else "in-history"
    return {
        **view_document(answer),
        "review": {"within_hours": hours, "person_told": told, "notice": _notice(hours, told)},
    }


_TOLD: Final[Mapping[str, str]] = {
    "at-once": "The person is told at once.",
    "in-history": "The person can see it in their history.",
    "not-yet": "The person is not told yet: another officer has to agree to that, and the danger is looked at again.",
}


def _notice(hours: int | None, told: str) -> str:
    soon = "" if hours is None else f" within {hours} hours"
    officers = "Officers of your organisation and of each that showed something will look at this"
    return f"{officers}{soon}. {_TOLD[told]}"
