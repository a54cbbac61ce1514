"""The officers' endpoints over one gateway's storage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from core.errors import OnceToldError
from core.vocabulary import JsonObject
from gateway.api import audit
from gateway.api.audit import AuditParts
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.identity.caller import Caller
from gateway.problems import problem
from gateway.services.log_reading import LogParts
from tests.support import api
from tests.support.walk import CALLERS, FakeVerifier, caller
from tests.unit.gateway.services.served import Served
from tests.unit.gateway.web.asgi import Reply, ask, scope_of

COUNTY, COUNCIL, ACUTE = "norfolk-county-council", "norwich-city-council", "norwich-acute-hospital"
AUDIT = frozenset({"audit"})
FHIR = "application/fhir+json"
WHO: dict[str, Caller] = {
    **CALLERS,
    "officer": caller(COUNTY, "officer", scopes=AUDIT),
    "of-council": caller(COUNCIL, "officer", scopes=AUDIT),
    "of-acute": caller(ACUTE, "officer", scopes=AUDIT),
    "no-officer": caller(COUNTY, "triager", scopes=AUDIT),
    "no-scope": caller(COUNTY, "officer", scopes=frozenset({"views"})),
    "machine": replace(caller(COUNTY, "officer", scopes=AUDIT), practitioner=None, role=None),
}


@dataclass
class Desk:
    """The endpoints over one gateway's storage, with its edge around them."""

    served: Served
    parts: LogParts

    async def get(self, target: str, who: str = "officer", accept: str = "*/*") -> tuple[Reply, Any]:
        app = FastAPI()
        app.include_router(audit.build_router(lambda: AuditParts(FakeVerifier(WHO), self.parts)))
        way = self.served.way
        edge = Edge(FakeVerifier(WHO), way.home.committer, way.home.keys)

        async def ours(request: Request, error: Exception) -> Response:
            return await edge.answer(request, error)

        async def framework(request: Request, _error: Exception) -> Response:
            return problem("not-found").response(request.state.correlation_id)

        app.add_exception_handler(OnceToldError, ours)
        app.add_exception_handler(RequestValidationError, framework)
        headers = [("authorization", who), ("accept", accept)]
        reply = await ask(Envelope(app), scope_of("GET", "/v1/audit" + target, headers))
        return reply, orjson.loads(reply.body)

    async def good(self, target: str, who: str = "officer", accept: str = "*/*") -> Any:
        reply, document = await self.get(target, who, accept)
        assert reply.status == 200, document
        assert reply.header("content-type") == (FHIR if accept == FHIR else "application/json")
        return document

    async def refused(self, target: str, who: str = "officer") -> tuple[int, str]:
        reply, document = await self.get(target, who)
        return reply.status, str(document["type"]).rpartition("#")[2]

    def newest(self, organisation: str = COUNTY) -> tuple[str, str, JsonObject]:
        """Kind, outcome and detail of the newest entry that concerns an organisation."""
        entry = api.entries(self.served.way, organisation)[0]
        return entry.kind, entry.outcome, api.detail(self.served.way, entry)


async def look(desk: Desk) -> int:
    """The county looks at what the person allowed; gives the entry's place."""
    await desk.served.way.allow()
    return (await desk.served.way.ask()).receipt.index
