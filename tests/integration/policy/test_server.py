"""Decisions by a real OPA server: equal to those in process, and nothing at all on any doubt about the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from aiohttp import web

from core.errors import ClosedError
from gateway.policy.bundle import Bundle, open_registers, read_bundle
from gateway.policy.bundle_archive import DATA
from gateway.policy.compile import concerned
from gateway.policy.server import OpaServer
from gateway.policy.wasm import WasmEngine
from tests.support.bundles import KEYID, POLICIES, TRUSTED, Files, bundle_bytes, pem, signed_anew
from tests.support.opa import free_port, opa_server, running_opa
from tests.unit.gateway.policy.world import situations

if TYPE_CHECKING:
    from tests.conftest import Parts

QUESTION = situations()[0].question
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(bundle_bytes(), TRUSTED)


@pytest.fixture(scope="module")
def by_party(bundle: Bundle) -> dict[tuple[str, str], frozenset[str]]:
    return concerned(open_registers(bundle, POLICIES / "schemas"))


@pytest.fixture(scope="module")
def opa_url(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with _running(parts.opa, tmp_path_factory.mktemp("opa"), bundle_bytes()) as url:
        yield url


def _running(opa: Path, folder: Path, packed: bytes) -> AbstractContextManager[str]:
    (folder / "bundle.tar.gz").write_bytes(packed)
    (folder / "key.pem").write_bytes(pem())
    return running_opa(opa, folder / "bundle.tar.gz", folder / "key.pem", KEYID)


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """A server in OPA's stead."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


async def doubt(url: str, revision: str = "r", deadline: float = 10.0) -> str:
    """What the engine says when it refuses to decide; it must not decide."""
    async with OpaServer(url, revision, {}, deadline=deadline) as engine:
        with pytest.raises(ClosedError) as caught:
            await engine.decide(QUESTION)
    assert caught.value.part == "policy engine"
    assert QUESTION.asker.organisation not in str(caught.value)
    return caught.value.reason


async def test_the_server_decides_every_situation_as_the_engine_in_process_does(
    opa_url: str, bundle: Bundle, by_party: dict[tuple[str, str], frozenset[str]]
) -> None:
    answers = set()
    with WasmEngine(bundle.wasm, bundle.data, by_party) as in_process:
        async with OpaServer(opa_url, bundle.revision, by_party, deadline=30) as server:
            assert server.revision == in_process.revision
            for situation in situations():
                expected = await in_process.decide(situation.question)
                assert await server.decide(situation.question) == expected, situation.name
                answers.add(repr(expected))
    assert len(answers) > 10


async def test_many_questions_share_a_few_connections(
    opa_url: str, bundle: Bundle, by_party: dict[tuple[str, str], frozenset[str]]
) -> None:
    async with OpaServer(opa_url, bundle.revision, by_party, deadline=30) as server:
        together = await asyncio.gather(*(server.decide(QUESTION) for _ in range(20)))
    assert len(set(map(repr, together))) == 1


async def test_a_connection_is_kept_for_the_next_question() -> None:
    peers: list[object] = []

    async def counting(request: web.Request) -> web.Response:
        peers.append(request.transport and request.transport.get_extra_info("peername"))
        return web.json_response({})

    async with answering(counting) as url, OpaServer(url, "r", {}, deadline=10) as engine:
        for _ in range(3):
            with pytest.raises(ClosedError):
                await engine.decide(QUESTION)
    assert len(peers) == 3
    assert len(set(peers)) == 1


async def test_a_server_with_an_older_bundle_discloses_nothing(
    parts: Parts, tmp_path: Path, bundle: Bundle, by_party: dict[tuple[str, str], frozenset[str]]
) -> None:
    def older(files: Files) -> None:
        data = orjson.loads(files[DATA])
        data["registers"]["revision"] = "0" * 64
        files[DATA] = orjson.dumps(data, option=orjson.OPT_SORT_KEYS)

    with _running(parts.opa, tmp_path, signed_anew(bundle_bytes(), older)) as url:
        async with OpaServer(url, bundle.revision, by_party, deadline=30) as engine:
            with pytest.raises(ClosedError, match="another revision"):
                await engine.decide(QUESTION)
        async with OpaServer(url, "0" * 64, by_party, deadline=30) as engine:
            assert (await engine.decide(QUESTION)).revision == "0" * 64


async def test_a_server_without_a_bundle_discloses_nothing(parts: Parts) -> None:
    with opa_server(parts.opa) as url:
        assert "undefined" in await doubt(url)


