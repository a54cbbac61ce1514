"""POST /v1/consent-requests and GET /v1/consent-requests/{id}: asking a person to allow something.

Always 202 for what may be asked at all, whoever the person is (promise 4); what nobody may ask is a plain 403.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.body import MEDIA_TYPE, body_of, read_body
from gateway.api.consent_requests_models import (
    IDEMPOTENCY_HEADER,
    IDEMPOTENCY_PARAMETER,
    IDEMPOTENCY_PATTERN,
    ConsentRequestBody,
    ConsentRequestView,
)
from gateway.api.documents import BODY_PROBLEMS, STORE_PROBLEMS, problems
from gateway.asking import Asking, NotAskedError, Told, Wish
from gateway.idempotency.store import Once, OtherRequestError
from gateway.identity.caller import Caller, require_scope
from gateway.problems import BadRequestError, NotFoundError
from gateway.request_ids import REQUEST_ID_PATTERN

SCOPE: Final = "views"
OPERATION: Final = "POST /v1/consent-requests"
NOTICE: Final = (
    "Waiting does not mean no, and it is not a yes: a person need not answer, and nobody may be there to. "
    "Ask for a view to see what you may see."
)
_KEY: Final = re.compile(IDEMPOTENCY_PATTERN)


def build_router(asking: Callable[[], Asking]) -> APIRouter:
    """The endpoints over what asks, which is first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["consent"])

    @router.post(
        "/consent-requests",
        summary="Ask a person to allow something",
        status_code=202,
        response_model=ConsentRequestView,
        response_description="Taken. Whether anybody was asked, nobody is told.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra={**body_of(ConsentRequestBody), "parameters": [IDEMPOTENCY_PARAMETER]},
        operation_id="askForConsent",
    )
    async def ask_for_consent(request: Request) -> Response:
        """Needs the scope `views`, and an agreement in force under which a yes of the person opens what you name.

        The answer is the same for everybody: whether the person is known, said no before, was asked too often lately (then
        they are not asked again), or does not exist. They are told by the channel they chose, without a word of who asks.
        """
        given = asking()
        caller = await given.views.verifier.verify(request.headers.getlist("authorization"))
        require_scope(caller, SCOPE)
        body = await read_body(request, ConsentRequestBody)
        once = await _once(given, caller, request)
        wish = Wish(
            person=body.person,
            purpose=body.purpose,
            sections=None if body.sections is None else frozenset(body.sections),
            days=body.days,
            reason=body.reason,
        )
        try:
            told = await given.ask(caller, wish, once, request.state.correlation_id)
        except OtherRequestError as error:
            raise BadRequestError("idempotency-key-reused") from error
        return Response(orjson.dumps(document(told)), 202, media_type=MEDIA_TYPE)

    @router.get(
        "/consent-requests/{id}",
        summary="What came of a request",
        response_model=ConsentRequestView,
        response_description="The request, with all that is told of it.",
        responses=problems(*STORE_PROBLEMS, 401, 403, 404),
        operation_id="getConsentRequest",
    )
    async def get_consent_request(
        request: Request,
        id: Annotated[str, Path(pattern=REQUEST_ID_PATTERN, description="As the request's answer gave it.")],
    ) -> Response:
        """Needs the scope `views`. Your own organisation's requests only; any other is a 404.

        `allowed` while a yes of the person stands; then a view shows it too. Otherwise `waiting`, and `expired` once the
        time to answer is over: a no, silence, and nobody being there are told alike.
        """
        given = asking()
        caller = await given.views.verifier.verify(request.headers.getlist("authorization"))
        require_scope(caller, SCOPE)
        try:
            told = await given.state(caller, id)
        except NotAskedError as error:
            raise NotFoundError from error
        return Response(orjson.dumps(document(told)), media_type=MEDIA_TYPE)

    return router


def document(told: Told) -> dict[str, Any]:
    """A request as the contract writes it."""
    return {
        "id": told.id,
        "state": told.state.value,
        "expires": told.expires.replace(microsecond=0),
        "notice": NOTICE,
    }


async def _once(asking: Asking, caller: Caller, request: Request) -> Once | None:
    """The request's key, as MACs; None without one. Raises `BadRequestError`."""
    keys = request.headers.getlist(IDEMPOTENCY_HEADER)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise BadRequestError("malformed-idempotency-key")
    body = await request.body()
    return asking.idempotency.once(caller.issuer, caller.client, OPERATION, keys[0], body)
