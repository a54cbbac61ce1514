from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.limits import Limits, RequestLimits
from gateway.web.requests import HEADER_BYTES_MAXIMUM, HEADERS_MAXIMUM, Refusal
from tests.unit.gateway.web.asgi import Reply, Sender, ask, scope_of

MAXIMUM = 100
LIMITS = Limits(hosts=("gateway.test", "127.0.0.1:8800", "[::1]:8800"), body_maximum=MAXIMUM)


def refuse(_scope: Scope, refusal: Refusal) -> ASGIApp:
    return PlainTextResponse(f"{refusal.code} {refusal.detail}", refusal.status)


class Echo:
    """An application that reads its whole body and answers with it; knows whether it was reached."""

    def __init__(self) -> None:
        self.reached = False
        self.after: Message = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached = True
        body = await Request(scope, receive).body()
        self.after = await receive()
        await Response(b"read:" + body)(scope, receive, send)


async def send(
    method: str = "GET",
    target: str = "/v1/views",
    headers: Iterable[tuple[str, str]] = (),
    sender: Sender | None = None,
    *,
    host: str | None = "gateway.test",
    limits: Limits = LIMITS,
) -> tuple[Reply, Echo]:
    app = Echo()
    reply = await ask(
        RequestLimits(app, limits, refuse), scope_of(method, target, headers, host=host), sender
    )
    return reply, app


async def refused(status: int, code: str, *args: object, **kwargs: object) -> Reply:
    reply, app = await send(*args, **kwargs)  # type: ignore[arg-type]
    assert (reply.status, reply.text.partition(" ")[0]) == (status, code)
    assert not app.reached
    return reply


def length(size: int) -> list[tuple[str, str]]:
    return [("Content-Length", str(size))]


CHUNKED = [("Transfer-Encoding", "chunked")]


async def test_a_request_within_bounds_arrives_as_it_was_sent() -> None:
    reply, app = await send("POST", headers=length(5), sender=Sender([b"hello"]))
    assert (reply.status, reply.body) == (200, b"read:hello")
    assert app.after == {"type": "http.disconnect"}
    assert reply.every("connection") == []


async def test_a_request_without_a_body_is_not_waited_for() -> None:
    sender = Sender([b""])
    reply, _ = await send(sender=sender)
    assert reply.body == b"read:"


async def test_a_body_of_exactly_the_bound_is_read_in_however_many_pieces() -> None:
    whole = b"x" * MAXIMUM
    for pieces in ([whole], [whole[:60], whole[60:]], [whole[:1]] * MAXIMUM, [whole, b""]):
        reply, _ = await send("POST", headers=CHUNKED, sender=Sender(pieces))
        assert reply.body == b"read:" + whole


async def test_a_body_announced_as_too_large_is_refused_before_it_is_read() -> None:
    sender = Sender([b"x" * MAXIMUM, b"x"])
    reply = await refused(413, "body-too-large", "POST", headers=length(MAXIMUM + 1), sender=sender)
    assert sender.asked == 0
    assert reply.header("connection") == "close"
    await refused(413, "body-too-large", "POST", headers=length(10_000_000_000))


async def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_does() -> None:
    sender = Sender([b"x" * 60] * 1000)
    reply = await refused(413, "body-too-large", "POST", headers=CHUNKED, sender=sender)
    assert sender.asked == 2
    assert reply.header("connection") == "close"


async def test_a_body_larger_than_announced_is_refused_too() -> None:
    await refused(413, "body-too-large", "POST", headers=length(5), sender=Sender([b"x" * 60, b"x" * 60]))


@pytest.mark.parametrize("value", ["-1", "1e3", "0x10", "", "5, 5", "1" * 13, "٣".encode().decode("latin-1")])
async def test_a_length_that_is_none_is_refused(value: str) -> None:
    await refused(400, "malformed-length", "POST", headers=[("Content-Length", value)], sender=Sender([b"x"]))


async def test_two_lengths_are_refused() -> None:
    await refused(400, "malformed-length", "POST", headers=length(1) + length(1), sender=Sender([b"x"]))


async def test_a_sender_that_hangs_up_halfway_is_not_answered_and_nothing_acts_on_the_half() -> None:
    reply, app = await send("POST", headers=length(90), sender=Sender([b"x" * 10, b""], hangs_up=True))
    assert reply.status == 0
    assert not app.reached


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    app = Echo()
    limits = Limits(hosts=LIMITS.hosts, body_seconds=0.0)
    await RequestLimits(app, limits, refuse)(scope_of("POST", "/v1/views", length(5)), never, keep)
    assert sent[0]["status"] == 408
    assert not app.reached


