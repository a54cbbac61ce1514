"""What every operation's documentation shares: its problems."""

from __future__ import annotations

from typing import Any

from gateway.api.models import ProblemView
from gateway.problems import MEDIA_TYPE

_TITLES = {
    400: "The request cannot be read",
    401: "No access token, or one that is not accepted",
    403: "Not agreed: scope, role or purpose. Never says anything about the person",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "The body does not fit the contract",
    503: "Something that every answer depends on is in doubt; nothing is disclosed",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of some problem statuses."""
    return {status: _problem(_TITLES[status]) for status in statuses}


def _problem(title: str) -> dict[str, Any]:
    return {
        "description": title,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemView"}}},
    }


PROBLEMS = problems(*_TITLES)
READ_PROBLEMS = problems(400, 401, 403, 503)
SCHEMA_ONLY = (ProblemView,)
