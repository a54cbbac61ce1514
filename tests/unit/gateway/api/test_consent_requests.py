"""/v1/consent-requests as a partner's application meets it: what is taken, what is refused, and what is done once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import orjson
import pytest

from audit.reader import LogReader, Query
from gateway.api.consent_requests import NOTICE
from gateway.problems import problem
from tests.promises.test_promise_4_requests import app_of
from tests.support.asking import PURPOSE, REASON, Asks, asks_over
from tests.support.clock import FakeClock
from tests.support.walk import walk
from tests.unit.gateway.web.asgi import Reply, Sender, ask, scope_of

TARGET = "/v1/consent-requests"
KEY = "5f1d0c2b-9e7a-46d3-8c01-b2f6d1a0c3e4"


@pytest.fixture
async def asks(tmp_path: Path) -> AsyncIterator[Asks]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield asks_over(way)


def body(asks: Asks, **changes: object) -> dict[str, object]:
    return {"person": asks.way.handle(), "purpose": PURPOSE, "reason": REASON, **changes}


async def send(
    asks: Asks, content: Mapping[str, object] | None = None, *keys: str, who: str = "triager"
) -> Reply:
    headers = [("authorization", who), ("content-type", "application/json")]
    headers += [("idempotency-key", key) for key in keys]
    sent = orjson.dumps(body(asks) if content is None else content)
    return await ask(app_of(asks), scope_of("POST", TARGET, headers), Sender([sent]))


async def get(asks: Asks, request_id: str, who: str = "triager") -> Reply:
    scope = scope_of("GET", f"{TARGET}/{request_id}", [("authorization", who)])
    return await ask(app_of(asks), scope, Sender([b""]))


def code(reply: Reply) -> str:
    return str(orjson.loads(reply.body).get("type", "")).rpartition("#")[2]


async def test_a_request_is_taken_and_asked_after_by_its_id(asks: Asks) -> None:
    reply = await send(asks)
    made = orjson.loads(reply.body)
    assert (reply.status, sorted(made)) == (202, ["expires", "id", "notice", "state"])
    assert (made["state"], made["notice"], made["expires"]) == (
        "waiting",
        NOTICE,
        "2026-12-21T10:00:00+00:00",
    )
    got = await get(asks, made["id"])
    assert (got.status, orjson.loads(got.body)) == (200, made)
    await asks.way.allow()
    assert orjson.loads((await get(asks, made["id"])).body)["state"] == "allowed"


async def test_anothers_request_and_what_is_no_id_are_not_found(asks: Asks) -> None:
    made = orjson.loads((await send(asks)).body)
    for reply in (await get(asks, made["id"], "prescriber"), await get(asks, "cr1." + "A" * 70)):
        assert (reply.status, code(reply)) == (404, "not-found")
    assert (await get(asks, "x")).status in {404, 422}


async def test_who_may_not_ask_is_told_by_the_token(asks: Asks) -> None:
    made = orjson.loads((await send(asks)).body)
    for reply in (await send(asks, who="landlord"), await get(asks, made["id"], "landlord")):
        assert (reply.status, code(reply)) == (403, "insufficient-scope")
    for reply in (await send(asks, who="nobody"), await get(asks, made["id"], "nobody")):
        assert reply.status == 401


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"days": 91}, 403, "asked-too-long"),
        ({"sections": ["offence-risk"]}, 403, "section-not-agreed"),
        ({"days": 0}, 422, "body-invalid"),
        ({"days": 3651}, 422, "body-invalid"),
        ({"days": "60"}, 422, "body-invalid"),
        ({"sections": []}, 422, "body-invalid"),
        ({"reason": "too short"}, 422, "body-invalid"),
        ({"reason": "x" * 201}, 422, "body-invalid"),
        ({"reason": "Please look at https://evil.example now"}, 422, "body-invalid"),
        ({"reason": "Please write to me@evil.example now"}, 422, "body-invalid"),
        ({"reason": "<b>We would like to help you</b>"}, 422, "body-invalid"),
        ({"reason": "We would like to \u202ehelp you now"}, 422, "body-invalid"),
        ({"reason": "We would like to\nhelp you now."}, 422, "body-invalid"),
        ({"until": "2027-01-01"}, 422, "body-invalid"),
        ({"person": "h1.x"}, 422, "body-invalid"),
    ],
)
async def test_what_does_not_fit_is_refused_and_nobody_is_asked(
    asks: Asks, changes: dict[str, object], status: int, said: str
) -> None:
    reply = await send(asks, body(asks, **changes))
    assert (reply.status, code(reply)) == (status, said)
    assert asks.waiting == ()


async def test_a_request_that_is_sent_twice_is_done_once(asks: Asks) -> None:
    first, second = await send(asks, None, KEY), await send(asks, None, KEY)
    assert first.body == second.body
    home = asks.way.home
    reader = LogReader(home.database, home.log.store, home.keys)
    asked = [one for one in reader.search(Query("norfolk-county-council")) if one.outcome == "requested"]
    assert len(asked) == 1
    reply = await send(asks, body(asks, days=30), KEY)
    assert (reply.status, code(reply)) == (422, "idempotency-key-reused")
    assert reply.body != first.body


@pytest.mark.parametrize("keys", [("short",), ("x" * 129,), ("with space in it",), (KEY, KEY), ("",)])
async def test_a_key_that_is_none_is_refused(asks: Asks, keys: tuple[str, ...]) -> None:
    reply = await send(asks, None, *keys)
    assert (reply.status, code(reply)) == (400, "malformed-idempotency-key")
    assert asks.waiting == ()


def test_each_refusal_of_its_own_has_a_page() -> None:
    for name in ("nothing-to-ask", "asked-too-long", "malformed-idempotency-key", "idempotency-key-reused"):
        assert problem(name).detail
