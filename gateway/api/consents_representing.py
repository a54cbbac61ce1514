"""POST and DELETE /v1/representatives, POST /v1/deciding-alone: who may decide for somebody, as a practitioner saw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.log import Receipt
from consent.representing.values import Area, AuthorityError, Because, Capacity
from core.clock import Clock
from gateway.api.body import body_of, read_body
from gateway.api.consents import practitioner_of
from gateway.api.consents_models import (
    DecidesAloneBody,
    RecordedAnswer,
    RepresentativeBody,
    RepresentativeEnd,
)
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.views import receipt_document
from gateway.identity.verifier import TokenVerifier
from gateway.problems import BadRequestError, FieldFault
from gateway.recording_representatives import RecordingRepresentatives, Stated

SCOPE: Final = "representatives"
NOTICE: Final = "Written down. Whether there is such a person, and who else acts for them, is not told."


@dataclass(frozen=True, slots=True)
class RepresentingParts:
    """What these endpoints use."""

    verifier: TokenVerifier
    recording: RecordingRepresentatives
    clock: Clock


def build_router(parts: Callable[[], RepresentingParts]) -> APIRouter:
    """The endpoints over their parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["consent"])

    @router.post(
        "/representatives",
        summary="Write down who may decide for a person",
        status_code=202,
        response_model=RecordedAnswer,
        response_description="Written down.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(RepresentativeBody),
        operation_id="recordRepresentative",
    )
    async def record(request: Request) -> Response:
        """An attorney, a deputy or somebody with parental responsibility, with what you saw of it.

        Needs the scope `representatives` and a practitioner. The person sees it in their history, and can end it.
        """
        caller = await parts().verifier.verify(request.headers.getlist("authorization"))
        practitioner_of(caller, SCOPE)
        body = await read_body(request, RepresentativeBody)
        if body.representative == body.person:
            raise _unfit("nobody represents themselves")
        try:
            receipt = await parts().recording.record(caller, _stated(body), request.state.correlation_id)
        except AuthorityError as error:
            raise _unfit(str(error)) from error
        return _answer(receipt)

    @router.delete(
        "/representatives",
        summary="Write down that somebody no longer decides for a person",
        status_code=202,
        response_model=RecordedAnswer,
        response_description="Written down.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(RepresentativeEnd),
        operation_id="endRepresentative",
    )
    async def end(request: Request) -> Response:
        """Whatever they were recorded for ends with the next request. The answer is the same whether anything stood."""
        caller = await parts().verifier.verify(request.headers.getlist("authorization"))
        practitioner_of(caller, SCOPE)
        body = await read_body(request, RepresentativeEnd)
        receipt = await parts().recording.end(
            caller, body.person, body.representative, request.state.correlation_id
        )
        return _answer(receipt)

    @router.post(
        "/deciding-alone",
        summary="Write down that a child decides alone",
        status_code=202,
        response_model=RecordedAnswer,
        response_description="Written down.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(DecidesAloneBody),
        operation_id="recordDecidingAlone",
    )
    async def decides_alone(request: Request) -> Response:
        """A child who understands enough (Gillick) is decided for by nobody else from the next request on.

        Only the child sees in their history that it was written down.
        """
        caller = await parts().verifier.verify(request.headers.getlist("authorization"))
        practitioner_of(caller, SCOPE)
        body = await read_body(request, DecidesAloneBody)
        receipt = await parts().recording.decides_alone(
            caller, body.person, body.seen, body.reference, request.state.correlation_id
        )
        return _answer(receipt)

    return router


def _stated(body: RepresentativeBody) -> Stated:
    return Stated(
        person=body.person,
        representative=body.representative,
        capacity=Capacity(body.capacity),
        areas=frozenset(Area(one) for one in body.areas),
        because=Because(body.because),
        until=body.until,
        born=body.born,
        seen=body.seen,
        reference=body.reference,
    )


def _unfit(words: str) -> BadRequestError:
    return BadRequestError("body-invalid", faults=(FieldFault("body", words),))


def _answer(receipt: Receipt) -> Response:
    document = {"notice": NOTICE, "receipt": receipt_document(receipt)}
    return Response(orjson.dumps(document), 202, media_type="application/json")
