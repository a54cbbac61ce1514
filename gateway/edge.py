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
from gateway.api.contract import needs_token
from gateway.api.publishing import contract
from gateway.identity.caller import Caller
from gateway.identity.errors import TokenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.problems import BadRequestError, Problem, problem, problem_of
from gateway.referrals.states import MisfitError
from gateway.views.pipeline import Authenticates

logger = structlog.get_logger(__name__)
_CALLERS_FAULTS = (BadRequestError, TraceError, AmbiguousError, MisfitError)


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
        """The problem document for one of our exceptions, after the entry where a known caller is to blame.

        A stranger's bad request is a stranger's first of all: 401. Except where the token itself went astray: whoever put it
        into an address has to hear of that.
        """
        if not isinstance(error, OnceToldError):
            return await self.failed(request, error)
        if _is_callers_fault(error) and needs_token(request.method, request.url.path):
            try:
                caller = await self.verifier.verify(request.headers.getlist("authorization"))
                await self._record(request, caller, problem_of(error))
            except TokenError as instead:
                if not isinstance(error, BadRequestError) or error.code != "token-in-address":
                    error = instead
            except OnceToldError as instead:
                error = instead
        return problem_of(error).response(correlation_id(request))

    async def failed(self, request: Request, error: Exception) -> Response:
        """The problem document for what nobody expected. Its kind and place are logged: its text may quote what was read."""
        logger.error(
            "request.failed",
            correlation=correlation_id(request),
            error=type(error).__name__,
            place=_place(error),
        )
        return problem("internal").response(correlation_id(request))

    def wrong_method(self, request: Request, allowed: str) -> Response:
        """405 with every method that the path takes (RFC 9110 section 15.5.6); the router knows those of one route only."""
        methods = {one.strip() for one in allowed.split(",") if one.strip()} | methods_of(request.url.path)
        if "GET" in methods:
            methods.add("HEAD")
        refused = problem("method-not-allowed", headers={"Allow": ", ".join(sorted(methods))})
        return refused.response(correlation_id(request))

    async def _record(self, request: Request, caller: Caller, problem: Problem) -> None:
        draft = Draft(
            kind=Kind.REFUSAL,
            outcome=problem.code,
            organisations=frozenset({caller.organisation}),
            detail={
                "practitioner": caller.practitioner,
                "client": caller.client,
                "issuer": caller.issuer,
                "operation": _operation(request),
                "correlation": correlation_id(request),
            },
            recipient=caller.organisation,
            role=caller.role,
        )
        entry = seal_entry(draft, self.keys.get_or_create(f"org:{caller.organisation}"))
        await self.committer.append(Append(only(None, entry)))


def methods_of(path: str) -> frozenset[str]:
    """The methods that the contract documents for a path; empty for one with parameters, which has one route anyway."""
    return frozenset(method.upper() for method in contract()["paths"].get(path, {}))


def _is_callers_fault(error: OnceToldError) -> bool:
    if isinstance(error, TokenError):
        return error.code == "insufficient_scope"
    return isinstance(error, _CALLERS_FAULTS)


def _operation(request: Request) -> str:
    # A path of the contract's own, never the sender's: a path may hold anything.
    path = request.url.path
    return f"{request.method} {path}" if methods_of(path) else "unknown"


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown"
