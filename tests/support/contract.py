"""The committed contract, read as a partner's tools read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from jsonschema_rs import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "openapi" / "gateway.yaml"

REFERRAL_STEPS = frozenset(
    {
        "getReferral",
        "collectReferral",
        "acceptReferral",
        "refuseReferral",
        "closeReferral",
        "withdrawReferral",
    }
)
"""Operations about one referral, which has to be there first (tests/unit/gateway/referrals has them)."""


@dataclass(frozen=True)
class Operation:
    """One operation with its document."""

    id: str
    method: str
    path: str
    document: dict[str, Any]

    @property
    def needs_token(self) -> bool:
        """Whether it answers nobody without one; some say more to whoever shows one."""
        security = self.document["security"]
        return bool(security) and {} not in security

    def requests(self) -> dict[str, Any]:
        """The examples of the request as JSON by name; none where it has no body."""
        content = self.document.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {"examples": {}})
        return {name: one["value"] for name, one in body["examples"].items()}

    def response(self, status: int) -> dict[str, Any]:
        """The documented answer, its reference followed; `KeyError` for a status that is not documented."""
        return resolved(self.document["responses"][str(status)])

    def target(self) -> str:
        """The path with its parameters' examples, and the query where one is needed."""
        parameters = self.document.get("parameters", ())
        within = {one["name"]: one["example"] for one in parameters if one["in"] == "path"}
        query = {
            one["name"]: one["example"] for one in parameters if one["in"] == "query" and one["required"]
        }
        return self.path.format(**within) + (f"?{urlencode(query)}" if query else "")


@cache
def contract() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
    return document


def operations() -> Iterator[Operation]:
    for path, methods in contract()["paths"].items():
        for method, document in methods.items():
            yield Operation(document["operationId"], method.upper(), path, document)


def resolved(document: dict[str, Any]) -> dict[str, Any]:
    """The document, or what its `$ref` within the contract means."""
    reference = document.get("$ref")
    if reference is None:
        return document
    found: Any = contract()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """What of a value does not fit a schema of the contract."""
    whole = {**schema, "components": contract()["components"]}
    validator = Draft202012Validator(whole, validate_formats=True)
    return [error.message for error in validator.iter_errors(value)]
