"""The published contract: what FastAPI generates from the routes, completed with what our endpoints do by themselves.

They read their bodies strictly and answer problems of their own, so request schemas, problem answers, headers, security and
examples are put in here.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api import (
    audit_models,
    consent_requests_models,
    consents_models,
    directory_models,
    explain_models,
    models,
    referrals_models,
)
from gateway.api.documents import HEADERS, PROBLEM_ANSWERS, SHARED, header_references
from gateway.api.key_set import KeySetView
from gateway.problems import problem

TITLE: Final = "OnceTold"
VERSION: Final = "1.0.0"
SUMMARY: Final = "A consent-aware gateway: just enough of a person's record, with that person's agreement."
PROTECTED: Final = (
    "/v1/people",
    "/v1/views",
    "/v1/break-glass",
    "/v1/checks",
    "/v1/policy",
    "/v1/pointers",
    "/v1/consent-requests",
    "/v1/consents",
    "/v1/representatives",
    "/v1/deciding-alone",
    "/v1/referrals",
    "/v1/directory",
    "/v1/audit",
)
"""Path prefixes of the operations that need an access token, but for those below."""
OPEN: Final = frozenset({("GET", "/v1/checks")})
MORE_WITH_A_TOKEN: Final = frozenset({("GET", "/v1/organisations")})
"""Operations that are open to everybody and say more to whoever shows a token."""

_DESCRIPTION: Final = """\
Ask for a view of one person for one purpose. Each agency keeps its own data; what leaves is what agreement, purpose, role,
label and the person's own decision permit, and every answer carries a receipt of its entry in a public, append-only log.

Begin at `/docs`: the first call takes five minutes. Every problem's `type` leads to its cause and remedy.

Within version 1 members may be added to answers; nothing is taken away and nothing changes its meaning.
"""
_TAGS: Final = {
    "people": "Handles for recipients, pointers from sources.",
    "views": "One person, one purpose, just enough: a view, a check without the data, a look in an emergency.",
    "consent": "Ask a person to allow something, or write down what they said and who decides for them; always told alike.",
    "referrals": "Hand a person who agreed over to another organisation, and say what became of it.",
    "policy": "What would be answered, and what would change it; about nobody real.",
    "registers": "What can be asked, and by whom. Public.",
    "directory": "Where help is to be had, as services publish it (Open Referral UK).",
    "audit": "The log for an organisation's officers: their own organisation's entries. Each read is itself an entry.",
    "log": "The audit log as C2SP tlog-tiles, for everybody. Public.",
    "operations": "For operators and their probes. Public.",
}
_SECURITY: Final = {
    "agency": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "at+jwt (RFC 9068)",
        "description": "An access token of an issuer in the trust register, for this gateway. In the header only.",
    }
}
_VIEW_LINK: Final = {
    "askForView": {
        "operationId": "askForView",
        "requestBody": {"person": "$response.body#/person"},
        "description": "The handle names the person in the organisation's requests.",
    }
}


def needs_token(method: str, path: str) -> bool:
    """Whether an operation needs an access token."""
    return path.startswith(PROTECTED) and (method, path) not in OPEN


def _security(method: str, path: str) -> list[dict[str, list[str]]]:
    if (method, path) in MORE_WITH_A_TOKEN:
        return [{}, {"agency": []}]
    return [{"agency": []}] if needs_token(method, path) else []


def contract_document(routers: Sequence[APIRouter]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the routers."""
    document = get_openapi(
        title=TITLE,
        version=VERSION,
        summary=SUMMARY,
        description=_DESCRIPTION,
        routes=[route for router in routers for route in router.routes],
        tags=[{"name": name, "description": words} for name, words in _TAGS.items()],
        servers=[{"url": "/", "description": "The gateway that serves this document."}],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_version="3.1.0",
    )
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["security"] = _security(method.upper(), path)
            of_callers = {"429": {"description": SHARED}} if operation["security"] else {}
            operation["responses"] = _responses({**operation["responses"], **of_callers})
            _put_examples(operation)
    trace = document["paths"]["/v1/people/trace"]["post"]["responses"]["200"]
    trace["links"] = _VIEW_LINK
    document["components"] = _components()
    return document


