"""GET /v1/organisations says which organisation takes referrals of the caller's own, and for what; nothing about anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import orjson
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from core.errors import OnceToldError
from gateway.api.publishing import contract
from gateway.api.registers import RegisterParts, build_router
from gateway.authority import Suspended
from gateway.edge import Edge
from gateway.envelope import Envelope
from tests.support.adapter_kit import SCHEMAS
from tests.support.clock import FakeClock
from tests.support.referring import PURPOSE, RECEIVER, SENDER, Refers, refers
from tests.support.walk import registers, walk
from tests.unit.gateway.web.asgi import ask, scope_of

Listed = Mapping[str, dict[str, object]]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Refers]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield refers(way)


def app_over(desk: Refers) -> Envelope:
    app = FastAPI()
    app.include_router(build_router(lambda: RegisterParts(registers(), SCHEMAS), lambda: desk.parts))
    edge = Edge(desk.parts.verifier, desk.way.home.committer, desk.way.home.keys)

    async def ours(request: Request, error: Exception) -> Response:
        return await edge.answer(request, error)

    app.add_exception_handler(OnceToldError, ours)
    return Envelope(app)


async def listed(app: Envelope, who: str | None) -> Listed:
    given = [] if who is None else [("authorization", who)]
    reply = await ask(app, scope_of("GET", "/v1/organisations", given))
    assert reply.status == 200, reply.body
    found = cast("list[dict[str, object]]", orjson.loads(reply.body))
    return {str(one["organisation"]): one for one in found}


def takes(found: Listed, organisation: str) -> list[str]:
    return cast("list[str]", found[organisation]["takes_referrals_for"])


async def test_everybody_reads_who_has_the_duty_to_refer_and_nobody_else_s_agreements(desk: Refers) -> None:
    found = await listed(app_over(desk), None)
    assert {name for name, one in found.items() if one["specified_authority"]} == {
        one.id for one in registers().organisations.values() if one.specified_authority and not one.hidden
    }
    assert found["norwich-acute-hospital"]["specified_authority"] is True
    assert found[SENDER]["specified_authority"] is False
    assert all("takes_referrals_for" not in one for one in found.values())


@pytest.mark.parametrize("who", ["sender", "hospital", "housing", "other-app", "receiver-unscoped"])
async def test_what_is_said_to_be_taken_is_what_a_referral_is_held_to(desk: Refers, who: str) -> None:
    found = await listed(app_over(desk), who)
    sends = who.removesuffix("-app").removesuffix("-unscoped")
    for to in (RECEIVER, "norwich-city-council", "age-well-norfolk"):
        for purpose in ("agreed-referral", "duty-to-refer", "income-debt-advice", "break-glass-emergency"):
            sent = await desk.send(sends, to=to, purpose=purpose, sharing={"sections": []}, person=...)
            assert (sent.status == 201) is (purpose in takes(found, to)), (to, purpose, sent.document)


async def test_only_a_specified_authority_reads_that_it_may_refer_by_the_duty(desk: Refers) -> None:
    app = app_over(desk)
    takers = {name for name, one in (await listed(app, "hospital")).items() if "duty-to-refer" in str(one)}
    assert "norwich-city-council" in takers
    assert not [name for name, one in (await listed(app, "sender")).items() if "duty-to-refer" in str(one)]


async def test_an_agreement_that_is_suspended_or_over_is_said_no_more(desk: Refers) -> None:
    app = app_over(desk)
    assert PURPOSE in takes(await listed(app, "sender"), RECEIVER)
    assert await listed(app, "sender") == await listed(app, "sender")
    home, clock = desk.way.home, desk.way.home.clock
    with home.database.write() as tx:
        home.authority.suspend(tx, Suspended(PURPOSE, SENDER, "a breach", clock.now()))
    assert PURPOSE not in takes(await listed(app, "sender"), RECEIVER)
    assert isinstance(clock, FakeClock)
    clock.advance(timedelta(days=3650).total_seconds())
    assert takes(await listed(app, "sender"), RECEIVER) == []


async def test_a_token_that_is_none_is_refused_and_one_in_the_address_too(desk: Refers) -> None:
    app = app_over(desk)
    for target, given in (
        ("/v1/organisations", [("authorization", "nobody-at-all")]),
        ("/v1/organisations?access_token=x", [("authorization", "sender")]),
    ):
        reply = await ask(app, scope_of("GET", target, given))
        assert reply.status in {400, 401}
        assert b"takes_referrals_for" not in reply.body


def test_the_contract_says_that_a_token_is_welcome_and_not_needed() -> None:
    operation = contract()["paths"]["/v1/organisations"]["get"]
    assert operation["security"] == [{}, {"agency": []}]
    assert {"200", "401", "503"} <= operation["responses"].keys()
