"""One identity provider: where to send the browser, and what its answer is worth (OpenID Connect Core 1.0, code flow).

Authlib makes the requests (RFC 6749, RFC 7636) and checks the ID token; this shell fetches what the provider publishes and
remembers it for an hour. Tokens live only inside `sign_in`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar, cast
from urllib.parse import urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from core.clock import Clock
from core.times import to_ms
from core.vocabulary import JsonObject
from gateway.signin.claims import SignedIn, signed_in
from gateway.signin.cookies import new_secret
from gateway.signin.discovery import (
    Algorithm,
    Metadata,
    SigningKey,
    check_issuer,
    origin_of,
    parse_keys,
    parse_metadata,
    parse_object,
)
from gateway.signin.errors import IdTokenError, ProviderError
from gateway.signin.http import Answer, Http
from gateway.signin.id_token import ALGORITHMS, Expected, UnknownKeyError, verify

REMEMBERED_SECONDS: Final = 3600.0
ASK_AGAIN_SECONDS: Final = 30.0
"""How soon an unknown key may make us fetch the key set again: forged tokens must not hammer the provider."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Client:
    """What we are to the provider.

    issuer: exactly as its tokens' `iss`. client_secret: None for a public client (PKCE stands in for it).
    redirect_uri: our callback, as registered there. prompt: `login` has the person sign in anew each time, since a session
    that ended after 15 idle minutes must not come back by itself on a shared device. extra: further parameters, e.g. NHS
    login's `vtr`.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    client_secret: str | None = field(default=None, repr=False)
    scope: str = "openid profile"
    prompt: str | None = "login"
    algorithms: frozenset[Algorithm] = ALGORITHMS
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one attempt: `state` ties the answer to it, `nonce` the ID token, `verifier` the code (PKCE)."""

    state: str = field(default_factory=new_secret, repr=False)
    nonce: str = field(default_factory=new_secret, repr=False)
    verifier: str = field(default_factory=new_secret, repr=False)


class Provider:
    """The identity provider of one or both doors. Every method may raise `ProviderError`."""

    def __init__(self, client: Client, http: Http, clock: Clock) -> None:
        check_issuer(client.issuer)
        self._client = client
        self._http = http
        self._clock = clock
        self._metadata = _Remembered(clock, self._fetch_metadata)
        self._keys = _Remembered(clock, self._fetch_keys)

    @property
    def origin(self) -> str:
        """The provider's origin, for the pages' `form-action`: signing out ends there."""
        return origin_of(self._client.issuer)

    async def authorization_url(self, secrets: Secrets) -> str:
        """Where to send the browser."""
        metadata = await self._metadata.get()
        address: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self._client.client_id,
            response_type="code",
            redirect_uri=self._client.redirect_uri,
            scope=self._client.scope,
            state=secrets.state,
            nonce=secrets.nonce,
            code_challenge=create_s256_code_challenge(secrets.verifier),
            code_challenge_method="S256",
            prompt=self._client.prompt,
            **self._client.extra,
        )
        return address

    async def check_answer(self, issuer: str | None) -> None:
        """Raise `ProviderError` when an answer names another issuer, or none where ours always names itself (RFC 9207)."""
        metadata = await self._metadata.get()
        if issuer is None and not metadata.names_itself:
            return
        if issuer != metadata.issuer:
            raise ProviderError("an answer is another issuer's")

    async def sign_in(self, code: str, secrets: Secrets) -> SignedIn:
        """Whoever the code stands for. Raises `IdTokenError` too."""
        metadata = await self._metadata.get()
        tokens = parse_object(await self._exchange(metadata, code, secrets), "its token answer")
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise ProviderError("its token answer has no ID token")
        expected = Expected(
            issuer=self._client.issuer,
            client_id=self._client.client_id,
            nonce=secrets.nonce,
            access_token=access_token if isinstance(access_token, str) else None,
            now=to_ms(self._clock.now()) // 1000,
            algorithms=self._client.algorithms,
        )
        return signed_in(await self._believe(id_token, expected))

    async def end_session_url(self, back: str) -> str | None:
        """Where to send the browser to sign out there too; None where it offers no such place.

        back: our page to come back to, as registered there (OpenID Connect RP-Initiated Logout 1.0). No ID token goes
        along as a hint, since none is kept.
        """
        metadata = await self._metadata.get()
        if metadata.end_session_endpoint is None:
            return None
        query = urlencode({"client_id": self._client.client_id, "post_logout_redirect_uri": back})
        joint = "&" if "?" in metadata.end_session_endpoint else "?"
        return metadata.end_session_endpoint + joint + query

    async def _exchange(self, metadata: Metadata, code: str, secrets: Secrets) -> bytes:
        body: str = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=self._client.redirect_uri,
            code_verifier=secrets.verifier,
        )
        method = "none" if self._client.client_secret is None else "client_secret_basic"
        auth = ClientAuth(self._client.client_id, self._client.client_secret, method)
        _, body, headers = _prepared(auth.prepare("POST", metadata.token_endpoint, {}, body))
        answer = await self._http.post(metadata.token_endpoint, body, headers)
        if answer.status == 400:
            # RFC 6749 section 5.2: the code was used, has expired, or was never ours.
            raise IdTokenError("the code was not accepted")
        return _ok(answer, "its token endpoint")

    async def _believe(self, token: str, expected: Expected) -> JsonObject:
        try:
            return verify(token, await self._keys.get(), expected)
        except UnknownKeyError:
            keys = await self._keys.get(older_than=ASK_AGAIN_SECONDS)
        try:
            return verify(token, keys, expected)
        except UnknownKeyError:
            raise IdTokenError("signed with a key that is not published") from None

    async def _fetch_metadata(self) -> Metadata:
        # OpenID Connect Discovery 1.0 section 4.1: a trailing slash of the issuer goes before the path is added.
        address = self._client.issuer.rstrip("/") + "/.well-known/openid-configuration"
        return parse_metadata(
            _ok(await self._http.get(address), "its discovery document"), self._client.issuer
        )

    async def _fetch_keys(self) -> Mapping[str, SigningKey]:
        metadata = await self._metadata.get()
        return parse_keys(_ok(await self._http.get(metadata.jwks_uri), "its key set"))


class _Remembered(Generic[T]):
    """One fetched value, asked for once however many wait, and again after `REMEMBERED_SECONDS`."""

    def __init__(self, clock: Clock, fetch: Callable[[], Awaitable[T]]) -> None:
        self._clock = clock
        self._fetch = fetch
        self._lock = asyncio.Lock()
        self._held: tuple[float, T] | None = None

    async def get(self, older_than: float = REMEMBERED_SECONDS) -> T:
        """The value, fetched anew when it is older than so many seconds."""
        held = self._held
        if held is not None and self._clock.monotonic() - held[0] < older_than:
            return held[1]
        async with self._lock:
            newest = self._held
            if newest is None or newest is held:
                # The time before the fetch: what is published meanwhile may not be in the answer.
                newest = self._held = (self._clock.monotonic(), await self._fetch())
            return newest[1]


def _ok(answer: Answer, what: str) -> bytes:
    if answer.status != 200:
        raise ProviderError(f"{what} answered {answer.status}")
    return answer.body


def _prepared(parts: object) -> tuple[str, str, dict[str, str]]:
    """Authlib is untyped: address, headers, body, in the order of its own documentation."""
    uri, headers, body = cast("tuple[str, dict[str, str], str]", parts)
    return uri, body, headers
