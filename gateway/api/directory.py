"""GET /v1/directory/services: where help is to be had. Person-independent: it neither says nor learns who is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from adapters.openreferral.values import Service
from core.vocabulary import Json
from gateway.api.audit_models import parameters_of
from gateway.api.directory_models import PAGE, ServicesAnswer, ServicesQuery
from gateway.api.documents import problems
from gateway.api.queries import read_query
from gateway.directory.listing import Directory, Listing, listed
from gateway.directory.searching import Question
from gateway.identity.caller import require_one_scope
from gateway.policy.register_values import Registers
from gateway.problems import BadRequestError, FieldFault
from gateway.views.pipeline import Authenticates

SCOPES: Final = ("referrals", "views")
_PROBLEMS: Final = (400, 401, 403, 421, 422, 431, 500, 503)


@dataclass(frozen=True, slots=True)
class DirectoryParts:
    """What this endpoint uses."""

    verifier: Authenticates
    directory: Directory


def build_router(parts: Callable[[], DirectoryParts], registers: Callable[[], Registers]) -> APIRouter:
    """The endpoint over its parts and the registers in force, which are first asked for by a request."""
    router = APIRouter(prefix="/v1/directory", tags=["directory"])

    @router.get(
        "/services",
        summary="Where help is to be had",
        response_model=ServicesAnswer,
        response_description="A page of services, best first.",
        responses=problems(*_PROBLEMS),
        openapi_extra={"parameters": parameters_of(ServicesQuery)},
        operation_id="findServices",
    )
    async def find_services(request: Request) -> Response:
        """Needs the scope `referrals` or `views`. Says nothing about anybody, so ask for nobody: no name, number or address.

        Open Referral UK data, as the services publish it. The same question has the same answer, in the same order.
        """
        caller = await parts().verifier.verify(request.headers.getlist("authorization"))
        require_one_scope(caller, SCOPES)
        asked = read_query(request, ServicesQuery)
        question = Question(asked.q or "", asked.need or "", asked.place or "", asked.eligible or "")
        # A county's directory takes a while to go through, and nobody else is to wait for it.
        found = await asyncio.to_thread(parts().directory.find, question)
        page = _page(found, asked.after, registers())
        return Response(orjson.dumps(page), media_type="application/json")

    return router


def _page(found: Sequence[Service], after: str | None, registers: Registers) -> dict[str, Json]:
    start = 0
    if after is not None:
        start = next((at for at, one in enumerate(found, 1) if one.id == after), -1)
        if start < 0:
            mend = "send `next` of a page of the same search, or start anew"
            raise BadRequestError("query-invalid", faults=(FieldFault("after", mend),))
    page = found[start : start + PAGE]
    more = len(found) > start + PAGE
    shown: list[Json] = [_shown(listed(one, registers)) for one in page]
    return {"services": shown, "next": page[-1].id if more else None}


def _shown(listing: Listing) -> dict[str, Json]:
    one = listing.service
    return {
        "id": one.id,
        "name": one.name,
        "organisation": None if one.provider is None else one.provider.name,
        "organisation_id": listing.organisation,
        "description": one.description,
        "needs": [{"code": term.code, "name": term.name, "taxonomy": term.taxonomy} for term in one.terms],
        "eligibility": {
            "minimum_age": one.eligibility.minimum_age,
            "maximum_age": one.eligibility.maximum_age,
            "words": one.eligibility.words,
        },
        "places": {
            "areas": list(one.areas),
            "sites": [
                {"name": at.name, "address": at.address, "town": at.town, "postcode": at.postcode}
                for at in one.places
            ],
        },
        "contact": {"telephone": one.telephone, "email": one.email},
        "url": one.url,
        "status": one.status.value,
    }
