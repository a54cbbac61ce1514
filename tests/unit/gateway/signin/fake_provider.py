"""A small OpenID provider inside the test's process: it checks what a real one checks, and can be told to lie."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from gateway.signin.errors import ProviderError
from gateway.signin.http import Answer
from gateway.signin.oidc import Provider, Secrets

ISSUER = "https://login.example"
CLIENT = "oncetold-web"
ORIGIN = "https://gateway.test"
CALLBACK = f"{ORIGIN}/signin/callback"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

RESIDENT: Mapping[str, object] = {
    "sub": "resident-1",
    "name": "Ada Example",
    "nhs_number": "9990000018",
    "identity_proofing_level": "P9",
    "vot": "P9.Cp.Cd",
}
OFFICER: Mapping[str, object] = {
    "sub": "officer-1",
    "name": "Oli Officer",
    "organisation": "norwich-city-council",
    "role": "officer",
    "acr": "AAL2",
}

EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
EC_2 = ECKey.generate_key("P-256", {"kid": "ec-2", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})


class FakeClock:
    """A `core.clock.Clock` that stands still until told."""

    def __init__(self) -> None:
        self.time = NOW
        self.error: Exception | None = None

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return (self.time - NOW).total_seconds()

    def assert_sound(self) -> None:
        if self.error is not None:
            raise self.error

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


class RunningClock(FakeClock):
    """As fast as the real one, for PostgreSQL: the log compares with the database's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass
class FakeProvider:
    """The provider as an `Http`. What it publishes and issues can be changed by the test that uses it."""

    clock: FakeClock
    keys: list[ECKey | RSAKey] = field(default_factory=lambda: [EC])
    key: ECKey | RSAKey = field(default_factory=lambda: EC)
    algorithm: str = "ES256"
    metadata: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    header: dict[str, object] = field(default_factory=dict)
    secret: str | None = None
    failing: dict[str, Answer | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def log_in(self, address: str, person: Mapping[str, object]) -> dict[str, str]:
        """What the browser brings back after signing in at an authorization address."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{ISSUER}/authorize"
        request = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
        assert request["client_id"] == CLIENT
        assert request["response_type"] == "code"
        assert request["redirect_uri"] == CALLBACK
        assert request["code_challenge_method"] == "S256"
        assert "openid" in request["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**request, "person": json.dumps(dict(person))}
        return {"code": code, "state": request["state"]}

    async def get(self, url: str) -> Answer:
        self.asked.append(url)
        # A real provider takes a while, and others ask meanwhile.
        await asyncio.sleep(0)
        self._maybe_fail(url)
        if url == f"{ISSUER}/.well-known/openid-configuration":
            return self._failing(url) or Answer(200, json.dumps(self._published()).encode())
        assert url == f"{ISSUER}/keys"
        published = {"keys": [key.as_dict(private=False) for key in self.keys]}
        return self._failing(url) or Answer(200, json.dumps(published).encode())

    async def post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        self.asked.append(url)
        self._maybe_fail(url)
        assert url == f"{ISSUER}/token"
        failing = self._failing(url)
        if failing is not None:
            return failing
        form = {name: values[0] for name, values in parse_qs(body, strict_parsing=True).items()}
        assert form["grant_type"] == "authorization_code"
        self._authenticate(form, headers)
        request = self.codes.pop(form["code"], None)
        if request is None or form["redirect_uri"] != request["redirect_uri"]:
            return Answer(400, b'{"error": "invalid_grant"}')
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() != request["code_challenge"]:
            return Answer(400, b'{"error": "invalid_grant"}')
        tokens = {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(request)}
        return Answer(200, json.dumps(tokens).encode())

    def id_token(self, request: Mapping[str, str]) -> str:
        """The ID token for a request; `claims` and `header` of the test go over what is right (None removes)."""
        now = int(self.clock.now().timestamp())
        right = {
            "iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": request["nonce"],
            **json.loads(request["person"]),
        }  # fmt: skip
        claims = {name: value for name, value in (right | self.claims).items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid} | self.header
        header = {name: value for name, value in header.items() if value is not None}
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm], default_type=None)

    def _authenticate(self, form: Mapping[str, str], headers: Mapping[str, str]) -> None:
        if self.secret is None:
            assert form["client_id"] == CLIENT
            assert "Authorization" not in headers
            return
        basic = base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
        assert headers["Authorization"] == f"Basic {basic}"
        assert "client_secret" not in form

    def _published(self) -> dict[str, object]:
        right: dict[str, object] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "end_session_endpoint": f"{ISSUER}/logout",
        }
        return {name: value for name, value in (right | self.metadata).items() if value is not None}

    def _maybe_fail(self, url: str) -> None:
        failure = self.failing.get(url.removeprefix(ISSUER))
        if isinstance(failure, Exception):
            raise failure

    def _failing(self, url: str) -> Answer | None:
        failure = self.failing.get(url.removeprefix(ISSUER))
        return failure if isinstance(failure, Answer) else None


DOWN = ProviderError("no answer in time")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def signs_in(provider: Provider, idp: FakeProvider, person: object = RESIDENT) -> object:
    secrets = Secrets()
    back = idp.log_in(await provider.authorization_url(secrets), person)  # type: ignore[arg-type]
    assert back["state"] == secrets.state
    return await provider.sign_in(back["code"], secrets)
