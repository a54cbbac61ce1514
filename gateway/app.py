"""The web around a gateway: routes, middleware, problem documents. Built from what gateway/compose.py composed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import ClosedError, OnceToldError
from gateway.api import operations, people, registers, views
from gateway.api.contract import document_contract
from gateway.compose import Gateway
from gateway.edge import Edge, correlation_id
from gateway.pages import mount_pages
from gateway.problems import METHOD, NOT_FOUND, BadRequestError, Problem
from gateway.settings import Settings
from gateway.signin.discovery import origin_of
from gateway.web.headers import HeaderRules, SecurityHeaders
from gateway.web.limits import Limits, RequestLimits
from gateway.web.requests import Refusal

logger = structlog.get_logger(__name__)


def create_app(gateway: Gateway) -> FastAPI:
    """The ASGI application of a gateway, which it closes at shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        gateway.sources.health.start()
        yield
        close_pages()
        await gateway.close()

    app = FastAPI(
        title="OnceTold",
        version="1.0.0",
        summary="A consent-aware gateway: just enough of a person's record, with that person's agreement.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.include_router(views.build_router(gateway.views))
    app.include_router(people.build_router(_people(gateway)))
    app.include_router(registers.build_router(gateway.registers, gateway.sections))
    app.include_router(
        operations.build_router(
            gateway.log.store,
            gateway.log_key,
            gateway.clock,
            lambda: assert_ready(gateway),
            gateway.settings.public_url,
            gateway.issuers,
        )
    )
    close_pages = mount_pages(app, gateway)
    document_contract(app)
    _answer_errors(app, gateway.edge)
    settings = gateway.settings
    app.add_middleware(
        RequestLimits,
        limits=Limits(served_hosts(settings), settings.body_maximum),
        refuse=_refusing(gateway.edge),
    )
    sign_in = () if settings.sign_in_issuer is None else (origin_of(settings.sign_in_issuer),)
    https = settings.public_url.startswith("https://")
    app.add_middleware(SecurityHeaders, rules=HeaderRules(form_targets=sign_in, https=https))
    app.add_middleware(Correlation)
    return app


def served_hosts(settings: Settings) -> frozenset[str]:
    """The Host headers that are ours; on loopback `localhost` too, from where the sign-in leads to our own address."""
    host = settings.public_url.partition("://")[2].rstrip("/")
    return frozenset({host, f"localhost:{settings.port}"} if settings.on_loopback else {host})


def assert_ready(gateway: Gateway) -> None:
    """Raise `ClosedError` unless database, key store, log and policy would serve a request now."""
    head = gateway.log.store.head()
    if head is None:
        raise ClosedError("audit log", "not begun: run `oncetold migrate`")
    gateway.keys.get_or_create("org:operator")
    if gateway.authority.bundle() != gateway.engine.revision:
        raise ClosedError("policy", "another replica put another policy in force: restart this one")


class Correlation:
    """Gives every request our own correlation id, and every answer the header that names it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = correlation_id(Request(scope)).encode()

        async def named(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"correlation-id", own)]
            await send(message)

        await self._app(scope, receive, named)


def _people(gateway: Gateway) -> people.PeopleParts:
    return people.PeopleParts(
        verifier=gateway.verifier,
        handles=gateway.handles,
        locator=gateway.locator,
        ledger=gateway.ledger,
        keys=gateway.keys,
        committer=gateway.committer,
        database=gateway.database,
        clock=gateway.clock,
    )


def _answer_errors(app: FastAPI, edge: Edge) -> None:
    async def ours(request: Request, error: Exception) -> Response:
        return await edge.answer(request, error)

    async def framework(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 422
        problem = METHOD if status == 405 else NOT_FOUND
        headers = getattr(error, "headers", None) or {}
        allow = {name: value for name, value in headers.items() if name.lower() == "allow"}
        return Problem(problem.status, problem.code, problem.title, problem.detail, allow).response(
            correlation_id(request)
        )

    app.add_exception_handler(OnceToldError, ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, framework)
    app.add_exception_handler(Exception, ours)


def _refusing(edge: Edge) -> Callable[[Scope, Refusal], ASGIApp]:
    def refuse(_: Scope, refusal: Refusal) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            error = BadRequestError(refusal.code, refusal.detail, status=refusal.status, title=refusal.title)
            response = await edge.answer(Request(scope), error)
            await response(scope, receive, send)

        return answer

    return refuse
