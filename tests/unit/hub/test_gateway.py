"""The one door to the gateway: what is sent, and what becomes of every kind of answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import orjson
import pytest

from hub import gateway as module
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import Demographics
from hub.tokens import Token

TOKEN = Token("secret-token", datetime(2030, 1, 1, tzinfo=UTC))


class _Content:
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def iter_any(self) -> AsyncIterator[bytes]:
        yield self._body


@dataclass
class _Answer:
    status: int
    body: bytes

    @property
    def content(self) -> _Content:
        return _Content(self.body)


@dataclass
class FakeHttp:
    """Answers every request alike; remembers them."""

    status: int = 200
    body: bytes = b"{}"
    error: Exception | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def request(self, method: str, url: str, **given: Any) -> AsyncIterator[_Answer]:
        self.asked.append({"method": method, "url": url, **given})
        if self.error is not None:
            raise self.error
        yield _Answer(self.status, self.body)


def at(http: FakeHttp) -> Gateway:
    return Gateway("https://gateway.test/", http)  # type: ignore[arg-type] # all that is used of a session


async def test_a_call_carries_its_token_in_the_header_and_follows_no_redirect() -> None:
    http = FakeHttp(body=b'{"person": "handle"}')
    assert await at(http).trace(TOKEN, "9990000018") == "handle"
    (asked,) = http.asked
    assert asked["headers"] == {"Authorization": "Bearer secret-token", "Content-Type": "application/json"}
    assert (asked["url"], asked["allow_redirects"]) == ("https://gateway.test/v1/people/trace", False)
    assert orjson.loads(asked["data"]) == {"nhs_number": "9990000018"}
    assert "secret-token" not in repr(TOKEN)


async def test_a_person_is_traced_by_demographics_too() -> None:
    http = FakeHttp(body=b'{"person": "handle"}')
    await at(http).trace(TOKEN, Demographics("Sandbox", "Mary", date(1952, 3, 27), "NR1 1AA"))
    assert orjson.loads(http.asked[0]["data"])["demographics"]["birth_date"] == "1952-03-27"


async def test_a_view_can_be_of_some_sections_and_says_nothing_in_its_repr() -> None:
    section = {
        "section": "tenancy",
        "source": "a",
        "as_of": "2026-11-20T10:00:00Z",
        "basis": {},
        "data": {"landlord": "Somebody"},
    }
    body = {"purpose": "p", "sections": [section], "unavailable": [], "notice": "n"}
    http = FakeHttp(body=orjson.dumps(body))
    view = await at(http).view(TOKEN, "handle", "p", "why", ["tenancy", "contact"])
    assert orjson.loads(http.asked[0]["data"])["sections"] == ["contact", "tenancy"]
    assert view.sections[0].data == {"landlord": "Somebody"}
    assert "Somebody" not in repr(view)
    assert "Somebody" not in repr(view.sections)


async def test_the_registers_and_the_directory_are_read() -> None:
    purpose = {
        "purpose": "p",
        "title": "t",
        "plain_words": "w",
        "legal_text": "l",
        "permission_rule": "none",
        "maximum_days": None,
        "sections": {"identity": ["name"]},
    }
    assert (await at(FakeHttp(body=orjson.dumps([purpose]))).purposes())[0].sections == {
        "identity": ("name",)
    }
    organisation = [{"organisation": "o", "title": "t", "kind": "council"}]
    assert (await at(FakeHttp(body=orjson.dumps(organisation))).organisations())[0].kind == "council"
    schema = [{"section": "s", "version": 1, "document": {"title": "S"}}]
    assert (await at(FakeHttp(body=orjson.dumps(schema))).sections())[0].document == {"title": "S"}
    service = {
        "id": "s1",
        "name": "Warm homes",
        "organisation": "Somebody",
        "organisation_id": None,
        "description": None,
        "needs": [{"code": "housing", "name": "Housing", "taxonomy": None}],
        "eligibility": {"minimum_age": 18, "maximum_age": None, "words": None},
        "places": {"areas": ["Norwich"], "sites": []},
        "contact": {"telephone": "01632 960000", "email": None},
        "url": None,
        "status": "active",
    }
    http = FakeHttp(body=orjson.dumps({"services": [service], "next": "s1"}))
    page = await at(http).services(
        TOKEN, words="warm", need="housing", place="NR1", eligible="70", after="s0"
    )
    assert (page.services[0].needs[0].code, page.next) == ("housing", "s1")
    assert http.asked[0]["params"] == {
        "q": "warm",
        "need": "housing",
        "place": "NR1",
        "eligible": "70",
        "after": "s0",
    }


async def test_what_a_person_said_is_written_down() -> None:
    body = {"notice": "n", "until": "2027-01-01T00:00:00Z", "paper": {"code": "c", "text": "t", "html": "h"}}
    said = await at(FakeHttp(body=orjson.dumps(body))).say_consent(TOKEN, {"person": "handle"})
    assert said.paper is not None
    assert said.paper.code == "c"


async def test_every_step_of_a_referral_has_its_address() -> None:
    http = FakeHttp(status=204, body=b"")
    gateway = at(http)
    await gateway.collect(TOKEN, "r")
    await gateway.accept(TOKEN, "r")
    await gateway.refuse(TOKEN, "r", "full")
    await gateway.close_referral(TOKEN, "r", ["moved", "adapted"])
    await gateway.withdraw(TOKEN, "r")
    assert [one["url"].rpartition("/")[2] for one in http.asked] == [
        "collection",
        "acceptance",
        "refusal",
        "closing",
        "withdrawal",
    ]
    assert orjson.loads(http.asked[3]["data"]) == {"outcomes": ["adapted", "moved"]}


@pytest.mark.parametrize(
    ("http", "error"),
    [
        (FakeHttp(error=aiohttp.ClientConnectionError("cut")), GatewayAwayError),
        (FakeHttp(error=TimeoutError()), GatewayAwayError),
        (FakeHttp(status=503, body=b"{}"), GatewayAwayError),
        (FakeHttp(status=429, body=b"{}"), GatewayAwayError),
        (FakeHttp(status=408, body=b'{"type": "https://x/docs/problems#body-too-slow"}'), GatewayAwayError),
        (FakeHttp(status=421, body=b'{"type": "https://x/docs/problems#unknown-host"}'), GatewayAwayError),
        (FakeHttp(status=200, body=b"<html>"), GatewayAwayError),
        (FakeHttp(status=200, body=b'{"person": 1}'), GatewayAwayError),
        (FakeHttp(status=401, body=b'{"type": "https://x/problems/invalid-token"}'), TokenNotGoodError),
        (FakeHttp(status=401, body=b""), TokenNotGoodError),
        (FakeHttp(status=200, body=b""), GatewayAwayError),
        (FakeHttp(status=403, body=b'{"type": "https://x/docs/problems#no-agreement"}'), GatewayRefusedError),
        (FakeHttp(status=404, body=b"not json"), GatewayAwayError),
        (FakeHttp(status=400, body=b"[]"), GatewayAwayError),
        (FakeHttp(status=403, body=b'{"type": "https://x/docs/prob'), GatewayAwayError),
        (FakeHttp(status=302, body=b'{"type": "https://x/docs/problems#moved"}'), GatewayAwayError),
    ],
)
async def test_every_failure_is_one_of_three_kinds(http: FakeHttp, error: type[Exception]) -> None:
    with pytest.raises(error):
        await at(http).trace(TOKEN, "9990000018")


async def test_an_answer_of_another_shape_says_where_and_never_what() -> None:
    with pytest.raises(GatewayAwayError) as caught:
        await at(FakeHttp(body=b'{"person": 1, "other": 9990000018}')).trace(TOKEN, "9990000018")
    assert "999" not in str(caught.value)


async def test_a_refusal_tells_kind_detail_and_state() -> None:
    problem = {"type": "https://x/docs/problems#referral-elsewhere", "detail": "look", "state": "closed"}
    with pytest.raises(GatewayRefusedError) as caught:
        await at(FakeHttp(status=409, body=orjson.dumps(problem))).accept(TOKEN, "r")
    refused = caught.value
    assert (refused.status, refused.kind, refused.detail, refused.state) == (
        409,
        "referral-elsewhere",
        "look",
        "closed",
    )


async def test_an_answer_that_is_too_long_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_BYTES", 10)
    with pytest.raises(GatewayAwayError, match="too long"):
        await at(FakeHttp(body=b"x" * 11)).trace(TOKEN, "9990000018")