@pytest.mark.parametrize(
    "target",
    [
        "//v1/views", "/v1//views", "/v1/views//", "/v1%2fviews", "/v1%2Fviews", "/v1%5cviews", "/v1\\views",
        "/v1/../views", "/v1/./views", "/v1/..", "/v1/%2e%2e/views", "/v1/%2E/views", "/v1/%00", "/v1/%0d%0aX",
        "/v1/%7f", "/v1/%252fviews", "/v1/%", "/v1/%zz", "/v1/%4", "http://evil.example/v1", "*",
    ],
)  # fmt: skip
async def test_a_path_with_more_than_one_meaning_is_refused(target: str) -> None:
    await refused(400, "malformed-path", "GET", target)


@pytest.mark.parametrize(
    "target", ["/", "/v1/views", "/.well-known/jwks.json", "/a..b", "/v1/x.y", "/v1/%C5%82", "/portal/"]
)
async def test_an_ordinary_path_passes(target: str) -> None:
    reply, _ = await send("GET", target)
    assert reply.status == 200


@pytest.mark.parametrize(
    "query",
    [
        "access_token=x",
        "a=1&access_token=x",
        "access%5Ftoken=x",
        "ACCESS_TOKEN=x",
        "access_token",
        "id_token=x",
    ],
)
async def test_a_token_in_the_address_is_refused_even_beside_a_good_header(query: str) -> None:
    reply = await refused(
        400, "token-in-address", "GET", f"/v1/purposes?{query}", [("Authorization", "Bearer good")]
    )
    assert "x" not in reply.text.split()


@pytest.mark.parametrize("query", ["a" * 8193, "&".join(f"a{n}=1" for n in range(101))])
async def test_a_query_without_end_is_refused(query: str) -> None:
    await refused(400, "malformed-query", "GET", f"/v1/purposes?{query}")


async def test_other_queries_pass() -> None:
    reply, _ = await send("GET", "/console/search?text=token&before=12&x=%ff")
    assert reply.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example\\@gateway.test",
        "gateway.test, evil.example",
        "user@gateway.test",
        "gateway.test:",
        "a b",
        "[::1",
    ],
)
async def test_a_malformed_host_is_refused(host: str) -> None:
    await refused(400, "malformed-host", host=host)


async def test_a_missing_or_second_host_is_refused() -> None:
    await refused(400, "malformed-host", host=None)
    await refused(400, "malformed-host", headers=[("Host", "gateway.test")])


@pytest.mark.parametrize(
    "host", ["evil.example", "gateway.test:81", "127.0.0.1", "gateway.test.evil.example"]
)
async def test_a_host_that_is_not_ours_is_refused(host: str) -> None:
    reply = await refused(421, "unknown-host", host=host)
    assert host not in reply.text


@pytest.mark.parametrize("host", ["gateway.test", "GATEWAY.test", "127.0.0.1:8800", "[::1]:8800"])
async def test_our_own_hosts_are_served(host: str) -> None:
    reply, _ = await send(host=host)
    assert reply.status == 200


async def test_a_probe_may_call_us_by_our_address_but_not_by_nonsense() -> None:
    reply, _ = await send("GET", "/healthz", host="10.0.0.7:8800")
    assert reply.status == 200
    await refused(400, "malformed-host", "GET", "/healthz", host="a b")


async def test_headers_without_end_are_refused() -> None:
    await refused(431, "headers-too-large", headers=[("X-A", "a" * HEADER_BYTES_MAXIMUM)])
    await refused(431, "headers-too-large", headers=[("X-A", "a")] * (HEADERS_MAXIMUM + 1))


async def test_two_authorization_headers_are_left_to_the_token_verifier() -> None:
    reply, app = await send(headers=[("Authorization", "Bearer a"), ("Authorization", "Bearer b")])
    assert reply.status == 200
    assert app.reached


async def test_a_server_that_tells_no_raw_path_is_served_by_the_decoded_one() -> None:
    scope = scope_of("GET", "/v1/views")
    del scope["raw_path"]
    assert (await ask(RequestLimits(Echo(), LIMITS, refuse), scope)).status == 200
    scope = scope_of("GET", "/v1//views")
    scope["raw_path"] = None
    assert (await ask(RequestLimits(Echo(), LIMITS, refuse), scope)).status == 400


async def test_what_is_no_http_request_passes_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def keep(_message: Message) -> None:
        raise AssertionError("nothing is sent")

    await RequestLimits(app, LIMITS, refuse)({"type": "lifespan"}, receive, keep)
    assert seen == ["lifespan"]
