from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
import yaml
from fastapi import FastAPI

from gateway.api import models
from gateway.api.publishing import NoGatewayError, contract, contract_text
from gateway.api.registers import RegisterParts
from gateway.api.registers import build_router as build_registers
from gateway.api.routes import build_routers
from gateway.views.pipeline import Parts
from tests.support.adapter_kit import SCHEMAS
from tests.support.walk import registers
from tests.unit.gateway.web.asgi import ask, scope_of


def nobody() -> Parts:
    """No caller comes."""
    raise NotImplementedError


def test_the_text_is_the_document_and_says_that_nobody_edits_it() -> None:
    text = contract_text()
    assert text.startswith("# Written by `make openapi`")
    assert yaml.safe_load(text) == contract()
    assert "&id" not in text


def test_every_body_that_endpoints_read_by_themselves_is_published() -> None:
    assert {one.__name__ for one in (*models.REQUESTS, *models.ANSWERS)} <= set(
        contract()["components"]["schemas"]
    )


def test_nothing_of_the_frameworks_own_errors_is_published() -> None:
    assert b"HTTPValidationError" not in orjson.dumps(contract())


def test_requests_are_closed_and_answers_open() -> None:
    schemas = contract()["components"]["schemas"]
    for one in models.REQUESTS:
        assert schemas[one.__name__]["additionalProperties"] is False
    for answer in models.ANSWERS:
        assert "additionalProperties" not in schemas[answer.__name__]


async def test_the_document_is_made_without_a_gateway_and_no_endpoint_works_without_one() -> None:
    def nothing() -> object:
        raise NoGatewayError

    app = FastAPI()
    for router in build_routers(nothing):  # type: ignore[arg-type] # it gives nothing, on purpose
        app.include_router(router)
    for method, path in (("POST", "/v1/people/trace"), ("GET", "/v1/purposes"), ("GET", "/log/key")):
        with pytest.raises(NoGatewayError):
            await ask(app, scope_of(method, path))


async def test_the_registers_are_those_in_force_and_leave_out_who_must_stay_hidden() -> None:
    known = registers().organisations
    secret = {name: replace(one, hidden=name == "harbour-charity") for name, one in known.items()}
    shown = RegisterParts(replace(registers(), organisations=secret), SCHEMAS)
    app = FastAPI()
    app.include_router(build_registers(lambda: shown, nobody))

    async def listed(path: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = orjson.loads((await ask(app, scope_of("GET", path))).body)
        return found

    for _ in range(2):
        organisations = {one["organisation"] for one in await listed("/v1/organisations")}
        assert organisations == set(known) - {"harbour-charity"}
    assert {one["purpose"] for one in await listed("/v1/purposes")} == set(registers().purposes)
    assert {one["check"] for one in await listed("/v1/checks")} == set(registers().checks)
    assert {one["section"] for one in await listed("/v1/sections")} == set(SCHEMAS)
    # A newer policy came.
    shown = RegisterParts(registers(), SCHEMAS)
    hidden = {name for name, one in known.items() if one.hidden}
    assert {one["organisation"] for one in await listed("/v1/organisations")} == set(known) - hidden


async def test_a_purpose_tells_a_developer_what_to_send_in_an_emergency() -> None:
    app = FastAPI()
    app.include_router(build_registers(lambda: RegisterParts(registers(), SCHEMAS), nobody))
    found = orjson.loads((await ask(app, scope_of("GET", "/v1/purposes"))).body)
    by_purpose = {one["purpose"]: one for one in found}
    told = by_purpose["break-glass-emergency"]
    assert told["emergency_reasons"]["life-at-risk"] == "Somebody's life was in danger"
    assert told["hold_back_reasons"].keys() == {"danger-to-person", "danger-to-child", "danger-to-other"}
    assert (told["use_minutes"], told["review_hours"], told["watermark"]) == (15, 72, True)
    plain = by_purpose["early-help-triage"]
    assert (plain["emergency_reasons"], plain["hold_back_reasons"]) == ({}, {})
    assert (plain["use_minutes"], plain["review_hours"], plain["watermark"]) == (None, None, False)
