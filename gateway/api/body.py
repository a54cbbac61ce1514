"""Reading a request body: JSON only, strictly parsed, validated against a published model."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from gateway.identity.http import refuse_tokens_elsewhere
from gateway.problems import BadRequestError, FieldFault
from gateway.web.strict_json import StrictJsonError, parse

Model = TypeVar("Model", bound=BaseModel)
MEDIA_TYPE: Final = "application/json"


async def read_body(request: Request, model: type[Model]) -> Model:
    """The body as the model; raises `BadRequestError` saying what to mend, never repeating what was sent."""
    content_type = request.headers.get("content-type", "")
    refuse_tokens_elsewhere(request.scope["query_string"], content_type)
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise BadRequestError("media-type")
    try:
        value = parse(await request.body())
    except StrictJsonError as error:
        raise BadRequestError("malformed-json", error.detail) from error
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise BadRequestError("body-invalid", faults=tuple(map(fault_of, faults))) from error


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The OpenAPI request body of a model, for `openapi_extra`."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": reference}}}}


def fault_of(error: ErrorDetails, whole: str = "body") -> FieldFault:
    """What to mend, by the names of our own members. whole: what is called so where no member is to blame."""
    # Names of our own members only: an unknown one is the sender's text and is not repeated.
    where = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return FieldFault(".".join(where[:-1]) or whole, "remove a member that the contract does not name")
    return FieldFault(".".join(where) or whole, error["msg"].removeprefix("Value error, "))
