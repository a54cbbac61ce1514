"""Promise 5 with the policy engine by a server: down, slow, or answering anything but its decision, it discloses nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from opapywasm import OpaWasmPolicy, PolicyConfig

from core.sections import policies_folder
from gateway.policy.answer import to_decision
from gateway.policy.compile import concerned, policy_data, revision_of, with_revision
from gateway.policy.port import Decision
from gateway.policy.server import OpaServer
from gateway.policy.wasm import ENTRYPOINT
from gateway.views.pipeline import Parts
from tests.promises.test_promise_5_policy_engine import (
    DIGEST,
    OLDER,
    WRONG_TYPES,
    LastKnown,
    data_of,
    nothing_is_disclosed,
)
from tests.support.walk import Walk, registers

Json = object


@dataclass
class FakeOpa:
    """A policy server on loopback that really decides, until it is told to do something else instead."""

    policy: OpaWasmPolicy
    runner: web.AppRunner | None = None
    delay: float = 0.0
    changed: Callable[[Mapping[str, Json]], Json] = field(default=lambda decision: {"result": decision})

    async def answer(self, request: web.Request) -> web.Response:
        asked = (await request.json())["input"]
        await asyncio.sleep(self.delay)
        decision = self.policy.evaluate(json.dumps(asked))
        assert isinstance(decision, dict)
        return web.json_response(self.changed(decision))

    async def start(self) -> str:
        app = web.Application()
        app.router.add_post("/v1/data/oncetold/decide/decision", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        host, port = self.runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()


@pytest.fixture(scope="module")
def policy() -> OpaWasmPolicy:
    wasm = (policies_folder() / "policy.wasm").read_bytes()
    opened = OpaWasmPolicy.from_wasm_bytes(wasm, PolicyConfig(pool_size=1, default_entrypoint=ENTRYPOINT))
    opened.set_data(data_of(registers(), DIGEST))
    return opened


@asynccontextmanager
async def served(
    way: Walk, policy: OpaWasmPolicy, deadline: float = 5.0
) -> AsyncIterator[tuple[FakeOpa, Parts]]:
    """A policy server, and the way of a request with it in charge."""
    opa = FakeOpa(policy)
    url = await opa.start()
    revision = revision_of(with_revision(policy_data(registers()), DIGEST))
    try:
        async with OpaServer(url, revision, concerned(registers()), deadline=deadline) as engine:
            with way.home.database.write() as tx:
                way.home.authority.put(tx, revision)
            yield opa, way.deciding(engine)
    finally:
        await opa.stop()


def answers(value: Json) -> Callable[[FakeOpa], object]:
    return lambda opa: setattr(opa, "changed", lambda _: value)


def older(decision: Mapping[str, Json]) -> Json:
    return {"result": {**decision, "revision": OLDER}}


FAULTS: dict[str, Callable[[FakeOpa], object]] = {
    "undefined": answers({}),
    "no-object": answers([]),
    "an-older-revision": lambda opa: setattr(opa, "changed", older),
    **{f"wrong-type-{name}": answers({"result": value}) for name, value in WRONG_TYPES.items()},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_promise_5_closed_by_default_when_the_policy_server_answers(
    way: Walk, policy: OpaWasmPolicy, fault: str
) -> None:
    await way.allow()
    async with served(way, policy) as (opa, parts):
        assert (await way.ask(parts=parts)).sections
        FAULTS[fault](opa)
        await nothing_is_disclosed(way, parts)


async def test_promise_5_closed_by_default_when_the_policy_server_is_down(
    way: Walk, policy: OpaWasmPolicy
) -> None:
    await way.allow()
    async with served(way, policy) as (opa, parts):
        assert (await way.ask(parts=parts)).sections
        await opa.stop()
        await nothing_is_disclosed(way, parts)


async def test_promise_5_closed_by_default_when_the_policy_server_is_beyond_its_deadline(
    way: Walk, policy: OpaWasmPolicy
) -> None:
    await way.allow()
    async with served(way, policy, deadline=0.1) as (opa, parts):
        opa.delay = 30.0
        await nothing_is_disclosed(way, parts)


# Without the protection


@pytest.mark.parametrize("fault", [*FAULTS, "down"])
async def test_without_closing_the_servers_last_decision_would_go_on(
    way: Walk, policy: OpaWasmPolicy, fault: str
) -> None:
    await way.allow()
    async with served(way, policy) as (opa, parts):
        going_on = way.deciding(LastKnown(parts.policy.current.engine, {}), parts=parts)
        assert (await way.ask(parts=going_on)).sections
        if fault == "down":
            await opa.stop()
        else:
            FAULTS[fault](opa)
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, going_on)


async def test_without_a_look_at_its_revision_a_server_with_an_older_policy_would_decide(
    way: Walk, policy: OpaWasmPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believes(answer: object, _: str) -> Decision:
        assert isinstance(answer, dict)
        return to_decision(answer, str(answer["revision"]))

    monkeypatch.setattr("gateway.policy.server.to_decision", believes)
    await way.allow()
    async with served(way, policy) as (opa, parts):
        opa.changed = older
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)


async def test_without_its_deadline_a_slow_server_would_be_waited_for(
    way: Walk, policy: OpaWasmPolicy
) -> None:
    await way.allow()
    async with served(way, policy, deadline=30.0) as (opa, parts):
        opa.delay = 0.2
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)
