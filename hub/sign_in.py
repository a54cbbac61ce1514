"""Signing in with one's employer's account, and out. The access token stays in the server's memory, beside the session."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response

from hub.doors import ATTEMPT_SECONDS, Cookies, Doors
from hub.errors import NotHereError
from hub.oidc import Attempt, NotSignedInError, ProviderAwayError, SignInService
from hub.outbox import Outbox
from hub.pages.rendering import Pages
from hub.pages.routing import PageRouter
from hub.partners import Partners
from hub.sessions import Sessions

CALLBACK: Final = "/signed-in"
ATTEMPTS_MAXIMUM: Final = 1_000

log = structlog.get_logger("hub.sign-in")


@dataclass(frozen=True, slots=True)
class SignIn:
    """The sign-in's parts. attempts: those under way, by `state`; the browser's cookie holds it too."""

    service: SignInService
    sessions: Sessions
    partners: Partners
    pages: Pages
    cookies: Cookies
    doors: Doors
    outbox: Outbox
    attempts: dict[str, Attempt] = field(default_factory=dict, repr=False)

    async def begin(self, name: str, back_to: str) -> Response:
        """Off to the employer's sign-in."""
        organisation = self.partners.organisation(name)
        if organisation is None:
            raise NotHereError(name)
        attempt = Attempt(organisation, local(back_to))
        answer = self.pages.go(await self.service.address(attempt))
        while len(self.attempts) >= ATTEMPTS_MAXIMUM:
            del self.attempts[next(iter(self.attempts))]
        self.attempts[attempt.state] = attempt
        self.cookies.set(answer, "attempt", attempt.state, ATTEMPT_SECONDS)
        return answer

    async def finish(self, request: Request) -> Response:
        """Back from there. Raises `NotSignedInError`, `ProviderAwayError`."""
        state = request.query_params.get("state", "")
        attempt = self.attempts.get(state)
        cookie = self.cookies.read(request, "attempt") or ""
        # Bound to the browser that began it: nobody is led into somebody else's session (login CSRF).
        if attempt is None or not hmac.compare_digest(cookie.encode(), attempt.state.encode()):
            raise NotSignedInError("no attempt of this browser")
        del self.attempts[state]
        code = request.query_params.get("code")
        if code is None:
            return self.pages.page(request, "pages/sign-in-failed.html", status=400, why="declined")
        who, token = await self.service.sign_in(attempt, code, request.query_params.get("iss"))
        # What they asked to be sent, and could not be while they were away, goes now.
        await self.outbox.wake(who.organisation, who.subject)
        answer = self.pages.go(attempt.back_to)
        self.cookies.set(answer, "session", self.sessions.open(who, token))
        self.cookies.delete(answer, "attempt")
        return answer


def build_router(signing: SignIn) -> APIRouter:
    """`/sign-in`, `/sign-in/<organisation>`, `/signed-in`, `POST /sign-out`."""
    router, pages = PageRouter(signing.pages), signing.pages

    @router.page("/sign-in")
    async def choose(request: Request) -> Response:
        back_to = local(request.query_params.get("back", "/"))
        organisations = sorted(signing.partners.organisations, key=lambda one: one.title)
        return pages.page(request, "pages/sign-in.html", organisations=organisations, back_to=back_to)

    @router.page("/sign-in/{organisation}")
    async def begin(request: Request, organisation: str) -> Response:
        try:
            return await signing.begin(organisation, request.query_params.get("back", "/"))
        except ProviderAwayError as error:
            return _failed(request, pages, error, "away", 503)

    @router.page(CALLBACK)
    async def finish(request: Request) -> Response:
        try:
            answer = await signing.finish(request)
        except NotSignedInError as error:
            answer = _failed(request, pages, error, "again", 400)
        except ProviderAwayError as error:
            answer = _failed(request, pages, error, "away", 503)
        # This address holds the code; it must not travel even to our own pages.
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @router.posted("/sign-out")
    async def out(request: Request) -> Response:
        await signing.doors.posted(request)
        signing.sessions.end(signing.cookies.read(request, "session"))
        answer = pages.page(request, "pages/signed-out.html")
        signing.cookies.delete(answer, "session")
        return answer

    return router


def local(address: str) -> str:
    """The address if it is a path of ours, else the first page: nobody is sent elsewhere after signing in."""
    safe = address.startswith("/") and not address.startswith("//") and "\\" not in address
    return address if safe and address.isprintable() else "/"


def _failed(request: Request, pages: Pages, error: Exception, why: str, status: int) -> Response:
    log.warning("sign-in-failed", why=str(error))
    return pages.page(request, "pages/sign-in-failed.html", status=status, why=why)
