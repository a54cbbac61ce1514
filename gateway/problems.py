"""Errors at the web's edge: RFC 9457 problem documents, with what to do and a correlation id, and nothing internal.

The only module that turns our exceptions into HTTP answers. Every problem type has its section in docs/problems.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.responses import Response

from core.errors import ClosedError, OnceToldError
from gateway.identity.errors import StepUpError, TokenError
from gateway.identity.pace import TooOftenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.policy.port import Refusal
from gateway.problem_types import PROBLEM_TYPES
from gateway.referrals.states import MisfitError
from gateway.views.values import RefusedError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "/docs/problems#"
"""Of the gateway itself, so that each replica and environment explains its own problems (RFC 9457 section 3.1.1)."""

METADATA: Final = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem (RFC 9457 section 3). `code` is the last part of the type; `detail` says what to do."""

    status: int
    code: str
    title: str
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    def response(self, correlation_id: str) -> Response:
        """The problem document."""
        body = {
            "type": TYPE_BASE + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "correlation_id": correlation_id,
            **self.extra,
        }
        return Response(orjson.dumps(body), self.status, dict(self.headers), MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of a request body: where (names of our own schema) and what to mend. Never the value."""

    where: str
    mend: str


class BadRequestError(OnceToldError):
    """A request that is malformed in itself.

    code: one of `PROBLEM_TYPES`. detail: what to do, where that can be said more closely than the type's remedy does; holds
    nothing of the request.
    """

    def __init__(self, code: str, detail: str | None = None, faults: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.faults = faults


class NotFoundError(OnceToldError):
    """There is nothing at this path (yet)."""


def problem(
    code: str,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Problem:
    """The problem of a known code; without a detail, the type's remedy."""
    known = PROBLEM_TYPES[code]
    return Problem(known.status, code, known.title, detail or known.remedy, headers or {}, extra or {})


def problem_of(error: OnceToldError) -> Problem:  # noqa: PLR0911 - a list, one line a kind of error
    """The problem document for one of our exceptions; unknown ones become a 500 that says nothing of their insides."""
    match error:
        case TokenError() | StepUpError():
            challenge = {"WWW-Authenticate": error.challenge(METADATA)}
            return problem(error.code.replace("_", "-"), error.detail, challenge)
        case RefusedError():
            return _refused(error.refusal)
        case TraceError():
            return problem("identifiers-unusable", _sentence(error))
        case AmbiguousError():
            return problem("identifiers-ambiguous", _sentence(error))
        case BadRequestError():
            faults = [{"where": one.where, "mend": one.mend} for one in error.faults]
            return problem(error.code, error.detail, extra={"faults": faults} if faults else {})
        case MisfitError():
            return problem("referral-elsewhere", extra={"state": error.status.value})
        case NotFoundError():
            return problem("not-found")
        case TooOftenError():
            return problem("too-often", headers={"Retry-After": str(error.wait)})
        case ClosedError():
            return problem("closed", headers={"Retry-After": "60"})
        case _:
            return problem("internal")


def _refused(refusal: Refusal) -> Problem:
    if refusal.code == "step-up-needed":
        # RFC 9110 section 15.5.2: every 401 has a challenge.
        return problem_of(StepUpError(refusal.detail))
    clause = {} if refusal.clause is None else {"clause": refusal.clause}
    # A policy may know a refusal that this list does not: it stays a refusal, with the policy's own words.
    code = refusal.code if refusal.code in PROBLEM_TYPES else "refused"
    return problem(code, refusal.detail, extra=clause)


def _sentence(error: OnceToldError) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
