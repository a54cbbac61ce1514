"""POST /v1/checks: a question about one person that is answered without the data, and never with no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.body import body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.models import CheckAnswer, CheckRequest
from gateway.api.views import receipt_document
from gateway.identity.caller import require_scope
from gateway.views.pipeline import Parts, check
from gateway.views.values import Ask, Checked

SCOPE: Final = "checks"
NOTICE: Final = "Not confirmed does not mean no: nobody may know, or it may not be told."


def build_router(parts: Callable[[], Parts]) -> APIRouter:
    """The endpoint over the pipeline's parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["views"])

    @router.post(
        "/checks",
        summary="Ask a question that is answered without the data",
        response_model=CheckAnswer,
        response_description="Confirmed, or not confirmed. Never no.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(CheckRequest),
        operation_id="askCheck",
    )
    async def ask_check(request: Request) -> Response:
        """Whether one thing is so, where the person allowed that to be told. No value ever leaves.

        Not confirmed looks the same whether it is not so, nobody knows, the person did not allow it, or there is no such
        person. Needs the scope `checks`, and a role whose agreement names the check.
        """
        headers = request.headers.getlist("authorization")
        require_scope(await parts().verifier.verify(headers), SCOPE)
        body = await read_body(request, CheckRequest)
        ask = Ask(body.person, body.purpose, None, body.reason, check=body.check)
        answer = await check(parts(), headers, ask, request.state.correlation_id)
        return Response(orjson.dumps(check_document(answer)), media_type="application/json")

    return router


def check_document(answer: Checked) -> dict[str, Any]:
    """The answer to a check as the contract writes it."""
    return {
        "answer": "confirmed" if answer.confirmed else "not-confirmed",
        "notice": NOTICE,
        "receipt": receipt_document(answer.receipt),
    }
