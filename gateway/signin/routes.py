"""The routes of the sign-in, and the plain pages for when it does not succeed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from gettext import NullTranslations
from typing import Literal

import structlog
from fastapi import APIRouter, Request, Response

from core.pages.environment import build_environment
from core.pages.forms import CSRF_FIELD, read_form
from core.pages.rendering import Frame, Pages, correlation_of
from core.pages.routing import NotOursError, add_missing_page, page_router
from gateway.signin.errors import (
    DeclinedError,
    IdTokenError,
    NotAdmittedError,
    ProviderError,
    SignInError,
    StartAgainError,
)
from gateway.signin.kinds import Kind, home
from gateway.signin.service import SignIn

PREFIX = "/signin"

Why = Literal["start-again", "declined", "not-admitted", "provider"]

log = structlog.get_logger("signin")


@dataclass(frozen=True, slots=True)
class _Shell:
    """The routes' parts: the sign-in, and its pages."""

    signin: SignIn
    pages: Pages

    async def begin(self, request: Request, kind: Kind) -> Response:
        """Off to the identity provider, or an explanation."""
        elsewhere = self.signin.elsewhere(request)
        if elsewhere is not None:
            return self.pages.go(elsewhere)
        try:
            go = await self.signin.start(kind, request.query_params.get("return"))
        except ProviderError as error:
            return self.explain(request, error)
        answer = self.pages.go(go.address)
        self.signin.cookies.set(answer, "attempt", go.cookie)
        return answer

    async def end(self, request: Request) -> Response:
        """Back from the identity provider: into the room, or an explanation."""
        try:
            go = await self.signin.finish(request)
        except StartAgainError as error:
            # Somebody else may have led the browser here: what it has under way, and its session, stay as they are.
            kind = await self.signin.door_of_session(request)
            answer = self.explain(request, error) if kind is None else self.pages.go(home(kind))
        except SignInError as error:
            answer = self.explain(request, error)
            self.signin.cookies.delete(answer, "attempt")
        else:
            answer = self.pages.go(go.address)
            self.signin.cookies.set(answer, "session", go.cookie)
            self.signin.cookies.delete(answer, "attempt")
        # This address holds the code; it must not travel even to our own pages.
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    async def out(self, request: Request) -> Response:
        """Sign out: here at once, then at the identity provider."""
        form = await read_form(request)
        kind = self.signin.door_of(request, form.one(CSRF_FIELD))
        if kind is None:
            raise NotOursError("signin")
        answer = self.pages.go(await self.signin.sign_out(request, kind))
        self.signin.cookies.delete(answer, "session")
        return answer

    def explain(self, request: Request, error: SignInError) -> Response:
        """The page that tells why, in words that hold nothing of what was sent."""
        why, status = _why(error)
        fault = error.fault if isinstance(error, ProviderError | IdTokenError) else type(error).__name__
        log.warning("sign-in-failed", why=why, fault=fault, correlation_id=correlation_of(request))
        return self.pages.page(
            request,
            "signin/failed.html",
            status=status,
            why=why,
            words=error.words if isinstance(error, NotAdmittedError) else "",
            doors=self.signin.kinds,
            reference=correlation_of(request),
        )


def build_router(
    signin: SignIn, translations: NullTranslations | Mapping[str, NullTranslations] | None = None
) -> APIRouter:
    """`GET /signin/portal`, `/signin/console` (for the doors that are open), `/signin/callback`, `POST /signin/out`.

    translations: message catalogues by language (BCP 47), or one for everybody.
    """
    environment, words = build_environment({"signin": "gateway.signin"}, translations)
    frame = Frame(home=home(signin.kinds[0]), part="", about="", menu=(), footer=())
    shell = _Shell(signin, Pages(environment, words, frame, signin.form_targets))
    router = page_router(shell.pages, PREFIX, lambda _request: f"{PREFIX}/{signin.kinds[0]}")
    for kind in signin.kinds:
        _add_door(router, shell, kind)

    @router.get("/callback", response_class=Response)
    async def callback(request: Request) -> Response:
        return await shell.end(request)

    @router.post("/out", response_class=Response)
    async def out(request: Request) -> Response:
        return await shell.out(request)

    add_missing_page(router, shell.pages)
    return router


def _add_door(router: APIRouter, shell: _Shell, kind: Kind) -> None:
    @router.get(f"/{kind}", response_class=Response, name=f"signin-{kind}")
    async def begin(request: Request) -> Response:
        return await shell.begin(request, kind)


def _why(error: SignInError) -> tuple[Why, int]:
    if isinstance(error, NotAdmittedError):
        return "not-admitted", 403
    if isinstance(error, StartAgainError | IdTokenError):
        return "start-again", 400
    if isinstance(error, DeclinedError):
        return "declined", 400
    return "provider", 503
