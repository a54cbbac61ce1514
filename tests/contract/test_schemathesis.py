"""Schemathesis plays the published contract against a running gateway, authenticated, with every check it has."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.auths import AuthContext, AuthProvider
from schemathesis.config import SchemathesisConfig

from adapters.sandbox.people import nhs_number
from gateway.api.consent_requests_models import IDEMPOTENCY_HEADER, IDEMPOTENCY_PATTERN
from gateway.api.models import NHS_NUMBER_FORMAT, PERSON_NAME_FORMAT
from tests.support.contract import CONTRACT, REFERRAL_STEPS, operations
from tests.support.running import RunningGateway

SEED = 20261123

schemathesis.openapi.format(NHS_NUMBER_FORMAT, st.integers(100, 9_999).map(lambda at: nhs_number(1, at)))
schemathesis.openapi.format(
    PERSON_NAME_FORMAT, st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=30)
)

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": SEED,
        "generation": {"deterministic": True, "max-examples": 50, "mode": "all"},
        # What was said lies in the last days, what the law lets somebody be, what a page was followed by, what could be
        # somebody's number, and how the resources of a message hang together (and which whole numbers every reader of JSON
        # can hold): no schema says any of it.
        "operations": [
            {
                "include-operation-id": operation,
                "checks": {
                    "positive_data_acceptance": {
                        "expected-statuses": ["2xx", "3xx", *also, 401, 403, 404, 409, 422, 429, "5xx"]
                    }
                },
            }
            for operation, also in (
                ("writeDownConsent", ()),
                ("recordRepresentative", ()),
                ("findServices", ()),
                ("sendReferral", (400,)),
                ("listReferrals", ()),
            )
        ],
    }
)
SCHEMA = schemathesis.openapi.from_path(CONTRACT, config=CONFIG)
TOKENS: dict[str, str] = {}
MET: dict[str, set[int]] = {}
"""Operation -> the statuses that were answered."""


@SCHEMA.auth(refresh_interval=None)
class Authenticated(AuthProvider[str]):
    """Somebody who may use the operation: a practitioner, a landlord's letting agent, a source's own system.

    Cases are made when tests are collected, long before there are tokens, so what is set here only stands for one.
    """

    def get(self, case: Case[Any], context: AuthContext) -> str:
        return f"TOKEN-FOR-{case.path}"

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


def token_named(name: str, gateway: RunningGateway) -> str:
    """Got when it is first used: a step-up sign-in counts for minutes only."""
    if name not in TOKENS:
        TOKENS[name] = asyncio.run(gateway.token_for(name.removeprefix("TOKEN-FOR-")))
    return TOKENS[name]


@SCHEMA.parametrize()
def test_the_gateway_keeps_its_contract(case: Case[Any], gateway: RunningGateway) -> None:
    name = str(case.headers.get("Authorization", "")).removeprefix("Bearer ")
    if name.startswith("TOKEN-FOR-"):
        case.headers["Authorization"] = f"Bearer {token_named(name, gateway)}"
    if re.fullmatch(IDEMPOTENCY_PATTERN, str(case.headers.get(IDEMPOTENCY_HEADER, ""))):
        # A key is for one request, which a document cannot say.
        case.headers[IDEMPOTENCY_HEADER] = str(uuid.uuid4())
    MET.setdefault(case.operation.label, set()).add(case.call_and_validate(base_url=gateway.url).status_code)


def test_every_operation_was_met_with_success_and_with_refusal() -> None:
    for operation in operations():
        met = MET[f"{operation.method} {operation.path}"]
        assert min(met) < 300 or operation.id in REFERRAL_STEPS, operation.id
        assert max(met) >= 400, operation.id
        read = {415, 422} if "requestBody" in operation.document else set[int]()
        assert not operation.needs_token or {401} | read <= met
