"""What every operation's documentation shares: its problems, its headers, its examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.problems import MEDIA_TYPE

SHARED: Final = "shared"
"""Stands in for a problem's description until `contract.complete` puts the reference to the shared one there."""


@dataclass(frozen=True, slots=True)
class ProblemAnswer:
    """A problem status as every operation documents it. headers: beside Correlation-Id."""

    name: str
    description: str
    headers: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """The OpenAPI response object."""
        return {
            "description": self.description,
            "headers": header_references(*self.headers),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}},
        }


PROBLEM_ANSWERS: Final[Mapping[int, ProblemAnswer]] = {
    400: ProblemAnswer("Unreadable", "The request cannot be read.", ("WWW-Authenticate",)),
    401: ProblemAnswer(
        "NoToken",
        "No access token, one that is not accepted, or one without the second factor that an emergency needs.",
        ("WWW-Authenticate",),
    ),
    403: ProblemAnswer(
        "NotAgreed",
        "Not agreed: scope, role, purpose or section. Never says anything about the person.",
        ("WWW-Authenticate",),
    ),
    404: ProblemAnswer("NotFound", "There is nothing at this path, or not yet."),
    408: ProblemAnswer("BodyTooSlow", "The body took too long to arrive."),
    409: ProblemAnswer(
        "Conflict",
        "Somebody else did something in the same moment, or before: the problem's code says what to do.",
    ),
    413: ProblemAnswer("BodyTooLarge", "The body is too large."),
    415: ProblemAnswer("NotJson", "The body is not sent as JSON."),
    421: ProblemAnswer("WrongHost", "The Host header names a host that is not served here."),
    422: ProblemAnswer(
        "DoesNotFit", "The body or the query does not fit the contract, or an identifier is not valid."
    ),
    431: ProblemAnswer("HeadersTooLarge", "The headers are too large."),
    429: ProblemAnswer("TooOften", "Your application calls too often.", ("Retry-After",)),
    500: ProblemAnswer("Internal", "Something went wrong at our side. Nothing was disclosed."),
    503: ProblemAnswer(
        "Closed",
        "Something that every answer depends on is in doubt; nothing is disclosed.",
        ("Retry-After",),
    ),
}

HEADERS: Final[Mapping[str, dict[str, Any]]] = {
    "Correlation-Id": {
        "description": "Our name for this request, as it stands in our log. Ours alone: one that you send is not used.",
        "required": True,
        "schema": {"type": "string", "pattern": "^req_[0-9a-f]{20}$"},
        "example": "req_5f1d0c2b9e7a46d38c01",
    },
    "WWW-Authenticate": {
        "description": (
            "RFC 6750 section 3, where the token is what was wrong; leads to the RFC 9728 metadata. Where a second factor "
            "is needed, `acr_values` and `max_age` say which sign-in to ask for (RFC 9470)."
        ),
        "schema": {"type": "string"},
        "example": 'Bearer resource_metadata="/.well-known/oauth-protected-resource"',
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}, "example": 60},
}

_ANYWHERE: Final = (400, 421, 431, 500)
PUBLIC_PROBLEMS: Final = _ANYWHERE
STORE_PROBLEMS: Final = (*_ANYWHERE, 503)
BODY_PROBLEMS: Final = (*_ANYWHERE, 401, 403, 408, 413, 415, 422, 503)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of some problem statuses, for a route's `responses`."""
    return {status: {"description": SHARED} for status in sorted(statuses)}


def header_references(*more: str) -> dict[str, Any]:
    """The headers of an answer: the correlation id, and those named."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in ("Correlation-Id", *more)}
