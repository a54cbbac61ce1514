"""Promise 4 as a partner sees it: no permission, nobody, and a handle that was never given all look alike."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from audit.note import Signer
from audit.verify import verify_receipt
from tests.support.house import ORIGIN, SEED
from tests.support.running import RunningGateway, somebody

NOBODY = "9990000018"
NEVER_GIVEN = "h1." + "A" * 64
VARYING = {"correlation-id", "date", "content-length"}


@dataclass(frozen=True)
class Told:
    """An answer, every byte of it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def view(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def lasting(self) -> list[tuple[str, str]]:
        """The headers in their order, without the values that differ from one request to the next."""
        return [(name, "" if name.lower() in VARYING else value) for name, value in self.headers]

    def without_the_logs_place(self) -> bytes:
        """The body with the receipt's digits and hashes blanked: they tell where in the log it stands, and nothing else.

        The path's number of hashes follows from the entry's index alone, which grows with every request of anybody.
        """
        text = re.sub(rb'"index":\d+', b'"index":0', self.body)
        text = re.sub(rb'"leaf":"[A-Za-z0-9+/=]{56}"', b'"leaf":""', text)
        return re.sub(rb'"proof":"(?:[^"\\]|\\.)*"', b'"proof":""', text)


ASKED: Mapping[str, Mapping[str, str]] = {
    "/v1/views": {"purpose": "early-help-triage"},
    "/v1/checks": {"purpose": "tenancy-check", "check": "rent-account-clear"},
}


async def ask(session: aiohttp.ClientSession, gateway: RunningGateway, path: str, person: str) -> Told:
    body = {"person": person, "reason": "To see whether silence is silent", **ASKED[path]}
    async with session.post(gateway.url + path, json=body) as answer:
        return Told(answer.status, tuple(answer.headers.items()), await answer.read())


async def handle(session: aiohttp.ClientSession, gateway: RunningGateway, nhs_number: str | None) -> str:
    async with session.post(gateway.url + "/v1/people/trace", json={"nhs_number": nhs_number}) as answer:
        assert answer.status == 200
        found: str = (await answer.json())["person"]
        return found


@pytest.mark.parametrize("path", ASKED)
async def test_an_unknown_person_reads_like_one_who_allowed_nothing(
    gateway: RunningGateway, path: str
) -> None:
    headers = {"Authorization": f"Bearer {await gateway.token_for(path)}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        unconsented = await ask(
            session, gateway, path, await handle(session, gateway, somebody("two-sources").nhs_number)
        )
        protected = await ask(
            session, gateway, path, await handle(session, gateway, somebody("very-restricted").nhs_number)
        )
        unknown = await ask(session, gateway, path, await handle(session, gateway, NOBODY))
        never_given = await ask(session, gateway, path, NEVER_GIVEN)
    for other in (protected, unknown, never_given):
        assert other.status == unconsented.status == 200
        assert other.lasting() == unconsented.lasting()
        assert shape(other.view) == shape(unconsented.view)
        assert other.without_the_logs_place() == unconsented.without_the_logs_place()
    assert unconsented.view.get("sections", []) == []
    assert unconsented.view.get("answer", "not-confirmed") == "not-confirmed"
    for one in (unconsented, protected, unknown, never_given):
        receipt = one.view["receipt"]
        verified = verify_receipt(
            receipt["proof"], base64.b64decode(receipt["leaf"]), [Signer(ORIGIN, SEED).verifier_key]
        )
        assert verified.index == receipt["index"]


async def test_a_handle_is_alike_for_the_known_and_the_unknown_and_the_same_every_time(
    gateway: RunningGateway,
) -> None:
    headers = {"Authorization": f"Bearer {await gateway.triager()}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        known = await handle(session, gateway, somebody().nhs_number)
        assert known == await handle(session, gateway, somebody().nhs_number)
        unknown = await handle(session, gateway, NOBODY)
    assert known != unknown
    assert len(known) == len(unknown) == 67


def shape(value: Any) -> Any:
    """Names and types, without values."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__
