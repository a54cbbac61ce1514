"""The OPA server's engine without a server: which addresses it takes, and that any failure closes and tells nothing."""

from __future__ import annotations

import asyncio

import opa_client
import pytest

from core.errors import ClosedError
from gateway.policy.server import OpaAddressError, OpaServer
from tests.unit.gateway.policy.world import situations

QUESTION = situations()[0].question


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://127.0.0.1:8181", "http://127.0.0.1:8181/v1"),
        ("http://localhost:8181/", "http://localhost:8181/v1"),
        ("http://[::1]:8181", "http://[::1]:8181/v1"),
        ("http://127.0.0.1", "http://127.0.0.1:80/v1"),
        ("https://opa.norfolk.test", "https://opa.norfolk.test:443/v1"),
        ("https://opa.norfolk.test:8443", "https://opa.norfolk.test:8443/v1"),
    ],
)
async def test_an_address_is_asked_as_it_is_written(
    url: str, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def listening(client: opa_client.AsyncOpaClient, *_arguments: object) -> dict[str, object]:
        asked.append(client.root_url)
        return {}

    monkeypatch.setattr(opa_client.AsyncOpaClient, "query_rule", listening)
    async with OpaServer(url, "r", {}) as engine:
        with pytest.raises(ClosedError, match="undefined"):
            await engine.decide(QUESTION)
    assert asked == [root]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "opa:8181",
        "ftp://127.0.0.1",
        "http://",
        "http://127.0.0.1:no",
        "http://[::1",
        "http://127.0.0.1/v1",
        "http://127.0.0.1?x=1",
        "http://127.0.0.1#x",
        "https://user:secret@opa.norfolk.test",
    ],
)
def test_an_address_of_another_shape_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(OpaAddressError, match="https://host:port") as caught:
        OpaServer(url, "r", {})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://opa.norfolk.test:8181", "http://10.0.0.7", "http://127.0.0.1.evil.test"]
)
def test_another_machine_is_not_asked_in_the_clear(url: str) -> None:
    """Whoever stands between could answer in the server's stead, and so decide."""
    with pytest.raises(OpaAddressError, match="https only"):
        OpaServer(url, "r", {})


@pytest.mark.parametrize("error", [ValueError, RecursionError, KeyError, OSError])
async def test_any_failure_closes_and_tells_nothing_of_the_question(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_arguments: object) -> object:
        raise error(QUESTION.asker.organisation)

    monkeypatch.setattr(opa_client.AsyncOpaClient, "query_rule", failing)
    async with OpaServer("http://127.0.0.1:1", "r", {}) as engine:
        with pytest.raises(ClosedError) as caught:
            await engine.decide(QUESTION)
    assert (caught.value.part, caught.value.reason) == ("policy engine", f"no decision: {error.__name__}")
    assert caught.value.__suppress_context__


async def test_a_caller_that_goes_away_is_not_told_that_the_engine_is_in_doubt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = asyncio.Event()

    async def waiting(*_arguments: object) -> object:
        started.set()
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(opa_client.AsyncOpaClient, "query_rule", waiting)
    async with OpaServer("http://127.0.0.1:1", "r", {}, deadline=60) as engine:
        task = asyncio.create_task(engine.decide(QUESTION))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_two_first_questions_at_once_open_one_session(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    real = opa_client.AsyncOpaClient.__aenter__

    async def opening(client: opa_client.AsyncOpaClient) -> object:
        opened.append(1)
        return await real(client)

    async def answering(*_arguments: object) -> object:
        return {}

    monkeypatch.setattr(opa_client.AsyncOpaClient, "__aenter__", opening)
    monkeypatch.setattr(opa_client.AsyncOpaClient, "query_rule", answering)
    async with OpaServer("http://127.0.0.1:1", "r", {}) as engine:
        answers = await asyncio.gather(
            engine.decide(QUESTION), engine.decide(QUESTION), return_exceptions=True
        )
    assert [type(answer) for answer in answers] == [ClosedError, ClosedError]
    assert opened == [1]
