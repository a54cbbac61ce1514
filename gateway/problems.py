"""Errors at the web's edge: RFC 9457 problem documents, with what to do and a correlation id, and nothing internal.

The only module that turns our exceptions into HTTP answers. Every problem type has a page in docs/problems.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from starlette.responses import Response

from core.errors import ClosedError, OnceToldError
from gateway.identity.errors import TokenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.views.values import RefusedError

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/docs/problems#"


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
    """One fault of a request body: where (a JSON path of our own schema) and what to mend. Never the value."""

    where: str
    mend: str


class BadRequestError(OnceToldError):
    """A request that is malformed in itself. `detail` says what to do and holds nothing of the request."""

    def __init__(
        self,
        code: str,
        detail: str,
        faults: tuple[FieldFault, ...] = (),
        *,
        status: int = 400,
        title: str = "The request cannot be read",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.faults = faults
        self.status = status
        self.title = title


class NotFoundError(OnceToldError):
    """There is nothing at this path (yet)."""


def problem_of(error: OnceToldError) -> Problem:
    """The problem document for one of our exceptions; unknown ones become a 500 that says nothing of their insides."""
    match error:
        case TokenError():
            challenge = {"WWW-Authenticate": error.challenge("/.well-known/oauth-protected-resource")}
            code = error.code.replace("_", "-")
            return Problem(error.status, code, "The access token was not accepted", error.detail, challenge)
        case RefusedError():
            clause = {} if error.refusal.clause is None else {"clause": error.refusal.clause}
            return Problem(403, error.refusal.code, "This is not agreed", error.refusal.detail, extra=clause)
        case TraceError():
            return Problem(422, "identifiers-unusable", "These identifiers cannot be used", str(error))
        case AmbiguousError():
            return Problem(
                409, "identifiers-ambiguous", "These identifiers mean different people", str(error)
            )
        case BadRequestError():
            faults = [{"where": one.where, "mend": one.mend} for one in error.faults]
            extra = {"faults": faults} if faults else {}
            return Problem(error.status, error.code, error.title, error.detail, extra=extra)
        case NotFoundError():
            return NOT_FOUND
        case ClosedError():
            return Problem(
                503,
                "closed",
                "Nothing is disclosed at the moment",
                "Something that every answer depends on is in doubt. Try again in a minute; it concerns all requests alike.",
                {"Retry-After": "60"},
            )
        case _:
            return INTERNAL


INTERNAL = Problem(
    500, "internal", "Something went wrong at our side", "Nothing was disclosed. Tell us the correlation id."
)
NOT_FOUND = Problem(404, "not-found", "There is nothing here", "Check the path against /openapi.yaml.")
METHOD = Problem(
    405,
    "method-not-allowed",
    "This path does not take that method",
    "Check the method against /openapi.yaml.",
)
