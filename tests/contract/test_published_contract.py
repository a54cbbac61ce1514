from __future__ import annotations

import subprocess
import sys
from typing import Any

import aiohttp
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway.api.publishing import contract_text
from gateway.people import trace
from gateway.people.handles import Handles
from tests.support.contract import (
    CONTRACT,
    REFERRAL_STEPS,
    ROOT,
    Operation,
    contract,
    faults,
    operations,
    resolved,
)
from tests.support.house import MASTER
from tests.support.running import COUNTY, LANDLORD, RunningGateway, somebody

OPERATIONS = tuple(operations())
by_id = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


def test_the_committed_contract_is_what_the_code_publishes() -> None:
    assert CONTRACT.read_text() == contract_text(), "run: make openapi"


def test_the_contract_is_published_without_settings_and_the_same_every_time() -> None:
    command = [sys.executable, "-m", "gateway", "openapi"]
    seeded = [{"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": seed} for seed in ("1", "2")]
    first, second = (
        subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        for env in seeded
    )
    assert first.stdout == second.stdout == CONTRACT.read_text()


def test_the_contract_is_valid_openapi() -> None:
    assert contract()["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(contract()).iter_errors()] == []


@by_id
def test_every_request_and_answer_has_examples_that_fit(operation: Operation) -> None:
    shown = 0
    bodies = [operation.document["requestBody"]] if "requestBody" in operation.document else []
    answers = [operation.response(int(status)) for status in operation.document["responses"]]
    for document in (*bodies, *answers):
        for content in document.get("content", {}).values():
            examples = [content["example"]] if "example" in content else _values(content["examples"])
            assert examples, "no example"
            for value in examples:
                shown += 1
                assert value is None or faults(content["schema"], value) == []
    assert shown >= 2


def _values(examples: dict[str, Any]) -> list[Any]:
    assert all("value" in one or "externalValue" in one for one in examples.values())
    return [one.get("value") for one in examples.values()]


@by_id
def test_every_answer_names_its_headers_and_every_refusal_its_problem(operation: Operation) -> None:
    statuses = {int(status) for status in operation.document["responses"]}
    assert {400, 421, 431, 500} <= statuses
    assert ({401, 403} <= statuses) == operation.needs_token
    assert ({408, 413, 415, 422} <= statuses) == ("requestBody" in operation.document)
    for status in statuses:
        answer = operation.response(status)
        assert resolved(answer["headers"]["Correlation-Id"])["required"] is True
        if status >= 400 and (operation.id, status) != ("readyz", 503):
            assert list(answer["content"]) == ["application/problem+json"]


@by_id
async def test_the_requests_of_the_contract_are_answered_as_it_says(
    operation: Operation, gateway: RunningGateway
) -> None:
    token = await gateway.token_for(operation.path) if operation.needs_token else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for body in operation.requests().values() or [None]:
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(operation.method, gateway.url + operation.target(), json=body) as answer,
        ):
            # A young log has no full tile yet, and nobody was referred.
            assert answer.status < 300 or (
                operation.id in {"getTile", *REFERRAL_STEPS} and answer.status == 404
            )
            documented = operation.response(answer.status)
            assert answer.headers["Correlation-Id"].startswith("req_")
            if answer.status == 204:
                assert await answer.read() == b""
                continue
            content = documented["content"][answer.content_type]
            if answer.content_type == "text/plain":
                assert faults(content["schema"], await answer.text()) == []
            elif answer.content_type != "application/octet-stream":
                assert faults(content["schema"], await answer.json(content_type=None)) == []


def test_the_handle_in_the_examples_is_the_persons_of_the_examples() -> None:
    number = somebody().nhs_number
    assert number is not None
    found = {one.id: one.requests() for one in OPERATIONS}
    for operation, organisation in (
        ("askForView", COUNTY),
        ("askForConsent", COUNTY),
        ("breakGlass", COUNTY),
        ("askCheck", LANDLORD),
    ):
        handle = Handles(MASTER).make(organisation, trace.by_nhs_number(number))
        assert {body["person"] for body in found[operation].values()} == {handle}
    assert found["tracePerson"]["nhs-number"]["nhs_number"].replace(" ", "") == number
    said = found["tracePerson"]["demographics"]["demographics"]
    assert (said["family_name"], said["birth_date"]) == (
        somebody().family_name,
        somebody().birth_date.isoformat(),
    )


async def test_the_gateway_serves_its_contract(gateway: RunningGateway) -> None:
    async with aiohttp.ClientSession() as session, session.get(gateway.url + "/openapi.json") as answer:
        assert await answer.json() == contract()


def test_the_trace_is_linked_to_the_view_that_it_is_for() -> None:
    links = {one.id: one for one in OPERATIONS}["tracePerson"].response(200)["links"]
    assert links["askForView"]["operationId"] in {one.id for one in OPERATIONS}
