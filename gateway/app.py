"""The web around a gateway: routes, middleware, problem documents. Built from what gateway/compose.py composed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from audit.proofs import Proofs
from audit.reader import LogReader
from audit.witness.kept import Cosignatures
from core.errors import ClosedError, OnceToldError
from core.pages.static_files import STATIC_PATH, static_app
from gateway import helping, referring
from gateway.api.audit import AuditParts
from gateway.api.contract import SUMMARY, TITLE, VERSION
from gateway.api.directory import DirectoryParts
from gateway.api.operations import OperationParts
from gateway.api.people import PeopleParts
from gateway.api.publishing import contract
from gateway.api.registers import RegisterParts
from gateway.api.routes import ApiParts, build_routers
from gateway.compose import Gateway
from gateway.docs_pages.router import build_router as build_docs
from gateway.docs_pages.router import build_shortcuts
from gateway.edge import Edge, correlation_id
from gateway.envelope import Envelope, Failures, discard_body
from gateway.metrics import Listener, State
from gateway.pages import mount_pages
from gateway.problems import BadRequestError, problem
from gateway.reviews.store import Reviews
from gateway.services.log_reading import LogParts
from gateway.watching import PolicyWatcher
from gateway.web.headers import PAGES, HeaderRules, SecurityHeaders
from gateway.web.limits import Limits, RequestLimits
from gateway.web.requests import Refusal

DOCS = "/docs"
SHORTCUTS = {"/": DOCS, "/portal": "/portal/", "/console": "/console/"}


def create_app(gateway: Gateway) -> FastAPI:
    """The ASGI application of a gateway, which it closes at shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        metrics = listen_for_operators(gateway)
        gateway.sources.health.start()
        gateway.witnessing.start()
        gateway.messenger.start()
        async with watching(gateway.watcher):
            yield
        await gateway.messenger.stop()
        if metrics is not None:
            await asyncio.to_thread(metrics.close)
        await gateway.witnessing.stop()
        close_pages()
        await gateway.close()

    app = FastAPI(
        title=TITLE,
        version=VERSION,
        summary=SUMMARY,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.openapi = contract  # type: ignore[method-assign] # FastAPI's own way to give another document
    parts = _parts(gateway)

    def supply() -> ApiParts:
        # Whatever else stays: a newer bundle shows in the registers at once.
        return replace(parts, registers=RegisterParts(gateway.registers, gateway.sections))

    for router in build_routers(supply):
        app.include_router(router)
    app.mount(STATIC_PATH, static_app())
    with_portal = gateway.settings.sign_in_issuer is not None
    app.include_router(build_docs(DOCS, gateway.settings.public_url, with_portal=with_portal))
    app.include_router(build_shortcuts(SHORTCUTS if with_portal else {"/": DOCS}))
    close_pages = mount_pages(app, gateway)
    _answer_errors(app, gateway.edge)
    _put_around(app, gateway)
    return app


def listen_for_operators(gateway: Gateway) -> Listener | None:
    """Serve metrics at their own address, where one is set. Raises `MetricsError`."""
    settings, sources = gateway.settings, gateway.sources
    if settings.metrics_port is None:
        return None
    gateway.meters.watch(
        State(
            down=lambda: {one: sources.health.known_down(one) for one in sources.by_id},
            witnesses=gateway.witnessing.standing,
            alert=lambda: gateway.policy.alert,
        )
    )
    return Listener(gateway.meters, settings.metrics_host, settings.metrics_port)


def assert_ready(gateway: Gateway) -> None:
    """Raise `ClosedError` unless database, key store, log and policy would serve a request now."""
    head = gateway.log.store.head()
    if head is None:
        raise ClosedError("audit log", "not begun: run `oncetold migrate`")
    gateway.keys.get_or_create("org:operator")
    state = gateway.authority.state()
    if state is None:
        raise ClosedError("policy", "none is in force")
    gateway.policy.in_force(state.bundle)


@asynccontextmanager
async def watching(watcher: PolicyWatcher | None) -> AsyncIterator[None]:
    """Keep the policy up with its bundle meanwhile, and look at it at once on SIGHUP."""
    if watcher is None:
        yield
        return
    loop = asyncio.get_running_loop()
    task = loop.create_task(watcher.run(), name="policy-watcher")
    # Beside the main thread, as in tests, there are no signals.
    with suppress(ValueError, RuntimeError, NotImplementedError):
        loop.add_signal_handler(signal.SIGHUP, watcher.look_anew)
    try:
        yield
    finally:
        with suppress(ValueError, RuntimeError, NotImplementedError):
            loop.remove_signal_handler(signal.SIGHUP)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _parts(gateway: Gateway) -> ApiParts:
    return ApiParts(
        views=gateway.views,
        people=PeopleParts(
            verifier=gateway.verifier,
            handles=gateway.handles,
            locator=gateway.locator,
            policy=gateway.policy,
            ledger=gateway.ledger,
            keys=gateway.keys,
            committer=gateway.committer,
            database=gateway.database,
            clock=gateway.clock,
        ),
        registers=RegisterParts(gateway.registers, gateway.sections),
        directory=DirectoryParts(gateway.verifier, gateway.directory),
        asking=gateway.asking,
        consents=helping.consents_of(gateway),
        representing=helping.representing_of(gateway),
        referrals=referring.referrals_of(gateway),
        operations=OperationParts(
            store=gateway.log.store,
            log_key=gateway.log_key,
            other_log_keys=gateway.other_log_keys,
            clock=gateway.clock,
            ready=lambda: assert_ready(gateway),
            policy_alert=lambda: gateway.policy.alert,
            cosigned=Cosignatures(gateway.database).newest,
            witnesses=gateway.witnessing.standing,
            public_url=gateway.settings.public_url,
            issuers=gateway.issuers,
        ),
        receipt_keys=gateway.receipt_keys.public,
        audit=_audit(gateway),
    )


def _audit(gateway: Gateway) -> AuditParts:
    log = LogParts(
        reader=LogReader(gateway.database, gateway.log.store, gateway.keys),
        store=gateway.log.store,
        proofs=Proofs(gateway.database, gateway.log.store),
        reviews=Reviews(gateway.database),
        keys=gateway.keys,
        committer=gateway.committer,
        registers=lambda: gateway.registers,
        log_keys=(gateway.log_key, *gateway.other_log_keys),
        cosigned=Cosignatures(gateway.database).newest,
    )
    return AuditParts(gateway.verifier, log)


def _answer_errors(app: FastAPI, edge: Edge) -> None:
    async def ours(request: Request, error: Exception) -> Response:
        return await edge.answer(request, error)

    async def framework(request: Request, error: Exception) -> Response:
        # 405 carries the methods that the path takes; everything else of the framework's is a path we do not have.
        if isinstance(error, HTTPException) and error.status_code == 405:
            return edge.wrong_method(request, (error.headers or {}).get("Allow", ""))
        return problem("not-found").response(correlation_id(request))

    app.add_exception_handler(OnceToldError, ours)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(RequestValidationError, framework)


def _put_around(app: FastAPI, gateway: Gateway) -> None:
    """The middleware, from the innermost out."""
    settings = gateway.settings
    app.add_middleware(Failures, answer=gateway.edge.failed)
    host = settings.public_url.partition("://")[2].rstrip("/")
    app.add_middleware(
        RequestLimits, limits=Limits({host}, settings.body_maximum), refuse=_refusing(gateway.edge)
    )
    sign_in = () if settings.sign_in_issuer is None else (settings.sign_in_issuer,)
    https = settings.public_url.startswith("https://")
    rules = HeaderRules(form_targets=sign_in, https=https, pages=(*PAGES, DOCS))
    app.add_middleware(SecurityHeaders, rules=rules)
    app.add_middleware(Envelope)


def _refusing(edge: Edge) -> Callable[[Scope, Refusal], ASGIApp]:
    def refuse(_: Scope, refusal: Refusal) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            error = BadRequestError(refusal.code, refusal.detail)
            response = await edge.answer(Request(scope), error)
            if refusal.code == "body-too-large":
                await discard_body(scope, receive)
            await response(scope, receive, send)

        return answer

    return refuse
