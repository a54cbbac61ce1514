"""GET /v1/audit/...: the log for an organisation's officers, by API what the console shows on pages.

`/log/` serves the same tree to everybody; here stand the details of an organisation's own entries as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from audit.export.fhir import bundle_start
from audit.reader import Query as Search
from audit.text import to_base64
from core.times import from_ms, to_ms
from gateway.api.audit_models import (
    PLACE_MAXIMUM,
    CheckpointAnswer,
    ConsistencyAnswer,
    ConsistencyQuery,
    EntriesAnswer,
    EntriesQuery,
    EntryAnswer,
    InclusionAnswer,
    InclusionQuery,
    Query,
    parameters_of,
)
from gateway.api.documents import problems
from gateway.api.fhir import MEDIA_TYPE as FHIR
from gateway.api.fhir import wants_fhir
from gateway.api.queries import read_query
from gateway.identity.caller import Caller, require_scope
from gateway.policy.uk_days import end_of_day, start_of_day
from gateway.problems import BadRequestError, NotFoundError
from gateway.services import log_reading as reading
from gateway.services.log_reading import LogParts, Reading
from gateway.signin.admission import OFFICER
from gateway.views.pipeline import Authenticates

SCOPE: Final = "audit"
_PROBLEMS: Final = (400, 401, 403, 421, 422, 431, 500, 503)
_PATH: Final = "/v1/audit/entries"

Index = Annotated[int, Path(ge=0, le=PLACE_MAXIMUM, description="The entry's place in the log.")]


@dataclass(frozen=True, slots=True)
class AuditParts:
    """What the endpoints use."""

    verifier: Authenticates
    log: LogParts


def _fhir(resource: str) -> dict[str, Any]:
    kind = {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"const": resource}},
    }
    return {"content": {FHIR: {"schema": kind}}}


def build_router(parts: Callable[[], AuditParts]) -> APIRouter:
    """The endpoints over their parts, which are first asked for by a request."""
    router = APIRouter(prefix="/v1/audit", tags=["audit"])
    _add_entries(router, parts)
    _add_proofs(router, parts)
    return router


def _add_entries(router: APIRouter, parts: Callable[[], AuditParts]) -> None:
    @router.get(
        "/entries",
        summary="Entries that concern your organisation",
        response_model=EntriesAnswer,
        response_description="A page of entries, the newest first.",
        responses={**problems(*_PROBLEMS), 200: _fhir("Bundle")},
        openapi_extra={"parameters": parameters_of(EntriesQuery)},
        operation_id="listEntries",
    )
    async def list_entries(request: Request) -> Response:
        """Needs the scope `audit` and the role of an information governance officer. This read is itself an entry.

        Filters as in the console. With `Accept: application/fhir+json` the page is a Bundle of AuditEvents (FHIR R4, IHE
        BALP shapes) whose `next` link leads to the next one.
        """
        given, asking = parts().log, await _officer(parts().verifier, request)
        asked = read_query(request, EntriesQuery)
        page = await reading.entries(given, asking, query_of(asking.caller.organisation, asked))
        if wants_fhir(request):
            return _answer(await asyncio.to_thread(_bundle, given, page, asked), FHIR)
        rows = [reading.summary(one, person) for one, person in page.entries]
        return _answer({"entries": rows, "next": None if page.next is None else str(page.next)})

    @router.get(
        "/entries/{index}",
        summary="One entry, with its proof",
        response_model=EntryAnswer,
        response_description="The entry in full.",
        responses={**problems(*_PROBLEMS, 404), 200: _fhir("AuditEvent")},
        operation_id="getEntry",
    )
    async def get_entry(request: Request, index: Index) -> Response:
        """What left, on which basis, why, and the receipt. Needs what the list needs; this read is itself an entry.

        An entry that does not concern your organisation is refused like one that there is not, and that is written down.
        With `Accept: application/fhir+json` it is an AuditEvent.
        """
        given, asking = parts().log, await _officer(parts().verifier, request)
        read_query(request, Query)
        found = await reading.entry(given, asking, index)
        if found is None:
            raise NotFoundError
        if wants_fhir(request):
            return _answer(await asyncio.to_thread(reading.event, given, found.stored), FHIR)
        return _answer(reading.full(found))


def _add_proofs(router: APIRouter, parts: Callable[[], AuditParts]) -> None:
    @router.get(
        "/checkpoint",
        summary="The log as it stands",
        response_model=CheckpointAnswer,
        response_description="Size, root and signed checkpoint.",
        responses=problems(*_PROBLEMS),
        operation_id="getAuditCheckpoint",
    )
    async def checkpoint(request: Request) -> Response:
        """Its newest checkpoint, this read's own entry included, and the newest one that witnesses have cosigned."""
        given, asking = parts().log, await _officer(parts().verifier, request)
        read_query(request, Query)
        found = await reading.state(given, asking)
        seen = found.cosigned
        return _answer(
            {
                "origin": found.checkpoint.origin,
                "size": found.checkpoint.size,
                "root": to_base64(found.checkpoint.root),
                "at": from_ms(found.head.at_ms),
                "checkpoint": found.head.checkpoint,
                "cosigned": None
                if seen is None
                else {"size": seen.size, "checkpoint": seen.checkpoint, "witnesses": seen.witnesses},
                "keys": [str(one) for one in given.log_keys],
            }
        )

    @router.get(
        "/proofs/inclusion",
        summary="That an entry stands in the log",
        response_model=InclusionAnswer,
        response_description="The proof.",
        responses=problems(*_PROBLEMS, 404),
        openapi_extra={"parameters": parameters_of(InclusionQuery)},
        operation_id="proveInclusion",
    )
    async def inclusion(request: Request) -> Response:
        """RFC 9162 section 2.1.3. 404 where the log has not reached that size, or the entry stands beyond it."""
        given, asking = parts().log, await _officer(parts().verifier, request)
        asked = read_query(request, InclusionQuery)
        found = await reading.inclusion(given, asking, asked.index, asked.size)
        if found is None:
            raise NotFoundError
        return _answer(
            {
                "index": asked.index,
                "size": asked.size,
                "leaf_hash": to_base64(found.leaf_hash),
                "hashes": [to_base64(one) for one in found.hashes],
                "checkpoint": found.checkpoint,
            }
        )

    @router.get(
        "/proofs/consistency",
        summary="That the log only grew",
        response_model=ConsistencyAnswer,
        response_description="The proof.",
        responses=problems(*_PROBLEMS, 404),
        openapi_extra={"parameters": parameters_of(ConsistencyQuery)},
        operation_id="proveConsistency",
    )
    async def consistency(request: Request) -> Response:
        """RFC 9162 section 2.1.4. 404 where the log has not reached those sizes, or `from` is larger than `to`."""
        given, asking = parts().log, await _officer(parts().verifier, request)
        asked = read_query(request, ConsistencyQuery)
        found = await reading.consistency(given, asking, asked.from_size, asked.to_size)
        if found is None:
            raise NotFoundError
        return _answer(
            {
                "from_size": asked.from_size,
                "to_size": asked.to_size,
                "hashes": [to_base64(one) for one in found.hashes],
                "from_checkpoint": found.first,
                "to_checkpoint": found.second,
            }
        )


