from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from audit.merkle import Frontier
from audit.note import Signer
from audit.store import Head, LogStore
from audit.tiles import decode_bundle
from core.errors import ClosedError, OnceToldError
from gateway.api.operations import OperationParts, build_routers
from gateway.problems import NotFoundError, problem_of
from tests.support.clock import FakeClock
from tests.unit.gateway.web.asgi import Reply, ask, scope_of

LEAVES = [bytes([number]) * 41 for number in range(3)]
SIGNER = Signer("oncetold.test/log", bytes(32))


@dataclass
class FakeStore:
    """A log of three leaves."""

    begun: bool = True
    tiles: dict[tuple[int, int], bytes] = field(default_factory=lambda: {(0, 0): b"h" * 96})

    def head(self) -> Head | None:
        return Head(Frontier(0, ()), "checkpoint\n", 0) if self.begun else None

    def tile(self, level: int, n: int) -> bytes | None:
        return self.tiles.get((level, n))

    def leaves(self, first: int, count: int) -> list[bytes]:
        return LEAVES[first : first + count]


@dataclass
class House:
    store: FakeStore = field(default_factory=FakeStore)
    clock: FakeClock = field(default_factory=FakeClock)
    doubt: ClosedError | None = None
    alert: str | None = None

    def ready(self) -> None:
        if self.doubt is not None:
            raise self.doubt

    async def get(self, path: str) -> Reply:
        parts = OperationParts(
            store=cast("LogStore", self.store),
            log_key=SIGNER.verifier_key,
            clock=self.clock,
            ready=self.ready,
            public_url="https://gateway.test",
            issuers=("https://sign-in.test",),
            policy_alert=lambda: self.alert,
        )
        app = FastAPI()
        for router in build_routers(lambda: parts):
            app.include_router(router)

        async def told(_: Request, error: Exception) -> Response:
            ours = error if isinstance(error, OnceToldError) else NotFoundError()
            return problem_of(ours).response("req_1")

        app.add_exception_handler(OnceToldError, told)
        app.add_exception_handler(RequestValidationError, told)
        return await ask(app, scope_of("GET", path))

    async def json(self, path: str) -> Any:
        return json.loads((await self.get(path)).body)


async def test_the_process_is_alive_whatever_is_in_doubt() -> None:
    assert await House(doubt=ClosedError("key store", "gone")).json("/healthz") == {"status": "ok"}


async def test_it_is_ready_while_nothing_is_in_doubt() -> None:
    assert await House().json("/readyz") == {"status": "ready"}


async def test_a_refused_bundle_is_told_while_the_one_before_it_goes_on() -> None:
    assert (await House(alert="altered").get("/readyz")).status == 200
    assert await House(alert="altered").json("/readyz") == {"status": "ready", "policy_alert": "altered"}
    closed = House(alert="older", doubt=ClosedError("policy", "another"))
    assert await closed.json("/readyz") == {"status": "closed", "part": "policy", "policy_alert": "older"}


@pytest.mark.parametrize(
    ("house", "part"),
    [
        (House(doubt=ClosedError("key store", "secret reason")), "key store"),
        (House(clock=FakeClock(sound=False)), "clock"),
    ],
)
async def test_a_doubt_is_named_without_its_reason(house: House, part: str) -> None:
    reply = await house.get("/readyz")
    assert reply.status == 503
    assert json.loads(reply.body) == {"status": "closed", "part": part}


async def test_the_checkpoint_is_given_as_it_was_signed() -> None:
    reply = await House().get("/log/checkpoint")
    assert (reply.text, reply.header("content-type")) == ("checkpoint\n", "text/plain; charset=utf-8")


async def test_a_log_that_has_not_begun_is_a_doubt() -> None:
    reply = await House(store=FakeStore(begun=False)).get("/log/checkpoint")
    assert (reply.status, json.loads(reply.body)["type"]) == (503, "/docs/problems#closed")


async def test_the_logs_key_is_public() -> None:
    assert (await House().get("/log/key")).text == f"{SIGNER.verifier_key}\n"


async def test_leaves_come_in_bundles_of_the_width_that_the_path_says() -> None:
    reply = await House().get("/log/tile/entries/000.p/2")
    assert reply.header("content-type") == "application/octet-stream"
    assert decode_bundle(reply.body) == tuple(LEAVES[:2])


async def test_hashes_come_as_many_as_the_path_says() -> None:
    assert (await House().get("/log/tile/0/000.p/2")).body == b"h" * 64
    full = FakeStore(tiles={(0, 0): b"f" * 8192, (0, 1234): b"g" * 8192})
    assert (await House(full).get("/log/tile/0/000")).body == b"f" * 8192
    assert (await House(full).get("/log/tile/0/x001/234")).body == b"g" * 8192


@pytest.mark.parametrize(
    "path",
    [
        "0/000", "0/000.p/4", "0/001.p/1", "1/000.p/1", "entries/000", "entries/000.p/4", "entries/001.p/1",
        "64/000", "0/0", "0/1234", "0/000.p/256", "0/000.p/0", "0/x000/001", "leaf/000", "0/000/x", "",
        "entries/" + "x999/" * 6 + "999", "0/" + "x999/" * 20 + "999", "0/000.p/1%0A",
    ],
)  # fmt: skip
async def test_a_tile_that_is_not_there_yet_or_never_will_be_is_not_found(path: str) -> None:
    assert (await House().get(f"/log/tile/{path}")).status == 404


async def test_whoever_needs_a_token_is_told_where_to_get_one() -> None:
    assert await House().json("/.well-known/oauth-protected-resource") == {
        "resource": "https://gateway.test",
        "authorization_servers": ["https://sign-in.test"],
        "bearer_methods_supported": ["header"],
        "scopes_supported": [
            "views",
            "checks",
            "break-glass",
            "consents",
            "representatives",
            "pointers",
            "audit",
        ],
    }