def _responses(generated: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The answers by status, problems as references to the shared ones."""
    found: dict[str, Any] = {}
    for status in sorted(generated):
        answer = generated[status]
        if answer.get("description") == SHARED:
            found[status] = {"$ref": f"#/components/responses/{PROBLEM_ANSWERS[int(status)].name}"}
        elif not _is_frameworks(answer):
            found[status] = {"headers": header_references(), **answer}
    return found


def _is_frameworks(answer: dict[str, Any]) -> bool:
    # FastAPI documents a 422 of its own for parameters; here a path that does not fit is a 404.
    return "HTTPValidationError" in orjson.dumps(answer).decode()


def _components() -> dict[str, Any]:
    return {
        "schemas": _schemas(),
        "responses": {
            one.name: _with_example(status, one.document) for status, one in PROBLEM_ANSWERS.items()
        },
        "headers": dict(HEADERS),
        "securitySchemes": _SECURITY,
    }


def _schemas() -> dict[str, Any]:
    _, requests = models_json_schema([(one, "validation") for one in _REQUESTS], ref_template=_REFERENCE)
    _, answers = models_json_schema(
        [(one, "serialization") for one in _ANSWERS],
        ref_template=_REFERENCE,
    )
    return dict(sorted({**requests["$defs"], **answers["$defs"]}.items()))


_REQUESTS: Final[tuple[type[BaseModel], ...]] = (
    *models.REQUESTS,
    *explain_models.REQUESTS,
    *consent_requests_models.REQUESTS,
    *consents_models.REQUESTS,
    *referrals_models.REQUESTS,
)
_ANSWERS: Final[tuple[type[BaseModel], ...]] = (
    *models.ANSWERS,
    *explain_models.ANSWERS,
    *audit_models.ANSWERS,
    *consent_requests_models.ANSWERS,
    *consents_models.ANSWERS,
    *referrals_models.ANSWERS,
    *directory_models.ANSWERS,
    KeySetView,
)
_REFERENCE: Final = "#/components/schemas/{model}"
_PROBLEM_EXAMPLES: Final[dict[int, tuple[str, dict[str, Any]]]] = {
    400: ("malformed-json", {}),
    401: ("invalid-token", {}),
    403: ("no-agreement", {"clause": "2"}),
    404: ("not-found", {}),
    408: ("body-too-slow", {}),
    409: ("identifiers-ambiguous", {}),
    413: ("body-too-large", {}),
    415: ("media-type", {}),
    421: ("unknown-host", {}),
    422: ("body-invalid", {"faults": [{"where": "purpose", "mend": "Field required"}]}),
    431: ("headers-too-large", {}),
    429: ("too-often", {}),
    500: ("internal", {}),
    503: ("closed", {}),
}


def _with_example(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    code, extra = _PROBLEM_EXAMPLES[status]
    shown = problem(code, extra=extra).response(HEADERS["Correlation-Id"]["example"])
    for content in answer["content"].values():
        content["example"] = orjson.loads(bytes(shown.body))
    return answer


def _put_examples(operation: dict[str, Any]) -> None:
    """The examples of gateway/api/examples/<operation>.json: `request` and `responses` by status, each by name.

    `media`: those of a second form of the answer, by media type and status; `request_media`: of the request, by media type.
    """
    path = files("gateway.api").joinpath("examples", f"{operation['operationId']}.json")
    examples = orjson.loads(path.read_bytes())
    if "request" in examples:
        for content in operation["requestBody"]["content"].values():
            content["examples"] = examples["request"]
        for media_type, named in examples.get("request_media", {}).items():
            operation["requestBody"]["content"][media_type]["examples"] = named
    for status, named in examples.get("responses", {}).items():
        for content in operation["responses"][status]["content"].values():
            content["examples"] = named
    for media_type, statuses in examples.get("media", {}).items():
        for status, named in statuses.items():
            operation["responses"][status]["content"][media_type]["examples"] = named
    for parameter in operation.get("parameters", ()):
        parameter["example"] = examples["parameters"][parameter["name"]]