def require_officer(caller: Caller) -> None:
    """Raise unless the caller is an officer with the scope: what the console demands of whoever signs in there."""
    require_scope(caller, SCOPE)
    if caller.practitioner is None or caller.role != OFFICER:
        raise BadRequestError("officers-only")


def query_of(organisation: str, asked: EntriesQuery) -> Search:
    """What is searched for."""
    return Search(
        organisation=organisation,
        kind=asked.kind,
        outcome=asked.outcome,
        purpose=asked.purpose,
        text=asked.text or "",
        from_ms=None if asked.from_day is None else to_ms(start_of_day(asked.from_day)),
        # The calendar's last day has no day after it.
        until_ms=None if asked.to_day in {None, date.max} else to_ms(end_of_day(asked.to_day)),
        before=asked.cursor,
        limit=asked.limit,
        code=asked.person,
    )


async def _officer(verifier: Authenticates, request: Request) -> Reading:
    caller = await verifier.verify(request.headers.getlist("authorization"))
    require_officer(caller)
    return Reading(caller, request.state.correlation_id)


def _answer(value: object, media_type: str = "application/json") -> Response:
    # Two forms under one address: whoever keeps answers must not mix them up.
    return Response(orjson.dumps(value, default=_plain), media_type=media_type, headers={"Vary": "Accept"})


def _plain(value: object) -> object:
    return dict(value)  # type: ignore[call-overload] # orjson knows dict alone; every mapping of ours is one


def _bundle(parts: LogParts, page: reading.Listed, asked: EntriesQuery) -> dict[str, Any]:
    bundle: dict[str, Any] = dict(bundle_start(parts.log_keys[0].name))
    if page.next is not None:
        kept = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
        bundle["link"] = [{"relation": "next", "url": f"{_PATH}?{urlencode({**kept, 'cursor': page.next})}"}]
    events = [reading.event(parts, one) for one, _ in page.entries]
    if events:
        # FHIR knows no empty arrays.
        bundle["entry"] = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in events]
    return bundle
