"""A hub over a fake gateway and a fake sign-in service, for tests without a network.

`hub_in(folder)` gives a `Desk`: the composed hub, its gateway, its clock, and `desk.sign_in(...)`, which opens a session.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import orjson
import yaml
from joserfc.jwk import ECKey

from hub.app import Hub, assemble
from hub.clock import Clock
from hub.database import Database
from hub.features import FEATURES
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError
from hub.oidc import ProviderAwayError, SignInService
from hub.parts import Feature
from hub.places.settings import NO_PLACES, Places
from hub.sessions import Practitioner
from hub.settings import Settings
from hub.tokens import Token
from tests.unit.hub.browser import Answer, Browser

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ISSUER = "http://127.0.0.1:9"

KEY = ECKey.generate_key("P-256", {"kid": "one"}, private=True)

PARTNERS: dict[str, Any] = {
    "organisations": [
        {"id": "norwich-city-council", "title": "Norwich City Council", "client": "norwich-city-council-hub"},
        {"id": "age-well-norfolk", "title": "Age Well Norfolk", "client": "age-well-norfolk-hub"},
        {
            "id": "wensum-valley-practice",
            "title": "Wensum Valley Practice",
            "client": "wensum-valley-practice-hub",
        },
    ],
    "teams": {
        "interact": {
            "members": [
                {
                    "organisation": "norwich-city-council",
                    "role": "housing-officer",
                    "title": "Housing specialist",
                },
                {
                    "organisation": "age-well-norfolk",
                    "role": "social-prescriber",
                    "title": "Social prescriber",
                },
            ],
            "receives": {"interact-home-health": ["age-well-norfolk"]},
        }
    },
}


class HeldClock:
    """A clock that goes on only when told."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def go_on(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass(frozen=True, slots=True)
class Call:
    """One call that reached the fake gateway."""

    method: str
    path: str
    token: str | None
    body: Any
    headers: Mapping[str, str]
    query: Mapping[str, str]


class FakeGateway(Gateway):
    """Answers JSON as the API does: by `answers`, keyed "METHOD /path", with a value or a function of the call.

    The real client's reading of answers is at work. `away`: nothing answers. A value that is an exception is raised.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Any] = {
            "GET /v1/referrals": {"referrals": [], "next": None},
            "POST /v1/people/trace": {"person": "handle-of-nobody"},
            "POST /v1/views": empty_view,
        }
        self.away = False

    async def _call(
        self,
        method: str,
        path: str,
        token: Token | None,
        body: bytes | None,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
    ) -> Any:
        if self.away:
            raise GatewayAwayError("fake")
        parsed = None if body is None else orjson.loads(body)
        call = Call(method, path, None if token is None else token.value, parsed, headers, query or {})
        self.calls.append(call)
        answer = self.answers.get(f"{method} {path}", GatewayRefusedError(404, "not-found", ""))
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def called(self, method: str, path: str) -> list[Call]:
        """The calls of one endpoint, in their order."""
        return [one for one in self.calls if (one.method, one.path) == (method, path)]


def application(_body: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """The token of an organisation's own application: `application-of-<client>`."""
    client = b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")[0]
    return {"access_token": f"application-of-{client}", "expires_in": 300}


def empty_view(call: Call) -> dict[str, Any]:
    return {
        "purpose": call.body["purpose"],
        "sections": [],
        "unavailable": [],
        "notice": "not shown is not none",
    }


class FakeService(SignInService):
    """A sign-in service whose answers are given by a test. `fetched`: address -> answer or exception."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(ISSUER, "https://hub.test/signed-in", None, clock)  # type: ignore[arg-type] # never asked
        self.fetched: dict[str, Any] = {}
        self.posted: list[dict[str, list[str]]] = []
        self.application: Token | Exception | None = None

    async def _fetch(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        if body is not None:
            self.posted.append(parse_qs(body))
        answer = self.fetched.get(url, ProviderAwayError("fake"))
        if callable(answer):
            answer = answer(body, headers)
        if isinstance(answer, Exception):
            raise answer
        found: Mapping[str, Any] = answer
        return found


@dataclass
class Desk:
    """A hub under test."""

    hub: Hub
    gateway: FakeGateway
    service: FakeService
    clock: HeldClock
    folder: Path
    csrf: dict[int, str] = field(default_factory=dict)

    def browser(self) -> Browser:
        return Browser(self.hub.app)

    def sign_in(
        self,
        organisation: str = "age-well-norfolk",
        role: str = "social-prescriber",
        *,
        name: str = "Joy Alder",
        subject: str = "joy",
        seconds: float = 1800,
    ) -> Browser:
        """A browser in which somebody is signed in."""
        token = Token(f"token-of-{subject}", self.clock.now() + timedelta(seconds=seconds))
        cookie = self.hub.parts.doors.sessions.open(Practitioner(subject, name, organisation, role), token)
        return Browser(self.hub.app, {self.hub.parts.doors.cookies.name("session"): cookie})

    def csrf_of(self, browser: Browser) -> str:
        """The form token of the browser's session."""
        session = self.hub.parts.doors.sessions.find(
            browser.cookies[self.hub.parts.doors.cookies.name("session")]
        )
        assert session is not None
        return session.csrf

    async def post(self, browser: Browser, address: str, /, **form: str) -> Answer:
        """Post a form of one of the session's own pages."""
        return await browser.post(address, {"csrf": self.csrf_of(browser), **form})


def hub_in(
    folder: Path,
    features: Sequence[Feature] = FEATURES,
    partners: dict[str, Any] | None = None,
    loopback: str | None = None,
    source_key: Path | None = None,
    places: Places = NO_PLACES,
) -> Desk:
    """A hub whose database and files lie in the folder. Called again with the same folder: as after a restart.

    loopback: its address for a real browser, which then gets cookies without `Secure`.
    """
    found = orjson.loads(orjson.dumps(partners or PARTNERS))
    for one in found["organisations"]:
        (folder / "secret").write_text("not a secret")
        one["secret_file"] = str(folder / "secret")
    (folder / "partners.yaml").write_text(yaml.safe_dump(found))
    clock, gateway = HeldClock(), FakeGateway()
    settings = Settings(
        database=folder / "hub.db",
        partners_file=folder / "partners.yaml",
        public_url=loopback or "https://hub.test",
        insecure_cookies=loopback is not None,
        source_key_file=source_key,
    )
    service = FakeService(clock)
    service.fetched[f"{ISSUER}/.well-known/openid-configuration"] = {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "jwks_uri": f"{ISSUER}/jwks.json",
        "authorization_response_iss_parameter_supported": True,
    }
    service.fetched[f"{ISSUER}/jwks.json"] = {"keys": [KEY.as_dict(private=False, use="sig", alg="ES256")]}
    service.fetched[f"{ISSUER}/token"] = application
    hub = assemble(
        settings, clock, Database(settings.database, durable=False), gateway, service, features, places
    )
    return Desk(hub, gateway, service, clock, folder)
