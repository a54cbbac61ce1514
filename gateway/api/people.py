"""POST /v1/people/trace, PUT and DELETE /v1/pointers: handles for recipients, pointers from sources."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from audit.committer import Committer
from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.ledger import Ledger
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from core.times import until_release
from core.unit_of_work import Written
from core.vocabulary import Label
from gateway.api.body import body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.models import DemographicsBody, PointerBody, PointerRevocation, TraceAnswer, TraceRequest
from gateway.identity.caller import Caller, require_one_scope, require_scope
from gateway.identity.verifier import TokenVerifier
from gateway.people import trace
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Registration
from gateway.people.registering import register_durably
from gateway.policy.live import LivePolicy


@dataclass(frozen=True, slots=True)
class PeopleParts:
    """What these endpoints use."""

    verifier: TokenVerifier
    handles: Handles
    locator: Locator
    policy: LivePolicy
    ledger: Ledger
    keys: KeyStore
    committer: Committer
    database: Database
    clock: Clock


ASKING: Final = ("views", "checks", "break-glass", "consents", "representatives")
"""Whoever may ask anything about a person needs their handle."""

ANSWERED_EVERY: Final = 0.1
"""Seconds. A registration is answered at whole multiples: somebody new takes a key and a row more than somebody whom other
sources know, and how long it takes must not tell which.
"""


def build_router(supply: Callable[[], PeopleParts]) -> APIRouter:
    """The endpoints over their parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["people"])

    @router.post(
        "/people/trace",
        summary="Get your organisation's handle for a person",
        response_model=TraceAnswer,
        response_description="The handle.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(TraceRequest),
        operation_id="tracePerson",
    )
    async def trace_person(request: Request) -> TraceAnswer:
        """Known and unknown people get a handle alike: it says nothing, and nobody is asked about the person."""
        parts = supply()
        caller = await parts.verifier.verify(request.headers.getlist("authorization"))
        require_one_scope(caller, ASKING)
        body = await read_body(request, TraceRequest)
        return TraceAnswer(
            person=parts.handles.make(caller.organisation, _trace_key(caller.organisation, body))
        )

    @router.put(
        "/pointers",
        summary="Say that you hold a record of a person",
        status_code=204,
        response_class=Response,
        response_description="Registered. There is nothing to say.",
        responses=problems(*BODY_PROBLEMS, 409),
        openapi_extra=body_of(PointerBody),
        operation_id="putPointer",
    )
    async def put_pointer(request: Request) -> Response:
        """Register your own record, or renew its label. You learn nothing about who else knows the person."""
        parts = supply()
        started = parts.clock.monotonic()
        caller = await parts.verifier.verify(request.headers.getlist("authorization"))
        require_scope(caller, "pointers")
        body = await read_body(request, PointerBody)
        registers = parts.policy.registers
        registration = Registration(
            caller.organisation,
            body.reference,
            body.nhs_number,
            _demographics(body.demographics),
            None if body.label is None else registers.believed(caller.organisation, Label(body.label)),
        )
        entry = _entry(parts, caller, "registered")
        await register_durably(
            parts.locator, parts.ledger, parts.committer, parts.clock, registration, lambda _: (entry,)
        )
        await asyncio.sleep(until_release(parts.clock.monotonic() - started, ANSWERED_EVERY))
        return Response(status_code=204)

    @router.delete(
        "/pointers",
        summary="Say that you no longer hold a record",
        status_code=204,
        response_class=Response,
        response_description="It does not stand any more, or never did.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(PointerRevocation),
        operation_id="deletePointer",
    )
    async def delete_pointer(request: Request) -> Response:
        """Take your pointer back. The answer is the same whether it stood or not."""
        parts = supply()
        caller = await parts.verifier.verify(request.headers.getlist("authorization"))
        require_scope(caller, "pointers")
        body = await read_body(request, PointerRevocation)
        entry = _entry(parts, caller, "revoked")

        def work(tx: Connection) -> Written[None, SealedEntry]:
            parts.locator.revoke(tx, caller.organisation, body.reference)
            return Written(None, (entry,))

        await parts.committer.append(Append(work, changes=True))
        return Response(status_code=204)

    return router


def _trace_key(organisation: str, body: TraceRequest) -> str:
    if body.nhs_number is not None:
        return trace.by_nhs_number(body.nhs_number)
    if body.record is not None:
        # Of the asker's own records only: another's are not theirs to ask by.
        return trace.by_record(organisation, body.record)
    demographics = _demographics(body.demographics)
    if demographics is None:
        raise trace.TraceError("give one of an NHS number, demographics and a record")
    return trace.by_demographics(demographics)


def _demographics(body: DemographicsBody | None) -> trace.Demographics | None:
    if body is None:
        return None
    return trace.Demographics(body.family_name, body.given_name, body.birth_date, body.postcode)


def _entry(parts: PeopleParts, caller: Caller, outcome: str) -> SealedEntry:
    # Which person a source knows is secret in itself, so the entry is about the source's act only.
    draft = Draft(
        kind=Kind.POINTER,
        outcome=outcome,
        organisations=frozenset({caller.organisation}),
        detail={"client": caller.client, "issuer": caller.issuer},
        recipient=caller.organisation,
    )
    return seal_entry(draft, parts.keys.get_or_create(f"org:{caller.organisation}"))
