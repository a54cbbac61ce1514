"""The bodies of /v1/consent-requests, as published in openapi/gateway.yaml."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, StringConstraints

from gateway.api.models import WHOLE, Answer, Code, Handle, Request
from gateway.request_ids import REQUEST_ID_PATTERN

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"
IDEMPOTENCY_PATTERN: Final = r"^[!-~]{8,128}$"

# Nothing that could be or hide an address, a link or mark-up: the person reads it, under our name.
PlainReason = Annotated[
    str,
    StringConstraints(
        min_length=10,
        max_length=200,
        pattern=r"^[^\u0000-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF@/\\<>{}\[\]|]+$",
    ),
]
RequestId = Annotated[str, StringConstraints(pattern=REQUEST_ID_PATTERN)]


class ConsentRequestBody(Request):
    """Ask one person to allow something."""

    person: Handle = Field(description="The person's handle, from POST /v1/people/trace.")
    purpose: Code = Field(description="A code of GET /v1/purposes.")
    sections: Annotated[list[Code], Field(min_length=1, max_length=24)] | None = Field(
        default=None,
        description="Sections that the person would have to allow; left out, all that agreement and role leave.",
    )
    days: Annotated[int, Field(ge=1, le=3650), WHOLE] | None = Field(
        default=None,
        description="For how many days from the yes on; left out, as long as the purpose allows. They may choose less.",
    )
    reason: PlainReason = Field(
        description="Why you ask, in one or two plain sentences for the person. No links, no addresses."
    )


class ConsentRequestView(Answer):
    """A request, and what came of it as far as it is told."""

    id: RequestId = Field(description="For GET; your organisation's alone.")
    state: Literal["waiting", "allowed", "expired"] = Field(
        description="`allowed` while a yes stands. There is no word for no: it looks like waiting, and then like expired."
    )
    expires: datetime = Field(description="From when on it can no longer be answered.")
    notice: str


IDEMPOTENCY_PARAMETER: Final[dict[str, Any]] = {
    "name": IDEMPOTENCY_HEADER,
    "in": "header",
    "required": False,
    "description": (
        "A text of your own, new for each request, the same when you repeat one whose answer you did not get: then nothing "
        "is done twice. It is remembered for a day."
    ),
    "schema": {"type": "string", "pattern": IDEMPOTENCY_PATTERN},
}

REQUESTS: Final[tuple[type[BaseModel], ...]] = (ConsentRequestBody,)
ANSWERS: Final[tuple[type[BaseModel], ...]] = (ConsentRequestView,)
