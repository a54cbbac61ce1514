from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from structlog.testing import capture_logs

from audit.entries import Kind
from audit.reader import LogReader, Query, StoredEntry
from core.errors import ClosedError, OnceToldError
from gateway.edge import Edge, correlation_id
from gateway.identity.errors import TokenError
from gateway.people.locator import AmbiguousError
from gateway.people.trace import TraceError
from gateway.problems import BadRequestError, NotFoundError
from tests.support.faults import lose
from tests.support.house import House, house, sqlite_urls
from tests.support.walk import CALLERS, FakeVerifier
from tests.unit.gateway.web.asgi import scope_of

COUNTY = CALLERS["triager"].organisation


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    with house(*sqlite_urls(tmp_path)) as found:
        yield found


@pytest.fixture
def edge(home: House) -> Edge:
    return Edge(FakeVerifier(CALLERS), home.committer, home.keys)


def request(path: str = "/v1/views", who: str | None = "triager", method: str = "POST") -> Request:
    return Request(scope_of(method, path, [] if who is None else [("authorization", who)]))


def code(response: Response) -> str:
    kind: str = json.loads(bytes(response.body))["type"]
    return kind.rpartition("#")[2]


def entries(home: House) -> tuple[StoredEntry, ...]:
    return LogReader(home.database, home.log.store, home.keys).search(Query(COUNTY))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadRequestError("media-type"), "media-type"),
        (TraceError("check it"), "identifiers-unusable"),
        (AmbiguousError(), "identifiers-ambiguous"),
        (TokenError("insufficient_scope", "Ask.", scope="views"), "insufficient-scope"),
    ],
)
async def test_what_a_known_caller_did_wrong_is_answered_and_written_down(
    home: House, edge: Edge, error: OnceToldError, expected: str
) -> None:
    one = request()
    assert code(await edge.answer(one, error)) == expected
    (entry,) = entries(home)
    assert (entry.kind, entry.outcome, entry.recipient, entry.role) == (
        Kind.REFUSAL,
        expected,
        COUNTY,
        "triager",
    )
    opening = LogReader(home.database, home.log.store, home.keys).open(entry)
    assert opening is not None
    assert opening.detail["detail"] == {
        "practitioner": "a.practitioner",
        "client": "norfolk-county-council-app",
        "issuer": "https://issuer.test",
        "operation": "POST /v1/views",
        "correlation": correlation_id(one),
    }


async def test_a_path_that_is_not_the_contracts_is_not_written_down(home: House, edge: Edge) -> None:
    await edge.answer(request("/v1/views/9990000018"), BadRequestError("malformed-query"))
    opening = LogReader(home.database, home.log.store, home.keys).open(entries(home)[0])
    assert opening is not None
    assert "9990000018" not in json.dumps(opening.to_json())


@pytest.mark.parametrize("error", [BadRequestError("media-type"), TraceError("check it")])
async def test_a_strangers_mistake_is_a_strangers_first(
    home: House, edge: Edge, error: OnceToldError
) -> None:
    assert code(await edge.answer(request(who="nobody"), error)) == "invalid-token"
    assert entries(home) == ()


async def test_a_token_gone_astray_is_told_even_to_a_stranger(home: House, edge: Edge) -> None:
    stray = BadRequestError("token-in-address")
    assert code(await edge.answer(request(who=None), stray)) == "token-in-address"
    assert entries(home) == ()
    assert code(await edge.answer(request(), stray)) == "token-in-address"
    assert len(entries(home)) == 1


@pytest.mark.parametrize("path", ["/v1/purposes", "/v1/checks", "/log/checkpoint", "/portal/"])
async def test_where_nobody_has_to_say_who_they_are_nobody_is_asked(
    home: House, edge: Edge, path: str
) -> None:
    for who in ("triager", None):
        asked = request(path, who, "GET")
        assert code(await edge.answer(asked, BadRequestError("malformed-query"))) == "malformed-query"
    assert entries(home) == ()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TokenError("invalid_token", "Get another."), "invalid-token"),
        (NotFoundError(), "not-found"),
        (ClosedError("clock", "jumped"), "closed"),
        (OnceToldError("secret"), "internal"),
    ],
)
async def test_what_is_no_callers_fault_is_answered_only(
    home: House, edge: Edge, error: OnceToldError, expected: str
) -> None:
    assert code(await edge.answer(request(), error)) == expected
    assert entries(home) == ()


async def test_a_mistake_that_cannot_be_written_down_is_answered_as_doubt(home: House, edge: Edge) -> None:
    lose(home.database, "log_entry")
    response = await edge.answer(request(), BadRequestError("media-type"))
    assert (response.status_code, code(response)) == (503, "closed")


async def test_what_nobody_expected_is_logged_by_kind_and_place_and_answered_without_either(
    edge: Edge,
) -> None:
    one = request()
    try:
        raise ZeroDivisionError("Maren Sampleworth, 9991288163")
    except ZeroDivisionError as caught:
        with capture_logs() as logs:
            response = await edge.answer(one, caught)
    assert code(response) == "internal"
    assert logs == [
        {
            "event": "request.failed",
            "log_level": "error",
            "correlation": correlation_id(one),
            "error": "ZeroDivisionError",
            "place": logs[0]["place"],
        }
    ]
    assert logs[0]["place"].startswith(f"{__name__}:")
    for secret in ("Sampleworth", "9991288163", "ZeroDivisionError"):
        assert secret not in bytes(response.body).decode()


async def test_an_error_without_a_place_is_logged_too(edge: Edge) -> None:
    with capture_logs() as logs:
        await edge.failed(request(), ValueError())
    assert logs[0]["place"] == "unknown"


def test_a_request_has_one_name_which_its_sender_cannot_choose() -> None:
    one = Request(scope_of("GET", "/", [("correlation-id", "mine"), ("x-request-id", "mine")]))
    assert correlation_id(one) == correlation_id(one)
    assert correlation_id(one).startswith("req_")
    assert len(correlation_id(one)) == 24
    assert correlation_id(one) != correlation_id(request())


@pytest.mark.parametrize(
    ("path", "routers", "allowed"),
    [
        ("/v1/pointers", "PUT", "DELETE, PUT"),
        ("/v1/views", "POST", "POST"),
        ("/v1/purposes", "GET", "GET, HEAD"),
        ("/log/tile/0/000", "GET", "GET, HEAD"),
        ("/portal/allow", "GET, POST", "GET, HEAD, POST"),
        ("/nowhere", "", ""),
    ],
)
def test_a_wrong_method_is_told_all_the_right_ones(edge: Edge, path: str, routers: str, allowed: str) -> None:
    response = edge.wrong_method(request(path), routers)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
