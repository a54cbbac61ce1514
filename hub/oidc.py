"""The employers' sign-in service: OpenID Connect code flow with PKCE, and application tokens (RFC 6749 section 4.4).

Authlib makes the requests and checks the ID token (OpenID Connect Core 1.0 section 3.1.3.7); this shell fetches and
remembers. One provider, one client for each organisation.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, cast
from urllib.parse import urlsplit

import aiohttp
import orjson
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.clock import Clock
from hub.errors import HubError
from hub.partners import Organisation
from hub.sessions import Practitioner
from hub.tokens import Token

SCOPE: Final = "openid profile views referrals consents"
ALGORITHMS: Final = ["ES256", "RS256", "PS256"]
REMEMBERED: Final = timedelta(hours=1)
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
LEEWAY_SECONDS: Final = 10
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderAwayError(HubError):
    """The sign-in service does not answer, or not as one does."""


class NotSignedInError(HubError):
    """The sign-in's answer is not to be believed, or was used already."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in under way: for one organisation, with its secrets, and the page to go to afterwards."""

    organisation: Organisation
    back_to: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)


@dataclass(frozen=True, slots=True)
class _Published:
    authorization_endpoint: str
    token_endpoint: str
    names_itself: bool
    keys: KeySet = field(repr=False)


class SignInService:
    """The provider at one address (its `issuer`). Methods raise `ProviderAwayError`."""

    def __init__(self, issuer: str, redirect_uri: str, http: aiohttp.ClientSession, clock: Clock) -> None:
        parts = urlsplit(issuer)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ProviderAwayError("the sign-in service needs https")
        self.issuer = issuer
        self._redirect_uri = redirect_uri
        self._http = http
        self._clock = clock
        self._held: tuple[float, _Published] | None = None
        self._application: dict[str, Token] = {}

    async def address(self, attempt: Attempt) -> str:
        """Where to send the browser."""
        published = await self._published()
        address: str = prepare_grant_uri(
            published.authorization_endpoint,
            client_id=attempt.organisation.client,
            response_type="code",
            redirect_uri=self._redirect_uri,
            scope=SCOPE,
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
            prompt="login",
        )
        return address

    async def sign_in(self, attempt: Attempt, code: str, issuer: str | None) -> tuple[Practitioner, Token]:
        """Whoever the code stands for, and their access token. Raises `NotSignedInError` too."""
        published = await self._published()
        if issuer != self.issuer and (issuer is not None or published.names_itself):
            raise NotSignedInError("another issuer answered")  # RFC 9207
        body: str = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self._redirect_uri, code_verifier=attempt.verifier
        )
        answer = await self._token(published, attempt.organisation, body)
        claims = _claims(answer.get("id_token"), published.keys, self.issuer, attempt, int(self._now()))
        organisation, role = claims.get("organisation"), claims.get("role")
        if organisation != attempt.organisation.id or not isinstance(role, str):
            raise NotSignedInError("no employer and role")
        name = str(claims.get("name") or "")[:200]
        return Practitioner(str(claims["sub"]), name, attempt.organisation.id, role), self._good(answer)

    async def application_token(self, organisation: Organisation) -> Token:
        """The organisation's own token, for work in the background; asked for again shortly before it ends."""
        held = self._application.get(organisation.id)
        if held is not None and held.good_at(self._clock.now()):
            return held
        body: str = prepare_token_request("client_credentials", scope=organisation.scope)
        try:
            answer = await self._token(await self._published(), organisation, body)
        except NotSignedInError as error:
            raise ProviderAwayError("it gives this application no token") from error
        self._application[organisation.id] = self._good(answer)
        return self._application[organisation.id]

    async def _token(self, published: _Published, organisation: Organisation, body: str) -> Mapping[str, Any]:
        try:
            secret = (await asyncio.to_thread(organisation.secret_file.read_text)).strip()
        except OSError as error:
            raise ProviderAwayError("our own client secret cannot be read") from error
        auth = ClientAuth(organisation.client, secret, "client_secret_basic")
        _, headers, body = cast(
            "tuple[str, dict[str, str], str]", auth.prepare("POST", published.token_endpoint, {}, body)
        )
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return await self._fetch("POST", published.token_endpoint, body, headers)

    def _good(self, answer: Mapping[str, Any]) -> Token:
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not isinstance(seconds, int):
            raise ProviderAwayError("an answer without an access token")
        return Token(value, self._clock.now() + timedelta(seconds=seconds))

    async def _published(self) -> _Published:
        held = self._held
        if held is not None and self._now() - held[0] < REMEMBERED.total_seconds():
            return held[1]
        document = await self._fetch("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != self.issuer:
            raise ProviderAwayError("its discovery document is another issuer's")
        try:
            keys = KeySet.import_key_set(cast("Any", await self._fetch("GET", str(document["jwks_uri"]))))
            published = _Published(
                str(document["authorization_endpoint"]),
                str(document["token_endpoint"]),
                document.get("authorization_response_iss_parameter_supported") is True,
                keys,
            )
        except (KeyError, ValueError, TypeError, JoseError) as error:
            raise ProviderAwayError(f"what it publishes cannot be read: {type(error).__name__}") from None
        self._held = (self._now(), published)
        return published

    async def _fetch(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Mapping[str, Any]:
        try:
            async with self._http.request(
                method, url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
            ) as answer:
                status, content = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderAwayError(type(error).__name__) from None
        if status in {400, 401}:
            # RFC 6749 section 5.2: the code was used, has run out, or was never ours.
            raise NotSignedInError("the sign-in service refused")
        try:
            found = orjson.loads(content) if status == 200 else None
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise ProviderAwayError(f"it answered {status}")
        return found

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _claims(token: object, keys: KeySet, issuer: str, attempt: Attempt, now: int) -> Mapping[str, Any]:
    """The claims of an ID token that is to be believed. Raises `NotSignedInError`."""
    if not isinstance(token, str):
        raise NotSignedInError("no ID token")
    try:
        proven = jwt.decode(token, keys, algorithms=ALGORITHMS)
        checked = CodeIDToken(
            proven.claims,
            proven.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": attempt.organisation.client},
                "sub": {"essential": True},
            },
            {"nonce": attempt.nonce, "client_id": attempt.organisation.client},
        )
        checked.validate(now=now, leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        raise NotSignedInError(type(error).__name__) from None
    return proven.claims
