"""The API over one way of a request: what a partner's application sees, in one process and without a socket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from audit.reader import LogReader, Query, StoredEntry
from core.errors import OnceToldError
from core.vocabulary import JsonObject
from gateway.api import break_glass, checks, views
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.identity.caller import Caller
from gateway.views.pipeline import Parts
from tests.support.walk import CALLERS, FakeVerifier, Walk, registers
from tests.unit.gateway.web.asgi import Reply, Sender, ask, scope_of


@dataclass(frozen=True)
class Told:
    """One answer: its status, its problem's code (empty where it is none), its document and its headers."""

    status: int
    code: str
    document: JsonObject
    reply: Reply


def app_of(way: Walk, parts: Parts) -> Envelope:
    """The endpoints over these parts, with the gateway's own edge around them."""
    app = FastAPI()
    app.include_router(views.build_router(lambda: parts))
    app.include_router(checks.build_router(lambda: parts))
    app.include_router(break_glass.build_router(lambda: parts, registers))
    edge = Edge(parts.verifier, way.home.committer, way.home.keys)

    async def ours(request: Request, error: Exception) -> Response:
        return await edge.answer(request, error)

    app.add_exception_handler(OnceToldError, ours)
    return Envelope(app)


async def post(
    way: Walk,
    target: str,
    who: str,
    body: Mapping[str, object],
    *,
    parts: Parts | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Told:
    """Send one request as one of the callers."""
    given = [("authorization", who), ("content-type", "application/json"), *headers]
    app = app_of(way, parts or way.parts)
    reply = await ask(app, scope_of("POST", target, given), Sender([orjson.dumps(body)]))
    document = orjson.loads(reply.body)
    code = str(document.get("type", "")).rpartition("#")[2]
    return Told(reply.status, code, document, reply)


def with_callers(way: Walk, **changed: Caller) -> Parts:
    """The parts with some callers changed."""
    return way.without(verifier=FakeVerifier({**CALLERS, **changed}))


def entries(way: Walk, organisation: str) -> tuple[StoredEntry, ...]:
    """What the log holds about an organisation, newest first."""
    return LogReader(way.home.database, way.home.log.store, way.home.keys).search(Query(organisation))


def detail(way: Walk, entry: StoredEntry) -> JsonObject:
    """What stands sealed in an entry."""
    opening = LogReader(way.home.database, way.home.log.store, way.home.keys).open(entry)
    assert opening is not None
    found = opening.detail["detail"]
    assert isinstance(found, dict)
    return found
