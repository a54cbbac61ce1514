"""POST /v1/consents: what a person said, written down by the practitioner who heard it, offline too.

Whatever the person decided before, and whether anybody knows them, the answer is the same (promise 4).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from consent.assisted.values import SAID_WITHIN, Evidence
from core.clock import Clock
from gateway.api.body import body_of, read_body
from gateway.api.consents_models import ConsentAnswer, ConsentBody
from gateway.api.consents_paper import paper
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.views import receipt_document
from gateway.assisting import Assisting, Heard, WrittenDown
from gateway.identity.caller import Caller, require_scope
from gateway.identity.errors import TokenError
from gateway.identity.verifier import TokenVerifier
from gateway.policy.register_values import Registers
from gateway.problems import BadRequestError, FieldFault

SCOPE: Final = "consents"
NOTICE: Final = (
    "Written down. What was said last counts, also where that arrives later. "
    "Whether there is such a person, and what they said before, is not told."
)
_AHEAD: Final = timedelta(minutes=2)
"""By how much a device's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class ConsentParts:
    """What this endpoint uses. public_url: where residents find the page for their code."""

    verifier: TokenVerifier
    assisting: Assisting
    clock: Clock
    public_url: str


def build_router(parts: Callable[[], ConsentParts], registers: Callable[[], Registers]) -> APIRouter:
    """The endpoint over its parts and the registers in force, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["consent"])

    @router.post(
        "/consents",
        summary="Write down what a person said",
        status_code=202,
        response_model=ConsentAnswer,
        response_description="Written down, with a paper for the person.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(ConsentBody),
        operation_id="writeDownConsent",
    )
    async def write_down(request: Request) -> Response:
        """A spoken yes or no, for your own organisation, with its evidence. Needs the scope `consents` and a practitioner.

        It may arrive up to 14 days after it was said. What the person said last counts, whatever arrives when: a yes never
        stands that was said before a no. The person sees in their history who wrote it down.
        """
        caller = await parts().verifier.verify(request.headers.getlist("authorization"))
        practitioner_of(caller, SCOPE)
        body = await read_body(request, ConsentBody)
        heard = _heard(caller, body, registers(), parts().clock.now())
        done = await parts().assisting.write_down(caller, heard, request.state.correlation_id)
        document = consent_document(done, heard, caller, registers(), parts().public_url)
        return Response(orjson.dumps(document), 202, media_type="application/json")

    return router


def practitioner_of(caller: Caller, scope: str) -> tuple[str, str]:
    """Who is signed in, and their role. Raises `TokenError`: an application alone has heard and seen nobody."""
    require_scope(caller, scope)
    if caller.practitioner is None or caller.role is None:
        raise TokenError(
            "insufficient_scope", "This call needs a signed-in practitioner in the token.", scope=scope
        )
    return caller.practitioner, caller.role


def _heard(caller: Caller, body: ConsentBody, registers: Registers, now: datetime) -> Heard:
    faults = []
    said_at = body.said_at or now
    if said_at > now + _AHEAD:
        faults.append(FieldFault("said_at", "must not be in the future: check the device's clock"))
    if said_at < now - SAID_WITHIN:
        faults.append(FieldFault("said_at", "must be at most 14 days ago: ask the person again"))
    if body.purpose not in registers.purposes:
        faults.append(FieldFault("purpose", "use a code of GET /v1/purposes"))
    if faults:
        raise BadRequestError("body-invalid", faults=tuple(faults))
    evidence = Evidence(
        body.how, tuple(sorted(set(body.helped_by))), body.words, practitioner_of(caller, SCOPE)[0]
    )
    return Heard(
        person=body.person,
        purpose=body.purpose,
        yes=body.decision == "yes",
        sections=None if body.sections is None else frozenset(body.sections),
        days=body.days,
        said_at=min(said_at, now),
        timed=body.said_at is not None,
        evidence=evidence,
        reference=body.reference,
    )


def consent_document(
    done: WrittenDown, heard: Heard, caller: Caller, registers: Registers, public_url: str
) -> dict[str, Any]:
    """The answer as the contract writes it."""
    printed = None
    if done.code is not None:
        made = paper(
            registers,
            caller.organisation,
            heard.purpose,
            done.sections,
            done.until,
            done.code,
            public_url,
        )
        printed = {"code": made.code, "text": made.text, "html": made.html}
    return {
        "notice": NOTICE,
        "until": None if done.until is None else done.until.isoformat(),
        "paper": printed,
        "receipt": receipt_document(done.receipt),
    }
