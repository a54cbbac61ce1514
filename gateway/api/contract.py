"""The published contract: what FastAPI generates, completed with request schemas, security and examples.

`oncetold openapi` writes it to openapi/gateway.yaml, which is committed; a test compares the two.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from gateway.api import models

_SCHEMES = {
    "agency": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "at+jwt (RFC 9068)",
        "description": "An access token of an issuer in the trust register, for the gateway's audience. Header only.",
    }
}
_PROTECTED = "/v1/people", "/v1/views", "/v1/pointers"
_EXAMPLES = Path(__file__).resolve().parents[2] / "openapi" / "examples"


def document_contract(app: FastAPI) -> None:
    """Make `app.openapi()` give the complete contract."""

    @lru_cache(maxsize=1)
    def contract() -> dict[str, Any]:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=_DESCRIPTION,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        return complete(document)

    app.openapi = contract  # type: ignore[method-assign] # FastAPI's own way to extend the document


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add the bodies that endpoints read strictly by themselves, the security scheme, and an example an operation."""
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(_schemas())
    components["securitySchemes"] = _SCHEMES
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["security"] = [{"agency": []}] if path.startswith(_PROTECTED) else []
            _without_framework_errors(operation)
    return document


def _schemas() -> dict[str, Any]:
    published = [
        one
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, BaseModel) and one is not BaseModel
    ]
    _, schema = models_json_schema(
        [(one, "validation") for one in published if one is not models.Closed],
        ref_template="#/components/schemas/{model}",
    )
    definitions: dict[str, Any] = schema["$defs"]
    return definitions


def _without_framework_errors(operation: dict[str, Any]) -> None:
    answer = operation.get("responses", {}).get("422", {})
    if "HTTPValidationError" in orjson.dumps(answer).decode():
        del operation["responses"]["422"]


_DESCRIPTION = """\
Ask for a view of one person for one purpose. Each agency keeps its own data; what leaves is what agreement, purpose, role,
label and the person's own decision permit, and every answer carries a receipt of its entry in a public, append-only log.
"""
