"""Reading the query of an address strictly: what the contract names, each once, and no token."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from starlette.requests import Request

from gateway.api.audit_models import Query
from gateway.api.body import fault_of
from gateway.identity.http import refuse_tokens_elsewhere
from gateway.problems import BadRequestError, FieldFault

Asked = TypeVar("Asked", bound=Query)


def read_query(request: Request, model: type[Asked]) -> Asked:
    """The address's query as the model; raises `BadRequestError` saying what to mend, never repeating what was sent."""
    refuse_tokens_elsewhere(request.scope["query_string"], request.headers.get("content-type", ""))
    sent = request.query_params.multi_items()
    if len({name for name, _ in sent}) != len(sent):
        raise BadRequestError("query-invalid", faults=(FieldFault("query", "send each parameter once"),))
    try:
        return model.model_validate(dict(sent))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise BadRequestError(
            "query-invalid", faults=tuple(fault_of(one, "query") for one in faults)
        ) from error
