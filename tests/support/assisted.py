"""Decisions written down over one way of a request: the endpoint, the paper's code, and what stands afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import orjson
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from consent.permissions import Permission, in_force
from core.clock import Clock
from core.errors import OnceToldError
from core.vocabulary import JsonObject
from gateway.api import consents, consents_representing
from gateway.api.consents import ConsentParts
from gateway.api.consents_representing import RepresentingParts
from gateway.assisting import Assisting
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.people import trace
from gateway.recording_representatives import RecordingRepresentatives
from gateway.services.stop_by_code import StopByCode, Tries
from gateway.views.pipeline import Parts
from tests.support.api import Told, with_callers
from tests.support.walk import CALLERS, NHS_NUMBER, Walk, caller, registers
from tests.unit.gateway.web.asgi import Sender, ask, scope_of

OFFICER = "officer"
PURPOSE = "early-help-triage"
SCOPES = frozenset({"views", "consents", "representatives"})


@dataclass
class Desk:
    """A practitioner's application beside one way of a request."""

    way: Walk
    clock: Clock
    parts: Parts

    @property
    def app(self) -> Envelope:
        app = FastAPI()
        verifier = self.parts.verifier
        here = ConsentParts(verifier, Assisting(self.parts), self.clock, "https://gateway.test")  # type: ignore[arg-type]
        recording = RecordingRepresentatives(self.parts)
        app.include_router(consents.build_router(lambda: here, registers))
        app.include_router(
            consents_representing.build_router(
                lambda: RepresentingParts(verifier, recording, self.clock)  # type: ignore[arg-type]
            )
        )
        edge = Edge(verifier, self.way.home.committer, self.way.home.keys)

        async def ours(request: Request, error: Exception) -> Response:
            return await edge.answer(request, error)

        app.add_exception_handler(OnceToldError, ours)
        return Envelope(app)

    async def post(
        self, target: str, body: Mapping[str, object], who: str = OFFICER, method: str = "POST"
    ) -> Told:
        given = [("authorization", who), ("content-type", "application/json")]
        reply = await ask(self.app, scope_of(method, target, given), Sender([orjson.dumps(body)]))
        document: JsonObject = orjson.loads(reply.body)
        code = str(document.get("type", "")).rpartition("#")[2]
        return Told(reply.status, code, document, reply)

    def handle(self, nhs_number: str = NHS_NUMBER) -> str:
        organisation = CALLERS["triager"].organisation
        return self.way.home.handles.make(organisation, trace.by_nhs_number(nhs_number))

    def body(self, decision: str = "yes", minutes: int = 60, **changes: object) -> dict[str, object]:
        """What is written down; minutes: how long ago it was said."""
        said = self.clock.now() - timedelta(minutes=minutes)
        return {
            "person": self.handle(),
            "purpose": PURPOSE,
            "decision": decision,
            "said_at": said.isoformat().replace("+00:00", "Z"),
            "how": "in-person",
            "helped_by": ["interpreter"],
            "words": "easy-read-2",
            "reference": f"tablet-3:{decision}:{minutes}",
            **changes,
        }

    def standing(self, at: datetime | None = None) -> tuple[Permission, ...]:
        """What is in force for the person."""
        key = self.way.home.keys.get(self.way.person.id)
        return in_force(self.way.home.ledger.standing(key).permissions, at or self.clock.now())

    def codes(self) -> StopByCode:
        home = self.way.home
        return StopByCode(
            home.database, home.keys, home.handles, self.way.consenting, self.clock, Tries(self.clock)
        )


def desk(way: Walk, clock: Clock) -> Desk:
    """A desk of the organisation that asks for early help."""
    triager = replace(caller("norfolk-county-council", "triager", scopes=SCOPES))
    alone = replace(triager, practitioner=None, role=None)
    housing = replace(caller("norwich-city-council", "housing-officer", scopes=SCOPES))
    return Desk(way, clock, with_callers(way, officer=triager, application=alone, elsewhere=housing))
