from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import envelope
from gateway.envelope import Envelope, Failures, discard_body
from tests.unit.gateway.web.asgi import Sender, ask, scope_of


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    text = f"{scope['method']} {Request(scope).state.correlation_id}"
    await PlainTextResponse(text)(scope, receive, send)


async def test_an_answer_names_its_request_as_the_application_knows_it() -> None:
    reply = await ask(Envelope(echo), scope_of("GET", "/"))
    assert reply.text == f"GET {reply.header('correlation-id')}"


async def test_a_senders_own_name_for_a_request_is_not_taken_over() -> None:
    reply = await ask(Envelope(echo), scope_of("GET", "/", [("correlation-id", "mine")]))
    assert reply.header("correlation-id").startswith("req_")


async def test_head_is_answered_as_get_without_the_body() -> None:
    reply = await ask(Envelope(echo), scope_of("HEAD", "/"))
    assert (reply.status, reply.body) == (200, b"")
    assert int(reply.header("content-length")) == len("GET " + reply.header("correlation-id"))


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_what_is_no_request_passes_untouched(kind: str) -> None:
    seen: list[Scope] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)
        raise ValueError(kind)

    scope: Scope = {"type": kind}
    for around in (Envelope(inner), Failures(inner, answering("x"))):
        with pytest.raises(ValueError, match=kind):
            await around(scope, Sender([]), nowhere)
    assert seen == [scope, scope]


async def nowhere(_: Message) -> None:
    return None


def answering(text: str) -> envelope.Answer:
    async def answer(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{text} {type(error).__name__}", 500)

    return answer


async def test_what_nobody_expected_is_answered_in_our_words() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("secret")

    reply = await ask(Failures(failing, answering("sorry")), scope_of("GET", "/"))
    assert (reply.status, reply.text) == (500, "sorry KeyError")


async def test_an_answer_that_has_begun_is_not_followed_by_another() -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("secret")

    reply = await ask(Failures(failing, answering("sorry")), scope_of("GET", "/"))
    assert (reply.status, reply.body) == (200, b"")


async def test_what_goes_well_is_left_alone() -> None:
    app: ASGIApp = Failures(Envelope(echo), answering("sorry"))
    assert (await ask(app, scope_of("GET", "/"))).status == 200


async def discarded(pieces: Iterable[bytes], *, hangs_up: bool = False, expect: bool = False) -> int:
    """How many pieces were taken from a sender."""
    sender = Sender(list(pieces), hangs_up=hangs_up)
    headers = [("expect", "100-continue")] if expect else []
    await discard_body(scope_of("POST", "/", headers), sender)
    return sender.asked


async def test_a_refused_body_is_let_through_to_its_end() -> None:
    assert await discarded([b"x" * 65_536] * 20) == 20


async def test_whoever_hangs_up_or_waits_for_us_is_not_waited_for() -> None:
    assert await discarded([b"x", b"x"], hangs_up=True) == 2
    assert await discarded([b"x"] * 5, expect=True) == 0


async def test_no_more_is_let_through_than_its_bound() -> None:
    piece = b"x" * (1024 * 1024)
    assert await discarded([piece] * 40) == envelope.DISCARDED_MAXIMUM // len(piece)


async def test_a_sender_who_dawdles_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "DISCARD_SECONDS", 0.01)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    await asyncio.wait_for(discard_body(scope_of("POST", "/"), never), 5)