async def test_a_server_that_was_stopped_discloses_nothing(
    parts: Parts, tmp_path: Path, bundle: Bundle, by_party: dict[tuple[str, str], frozenset[str]]
) -> None:
    with _running(parts.opa, tmp_path, bundle_bytes()) as url:
        engine = OpaServer(url, bundle.revision, by_party, deadline=10)
        await engine.decide(QUESTION)
    with pytest.raises(ClosedError, match="no decision"):
        await engine.decide(QUESTION)
    await engine.aclose()


async def test_a_server_that_was_restarted_is_asked_once_more(
    parts: Parts, tmp_path: Path, bundle: Bundle, by_party: dict[tuple[str, str], frozenset[str]]
) -> None:
    calls = []

    async def dropping(request: web.Request) -> web.StreamResponse:
        calls.append(1)
        if len(calls) == 1 and request.transport:
            request.transport.close()
        return web.json_response({})

    async with answering(dropping) as url:
        assert "undefined" in await doubt(url)
    assert len(calls) == 2


async def test_where_nobody_listens_nothing_is_disclosed() -> None:
    assert "ClientConnectorError" in await doubt(f"http://127.0.0.1:{free_port()}")


async def test_a_server_beyond_its_deadline_discloses_nothing() -> None:
    waiting = asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        await waiting.wait()
        return web.json_response({"result": {}})

    async with answering(slow) as url:
        assert await doubt(url, deadline=0.2) == "no decision in time"
        waiting.set()


async def test_an_answer_that_drips_is_cut_off_at_the_deadline() -> None:
    async def dripping(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while True:
            await answer.write(b" ")
            await asyncio.sleep(0.01)

    async with answering(dripping) as url:
        assert await doubt(url, deadline=0.2) == "no decision in time"


ANSWERS = {
    "undefined": (b"{}", 200, "undefined"),
    "a list": (b"[]", 200, "undefined"),
    "null": (b'{"result": null}', 200, "no object"),
    "true": (b'{"result": true}', 200, "no object"),
    "a text": (b'{"result": "yes"}', 200, "no object"),
    "empty": (b'{"result": {}}', 200, "missing or unknown keys"),
    "no JSON": (b"<html>", 200, "JSONDecodeError"),
    "a server error": (b'{"result": {}}', 500, "ClientResponseError"),
    "unauthorised": (b'{"result": {}}', 401, "ClientResponseError"),
    "not found": (b'{"result": {}}', 404, "ClientResponseError"),
}


@pytest.mark.parametrize("what", ANSWERS)
async def test_an_answer_that_is_no_decision_discloses_nothing(what: str) -> None:
    body, status, told = ANSWERS[what]

    async def wrong(_request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type="application/json")

    async with answering(wrong) as url:
        assert told in await doubt(url)


async def test_a_redirect_takes_no_question_elsewhere() -> None:
    asked_elsewhere = []

    async def elsewhere(request: web.Request) -> web.Response:
        asked_elsewhere.append(await request.read())
        return web.json_response({"result": {}})

    async with answering(elsewhere) as other:

        async def redirecting(_request: web.Request) -> web.Response:
            raise web.HTTPTemporaryRedirect(other)

        async with answering(redirecting) as url:
            assert "ContentTypeError" in await doubt(url)
    assert asked_elsewhere == []


async def test_the_token_is_sent_and_only_agreements_of_the_asker_are() -> None:
    received: list[tuple[str, dict[str, object]]] = []

    async def listening(request: web.Request) -> web.Response:
        received.append((request.headers["Authorization"], json.loads(await request.read())))
        assert request.path == "/v1/data/oncetold/decide/decision"
        return web.json_response({})

    ours = {(QUESTION.asker.organisation, QUESTION.purpose): frozenset(sorted(QUESTION.agreements)[:1])}
    async with answering(listening) as url, OpaServer(url, "r", ours, token="t0k3n", deadline=10) as engine:
        with pytest.raises(ClosedError):
            await engine.decide(QUESTION)
    ((token, body),) = received
    assert token == "Bearer t0k3n"
    assert body.keys() == {"input"}
    assert isinstance(body["input"], dict)
    assert body["input"]["agreements"] == sorted(QUESTION.agreements)[:1]


async def test_a_closed_engine_decides_nothing() -> None:
    engine = OpaServer(f"http://127.0.0.1:{free_port()}", "r", {})
    await engine.aclose()
    with pytest.raises(ClosedError, match="closed"):
        await engine.decide(QUESTION)
