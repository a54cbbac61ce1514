"""Signing in and out, from the first click to the session: each step of the package's docstring as one call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias
from urllib.parse import urlencode, urlsplit

import structlog
from starlette.requests import HTTPConnection, Request

from gateway.signin import csrf
from gateway.signin.admission import admit
from gateway.signin.attempts import Attempt, Attempts
from gateway.signin.claims import SignedIn
from gateway.signin.cookies import LOOPBACK, Cookies
from gateway.signin.errors import DeclinedError, NotAdmittedError, ProviderError, StartAgainError
from gateway.signin.kinds import Kind, home, safe_return
from gateway.signin.oidc import Provider, Secrets
from gateway.signin.sessions import About, Session, Sessions

CODE_MAXIMUM: Final = 2048
SIGN_OUT: Final = "/signin/out"

OnSignedIn: TypeAlias = Callable[[Kind, SignedIn], Awaitable[str]]
"""The gateway's part: writes the audit entry and gives the subject's id (a resident's internal person id).

May raise `NotAdmittedError` with the words for the person.
"""

log = structlog.get_logger("signin")


@dataclass(frozen=True, slots=True)
class Go:
    """Where the browser goes next, and the value of the cookie that goes with it."""

    address: str
    cookie: str


class SignIn:
    """The sign-in of both doors.

    providers: the identity provider of each door that is open (one may stand behind both).
    origin: the gateway's public origin, e.g. `https://gateway.example`; sign-ins begin and end there.
    """

    def __init__(
        self,
        *,
        origin: str,
        providers: Mapping[Kind, Provider],
        attempts: Attempts,
        sessions: Sessions,
        on_signed_in: OnSignedIn,
        cookies: Cookies | None = None,
    ) -> None:
        self.origin = origin.rstrip("/")
        self.cookies = cookies or Cookies()
        self._providers = providers
        self._attempts = attempts
        self._sessions = sessions
        self._on_signed_in = on_signed_in

    # What the pages ask -----------------------------------------------------------------------------------------

    async def current(self, request: HTTPConnection, kind: Kind) -> Session | None:
        """Who is signed in by this door with this request's cookie; None for nobody. Raises `ClosedError`."""
        cookie = self.cookies.read(request.headers, "session")
        return None if cookie is None else await self._sessions.find(cookie, kind)

    async def turn(self, request: HTTPConnection, kind: Kind, acting: str | None) -> str | None:
        """Have this request's session act by an authority, or for itself; gives its new cookie. Raises `ClosedError`."""
        cookie = self.cookies.read(request.headers, "session")
        return None if cookie is None else await self._sessions.turn(cookie, kind, acting)

    def csrf_ok(self, request: HTTPConnection, kind: Kind, token: str) -> bool:
        """Whether a posted form is one of this session's own. Whether the session is still good, `current` says."""
        cookie = self.cookies.read(request.headers, "session")
        return (
            cookie is not None
            and csrf.same_origin(request.headers, self.origin)
            and csrf.token_fits(cookie, kind, token)
        )

    def sign_in_url(self, request: Request, kind: Kind) -> str:
        """Where to sign in, so as to come back to this request's page where that can be come back to."""
        url = request.url
        wanted = url.path + (f"?{url.query}" if url.query else "")
        back_to = safe_return(kind, wanted if request.method == "GET" else None)
        if back_to == home(kind) or back_to.partition("?")[0] == f"/{kind}/signed-out":
            return f"/signin/{kind}"
        return f"/signin/{kind}?{urlencode({'return': back_to})}"

    async def signed_in_within(self, request: HTTPConnection, kind: Kind, span: timedelta) -> bool:
        """Whether this request's session is good and began so short a time ago. Raises `ClosedError`."""
        cookie = self.cookies.read(request.headers, "session")
        return cookie is not None and await self._sessions.began_within(cookie, kind, span)

    async def leave(self, request: HTTPConnection) -> None:
        """End the session of this request's cookie, by whichever door. Raises `ClosedError`."""
        cookie = self.cookies.read(request.headers, "session")
        if cookie is not None:
            await self._sessions.end(cookie)

    async def door_of_session(self, request: HTTPConnection) -> Kind | None:
        """By which door somebody is signed in with this request's cookie. Raises `ClosedError`."""
        for kind in self._providers:
            if await self.current(request, kind) is not None:
                return kind
        return None

    @property
    def form_targets(self) -> tuple[str, ...]:
        """The identity providers' origins, for the content policy's `form-action`."""
        return tuple(sorted({provider.origin for provider in self._providers.values()}))

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The doors that are open."""
        return tuple(self._providers)

    # The way in -------------------------------------------------------------------------------------------------

    def elsewhere(self, request: Request) -> str | None:
        """The same address at our own origin, for a browser that came by this machine's other name (localhost).

        Its cookies would not come along when the identity provider sends it back to our own. Only for loopback: behind
        a proxy the Host header may never be our own, and the browser would go round in circles.
        """
        came, ours = urlsplit(f"//{request.headers.get('host', '')}"), urlsplit(self.origin)
        if came.netloc.lower() == ours.netloc.lower() or not {came.hostname, ours.hostname} <= LOOPBACK:
            return None
        query = f"?{request.url.query}" if request.url.query else ""
        return f"{self.origin}{request.url.path}{query}"

    async def start(self, kind: Kind, wanted: str | None) -> Go:
        """Begin a sign-in: off to the identity provider. Raises `ProviderError`, `ClosedError`."""
        secrets = Secrets()
        address = await self._providers[kind].authorization_url(secrets)
        return Go(address, await self._attempts.begin(Attempt(kind, secrets, safe_return(kind, wanted))))

    async def finish(self, request: Request) -> Go:
        """The identity provider's answer: a session of our own. Raises `SignInError`, `ClosedError`."""
        query = request.query_params
        if any(len(query.getlist(name)) > 1 for name in query):
            raise StartAgainError("a parameter stands twice")
        attempt = await self._attempts.take(self.cookies.read(request.headers, "attempt"), query.get("state"))
        provider = self._providers.get(attempt.kind)
        if provider is None:
            raise StartAgainError("that door was closed meanwhile")
        await provider.check_answer(query.get("iss"))
        code = query.get("code", "")
        if "error" in query or not code or len(code) > CODE_MAXIMUM:
            # What the provider says about it is not shown: anybody can write an address.
            raise DeclinedError("no code came back")
        person = await provider.sign_in(code, attempt.secrets)
        subject = await self._admitted(attempt.kind, person)
        cookie = await self._sessions.open(
            attempt.kind, subject, _about(attempt.kind, person), self.cookies.read(request.headers, "session")
        )
        log.info("signed-in", kind=attempt.kind)
        return Go(attempt.back_to, cookie)

    async def _admitted(self, kind: Kind, person: SignedIn) -> str:
        try:
            admit(kind, person)
            return await self._on_signed_in(kind, person)
        except NotAdmittedError as error:
            log.warning("not-admitted", kind=kind, reason=error.reason)
            raise

    # The way out ------------------------------------------------------------------------------------------------

    def door_of(self, request: HTTPConnection, token: str) -> Kind | None:
        """Whose form asks to sign out: the door whose token fits, or None for a forged one."""
        return next((kind for kind in self._providers if self.csrf_ok(request, kind, token)), None)

    async def sign_out(self, request: HTTPConnection, kind: Kind) -> str:
        """End the session, here at once and then at the identity provider; where the browser goes. Raises `ClosedError`."""
        cookie = self.cookies.read(request.headers, "session")
        if cookie is not None:
            await self._sessions.end(cookie)
        log.info("signed-out", kind=kind)
        here = f"/{kind}/signed-out"
        try:
            return await self._providers[kind].end_session_url(self.origin + here) or here
        except ProviderError as error:
            log.warning("provider-failed", kind=kind, fault=error.fault)
            return here


def _about(kind: Kind, person: SignedIn) -> About:
    if kind == "portal":
        return About(person.name, None, None, person.proofing)
    return About(person.name, person.organisation, person.role, person.acr or "")
