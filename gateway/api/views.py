"""POST /v1/views: the way of a request begins and ends here; what happens between is gateway/views/pipeline.py."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from audit.log import Receipt
from gateway.api.body import body_of, read_body
from gateway.api.documents import BODY_PROBLEMS, problems
from gateway.api.models import ViewAnswer, ViewRequest
from gateway.views.pipeline import Parts, view
from gateway.views.values import Ask, View

NOTICE = "What is not shown may still exist: not shown does not mean none."


def build_router(parts: Callable[[], Parts]) -> APIRouter:
    """The endpoint over the pipeline's parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1", tags=["views"])

    @router.post(
        "/views",
        summary="Ask for a view of one person for one purpose",
        response_model=ViewAnswer,
        response_description="The view, empty where nothing may be shown or nothing is there.",
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=body_of(ViewRequest),
        operation_id="askForView",
    )
    async def ask_for_view(request: Request) -> Response:
        """The minimal view that agreement, purpose, role, label and the person's own decision leave, and its receipt.

        A person who is unknown, who allowed nothing, or of whom nothing may be shown all give the same empty view. What is
        not agreed whoever the person is (scope, purpose, role, section) is a 403 that says what to fix.
        """
        body = await read_body(request, ViewRequest)
        sections = None if body.sections is None else frozenset(body.sections)
        ask = Ask(body.person, body.purpose, sections, body.reason, hold_back=body.hold_back)
        answer = await view(
            parts(), request.headers.getlist("authorization"), ask, request.state.correlation_id
        )
        return Response(orjson.dumps(view_document(answer), default=dict), media_type="application/json")

    return router


def view_document(answer: View) -> dict[str, Any]:
    """A view as the contract writes it."""
    return {
        "purpose": answer.purpose,
        "sections": [
            {
                "section": one.section,
                "source": one.source,
                "as_of": one.as_of,
                "basis": one.basis,
                "data": one.data,
            }
            for one in answer.sections
        ],
        "unavailable": answer.unavailable,
        "notice": NOTICE,
        "watermark": answer.watermark,
        "use_until": answer.use_until,
        "receipt": receipt_document(answer.receipt),
    }


def receipt_document(receipt: Receipt) -> dict[str, Any]:
    """A receipt as the contract writes it."""
    return {"index": receipt.index, "leaf": base64.b64encode(receipt.leaf).decode(), "proof": receipt.text}
