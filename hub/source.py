"""The hub as a source: answers the gateway's REST adapter with the support plans that teams wrote, and nothing else.

The gateway asks only for what its agreements and the person let somebody see; what it asks for is what it gets. Each
organisation is a source of its own and serves what its own people wrote; which feature holds a plan is that feature's to say
(`hub.parts.Feature.plan_of`). The question is a POST, so that no address names a record:

    POST /source/age-well-norfolk/query
    {"reference": "interact:...", "include": ["plan"], "fields": {"plan": ["status", "goals"]}}
    -> {"reference": "interact:...", "asAt": "2026-11-23T09:30:00+00:00", "plan": {"status": "active", "goals": "..."}}

404 where the organisation's record holds no plan (any more), 401 without the key. `adapters/rest/mappings/team-hub.json` is
the gateway's side of it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlmodel import Session

from hub.clock import Clock
from hub.database import Database
from hub.errors import HubError

PREFIX: Final = "/source"
KEY_HEADER: Final = "x-api-key"
QUESTION_BYTES: Final = 16 * 1024
BLOCK: Final = "plan"


class SourceKeyError(HubError):
    """The key of the source cannot be read."""


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """A support plan. fields: by their names in the section `support-plan`; goals one a line.

    organisation: whose people wrote it. as_of: when. until: from then on it is served to nobody; None where it has no end.
    """

    organisation: str
    as_of: datetime
    fields: Mapping[str, str] = field(repr=False)
    until: datetime | None = None

    def served_by(self, organisation: str, now: datetime) -> bool:
        """Whether this organisation answers with it now."""
        return self.organisation == organisation and (self.until is None or now < self.until)


PlanOf = Callable[[Session, str], HeldPlan | None]


class Question(BaseModel):
    """What the gateway asks. reference: feature and record, as registered by PUT /v1/pointers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reference: str
    include: list[str]
    fields: dict[str, list[str]]


def read_key(path: Path | None) -> bytes | None:
    """The key in the file; None where the hub is no source. Raises `SourceKeyError`."""
    if path is None:
        return None
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise SourceKeyError(f"{path.name} cannot be read: {type(error).__name__}") from error
    if len(key) < 16:
        raise SourceKeyError(f"{path.name} holds no key of 16 characters or more")
    return key


def build_router(database: Database, clock: Clock, holders: Mapping[str, PlanOf], key: bytes) -> APIRouter:
    """`POST /source/<organisation>/query`, `GET /source/<organisation>/health`. holders: feature -> how it reads a plan."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)

    @router.get("/{organisation}/health", response_class=Response)
    async def health(request: Request) -> Response:
        return _json({"status": "ok"}) if _knows(request, key) else _json({"error": "key"}, 401)

    @router.post("/{organisation}/query", response_class=Response)
    async def query(request: Request, organisation: str) -> Response:
        if not _knows(request, key):
            return _json({"error": "key"}, 401)
        question = await _question(request)
        if question is None:
            return _json({"error": "question"}, 400)
        feature, _, record = question.reference.partition(":")
        holder = holders.get(feature)
        plan = None if holder is None else await database.read(lambda session: holder(session, record))
        if plan is None or not plan.served_by(organisation, clock.now()):
            return _json({"error": "not held"}, 404)
        return _json(answer(question, plan))

    return router


def answer(question: Question, plan: HeldPlan) -> dict[str, object]:
    """The fields that were asked for, and no more."""
    found: dict[str, object] = {"reference": question.reference, "asAt": plan.as_of.isoformat()}
    if BLOCK in question.include:
        wanted = question.fields.get(BLOCK, [])
        found[BLOCK] = {name: plan.fields[name] for name in wanted if name in plan.fields}
    return found


async def _question(request: Request) -> Question | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > QUESTION_BYTES:
            return None
    try:
        return Question.model_validate_json(bytes(body))
    except ValidationError:
        return None


def _knows(request: Request, key: bytes) -> bool:
    return hmac.compare_digest(request.headers.get(KEY_HEADER, "").encode("utf-8", "replace"), key)


def _json(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, {"Cache-Control": "no-store"}, media_type="application/json")
