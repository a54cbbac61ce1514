"""The web's edge: every exception becomes a problem document, and what a known caller did wrong is written in the log."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response

from audit.committer import Committer
from audit.entries import Draft, Kind, seal_entry
from audit.log import Append
from core.errors import OnceToldError
from core.keys import KeyStore
from core.unit_of_work import only
from gateway.identity.caller import Caller
from gateway.identity.errors import TokenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.problems import INTERNAL, BadRequestError, Problem, problem_of
from gateway.views.pipeline import Authenticates

logger = structlog.get_logger(__name__)
_CALLERS_FAULTS = (BadRequestError, TraceError, AmbiguousError)


def new_correlation_id() -> str:
    """Ours alone: a caller's header never names a request, or one caller could write another's lines."""
    return "req_" + secrets.token_hex(10)


def correlation_id(request: Request) -> str:
    """The request's id, made on first use."""
    known: str | None = getattr(request.state, "correlation_id", None)
    if known is None:
        known = new_correlation_id()
        request.state.correlation_id = known
    return known


@dataclass(frozen=True, slots=True)
class Edge:
    """Turns exceptions into answers."""

    verifier: Authenticates
    committer: Committer
    keys: KeyStore

    async def answer(self, request: Request, error: Exception) -> Response:
        """The problem document for an exception. A stranger's bad request is a stranger's first of all: 401."""
        if not isinstance(error, OnceToldError):
            logger.error("request.failed", correlation=correlation_id(request), error=type(error).__name__)
            return self._respond(request, INTERNAL)
        if _is_callers_fault(error) and request.url.path.startswith("/v1/"):
            try:
                caller = await self.verifier.verify(request.headers.getlist("authorization"))
                await self._record(request, caller, problem_of(error))
            except OnceToldError as instead:
                error = instead
        return self._respond(request, problem_of(error))

    async def _record(self, request: Request, caller: Caller, problem: Problem) -> None:
        draft = Draft(
            kind=Kind.REFUSAL,
            outcome=problem.code,
            organisations=frozenset({caller.organisation}),
            detail={
                "practitioner": caller.practitioner,
                "client": caller.client,
                "issuer": caller.issuer,
                "operation": f"{request.method} {_route(request)}",
                "correlation": correlation_id(request),
            },
            recipient=caller.organisation,
            role=caller.role,
        )
        entry = seal_entry(draft, self.keys.get_or_create(f"org:{caller.organisation}"))
        await self.committer.append(Append(only(None, entry)))

    def _respond(self, request: Request, problem: Problem) -> Response:
        return problem.response(correlation_id(request))


def _is_callers_fault(error: OnceToldError) -> bool:
    if isinstance(error, TokenError):
        return error.code == "insufficient_scope"
    return isinstance(error, _CALLERS_FAULTS)


def _route(request: Request) -> str:
    # The route's own path, never the sender's: a path may hold anything.
    route = request.scope.get("route")
    return str(getattr(route, "path", "unknown"))
