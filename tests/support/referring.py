"""Referrals over one way of a request: the API of /v1/referrals, with one charity that refers to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import orjson
from fastapi import FastAPI
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response

from audit.reader import LogReader
from consent.permissions import Given, Permission, in_force
from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject
from gateway.api import referrals as referrals_api
from gateway.api.referrals_steps import ReferralParts
from gateway.directory.listing import NO_DIRECTORY, Directory
from gateway.edge import Edge
from gateway.envelope import Envelope
from gateway.idempotency.store import Idempotency
from gateway.people import trace
from gateway.referrals.receiving import Receiving
from gateway.referrals.sending import Sending
from gateway.referrals.store import Referrals
from gateway.views.pipeline import Parts
from tests.support.api import Told, with_callers
from tests.support.house import MASTER
from tests.support.walk import NHS_NUMBER, Walk, caller, registers
from tests.unit.gateway.web.asgi import Sender, ask, scope_of

SENDER, RECEIVER, OTHER = "harbour-charity", "norfolk-advice", "norwich-food-network"
PURPOSE = "agreed-referral"
SCOPES = frozenset({"views", "referrals"})
WHY = "The flat is damp and the rent is behind."
PLANTED = "planted-and-to-be-found-nowhere"


@dataclass
class Refers:
    """One gateway that takes referrals."""

    way: Walk
    parts: Parts
    directory: Directory = NO_DIRECTORY

    @property
    def referrals(self) -> Referrals:
        return Referrals(self.way.home.database, self.way.home.keys)

    @property
    def receiving(self) -> Receiving:
        return Receiving(self.parts, self.referrals)

    @property
    def sending(self) -> Sending:
        home = self.way.home
        reader = LogReader(home.database, home.log.store, home.keys)
        return Sending(self.parts, self.referrals, Idempotency(home.database, MASTER), reader)

    @property
    def app(self) -> Envelope:
        app = FastAPI()
        here = ReferralParts(
            self.parts.verifier,  # type: ignore[arg-type]
            self.sending,
            self.receiving,
            self.parts.clock,
            registers,
            self.directory,
        )
        app.include_router(referrals_api.build_router(lambda: here))
        edge = Edge(self.parts.verifier, self.way.home.committer, self.way.home.keys)

        async def ours(request: Request, error: Exception) -> Response:
            return await edge.answer(request, error)

        app.add_exception_handler(OnceToldError, ours)
        return Envelope(app)

    async def call(
        self,
        method: str,
        target: str,
        who: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> Told:
        """One call; who: `sender`, `receiver`, `other`, or either with `-app` for an application alone."""
        given = [("authorization", who), *(headers or {}).items()]
        chunks = [] if body is None else [orjson.dumps(body)]
        if body is not None:
            given.append(("content-type", media_type))
        reply = await ask(self.app, scope_of(method, target, given), Sender(chunks))
        document = orjson.loads(reply.body)
        return Told(reply.status, str(document.get("type", "")).rpartition("#")[2], document, reply)

    async def send(self, who: str = "sender", key: str | None = None, **changes: object) -> Told:
        headers = {} if key is None else {"idempotency-key": key}
        return await self.call("POST", "/v1/referrals", who, self.body(**changes), headers)

    async def sent(self, **changes: object) -> str:
        """Send one; gives its id."""
        told = await self.send(**changes)  # type: ignore[arg-type]
        assert told.status == 201, told.document
        return str(told.document["id"])

    async def read(self, referral: str, who: str = "receiver") -> Told:
        return await self.call("GET", f"/v1/referrals/{referral}", who)

    async def step(
        self, referral: str, step: str, who: str = "receiver", body: Mapping[str, object] | None = None
    ) -> Told:
        return await self.call("POST", f"/v1/referrals/{referral}/{step}", who, body)

    async def stopped(self, referral: str) -> None:
        """The person stops it in the portal."""
        home = self.way.home
        key = home.keys.get(self.way.person.id)
        await self.receiving.stop(key, referral, Given("portal", self.way.person.id))

    def handle(self, organisation: str = SENDER, nhs_number: str = NHS_NUMBER) -> str:
        return self.way.home.handles.make(organisation, trace.by_nhs_number(nhs_number))

    def agreed(self, **changes: object) -> dict[str, object]:
        """How the person agreed, an hour ago."""
        said = self.parts.clock.now() - timedelta(hours=1)
        usual = {
            "how": "spoken",
            "said_at": said.isoformat().replace("+00:00", "Z"),
            "words": "easy-read-2",
            "contact_details": True,
        }
        return {**usual, **changes}

    def body(self, **changes: object) -> dict[str, object]:
        body: dict[str, object] = {
            "to": RECEIVER,
            "purpose": PURPOSE,
            "person": self.handle(),
            "about": {
                "name": f"Somebody Made-up {PLANTED}",
                "birth_date": "1960-02-29",
                "telephone": "01632 960001",
                "email": "somebody@mail.test",
                "address": "1 Made-up Row",
                "safe_contact": "Text first",
                "needs": "Large print",
            },
            "why": WHY,
            "what_matters": "To stay near the grandchildren.",
            "themes": ["damp", "money"],
            "urgency": "soon",
            "agreed": self.agreed(),
            "sharing": {"sections": ["contact"], "days": 14},
            "reference": "ours-1",
        }
        return {name: value for name, value in {**body, **changes}.items() if value is not ...}

    def standing(self) -> tuple[Permission, ...]:
        """What is in force for the known person."""
        home = self.way.home
        key = home.keys.get(self.way.person.id)
        return in_force(home.ledger.standing(key).permissions, self.parts.clock.now())


def refers(way: Walk) -> Refers:
    """Over a way of a request."""
    people = {
        "sender": caller(SENDER, "adviser", scopes=SCOPES),
        "receiver": caller(RECEIVER, "adviser", scopes=SCOPES),
        "other": caller(OTHER, "food-bank-worker", scopes=SCOPES),
        "hospital": caller("norwich-acute-hospital", "ae-nurse", scopes=SCOPES),
        "housing": caller("norwich-city-council", "housing-officer", scopes=SCOPES),
        "jobcentre": caller("jobcentre-norwich", "work-coach", scopes=SCOPES),
    }
    alone = {f"{name}-app": replace(one, practitioner=None, role=None) for name, one in people.items()}
    unscoped = {f"{name}-unscoped": replace(one, scopes=frozenset({"views"})) for name, one in people.items()}
    return Refers(way, with_callers(way, **people, **alone, **unscoped))


def content_of(read: JsonObject) -> Mapping[str, Json]:
    """What it says."""
    content = read["content"]
    assert isinstance(content, Mapping)
    return content


def about_of(read: JsonObject) -> Mapping[str, Json]:
    """Who is referred, as the receiver reads it."""
    about = content_of(read)["about"]
    assert isinstance(about, Mapping)
    return about


def ids(page: JsonObject) -> list[str]:
    """Ids of a page's referrals."""
    found = page["referrals"]
    assert isinstance(found, Sequence)
    return [str(one["id"]) for one in found if isinstance(one, Mapping)]


def size(desk: Refers) -> int:
    with desk.way.home.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM log_entry")).scalar_one())
