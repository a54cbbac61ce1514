"""Whatever is wrong with a request: a problem document that says what to do, nothing of the input, and an entry where a
caller was known.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from multidict import CIMultiDict
from yarl import URL

from adapters.sandbox.identity_provider.keys import SigningKeys
from audit.entries import Kind
from audit.reader import Query
from gateway.problem_types import PROBLEM_TYPES
from tests.support.contract import contract, faults
from tests.support.running import COUNTY, RunningGateway, somebody

MARK = "Zanzibar"
NUMBER = somebody().nhs_number or ""
PERSON = "h1." + "A" * 64
GOOD: Mapping[str, Any] = {"person": PERSON, "purpose": "early-help-triage", "reason": MARK}
JSON = {"Content-Type": "application/json"}


def body(**changes: Any) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


@dataclass(frozen=True)
class Bad:
    """A bad request of a known caller, and what is said to it."""

    name: str
    code: str
    data: bytes = body()
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    path: str = "/v1/views"
    method: str = "POST"
    says: str = ""


DEEP = b'{"person": ' + b"[" * 40 + b"]" * 40 + b"}"
TWICE = body()[:-1] + b', "reason": "' + MARK.encode() + b'"}'
NAMELESS = json.dumps(
    {
        "demographics": {
            "family_name": "-",
            "given_name": MARK,
            "birth_date": "1990-01-01",
            "postcode": "NR99 9AA",
        }
    }
).encode()
HUGE = b'{"reason": "' + b"x" * 10_000_000 + b'"}'
OF_KNOWN_CALLERS = (
    Bad("malformed JSON", "malformed-json", b'{"reason": "' + MARK.encode(), says="valid JSON"),
    Bad("no body", "malformed-json", b""),
    Bad("a duplicate member", "malformed-json", TWICE, says="once"),
    Bad("NaN", "malformed-json", b'{"reason": NaN}', says="NaN"),
    Bad("deep nesting", "malformed-json", DEEP, says="deeper than 16"),
    Bad("a number that no double holds", "malformed-json", b'{"reason": 12345678901234567890}'),
    Bad("no UTF-8", "malformed-json", b'{"reason": "\xff"}'),
    Bad("a null byte", "body-invalid", body(reason=MARK + "\x00"), says="reason"),
    Bad("a list", "body-invalid", b"[]"),
    Bad("wrong types", "body-invalid", body(person=1, sections="identity"), says="person"),
    Bad("an extra member", "body-invalid", body(**{MARK: NUMBER}), says="contract does not name"),
    Bad("a missing member", "body-invalid", b"{}", says="Field required"),
    Bad("too many sections", "body-invalid", body(sections=["identity"] * 25)),
    Bad("an unknown purpose", "purpose-unknown", body(purpose="zanzibar-visit"), says="/v1/purposes"),
    Bad("a purpose of others", "no-agreement", body(purpose="income-debt-advice")),
    Bad(
        "a section of others", "section-not-agreed", body(sections=["health-summary"]), says="health-summary"
    ),
    Bad("10 MB", "body-too-large", HUGE, says="65536"),
    Bad("another media type", "media-type", headers={"Content-Type": "text/" + MARK}),
    Bad("no media type", "media-type", headers={"Content-Type": ""}),
    Bad("a token in the address", "token-in-address", path="/v1/views?access_token=" + MARK),
    Bad("an endless query", "malformed-query", path="/v1/views?" + MARK * 1_100),
    Bad(
        "a wrong NHS number", "identifiers-unusable", b'{"nhs_number": "9991288164"}', path="/v1/people/trace"
    ),
    Bad(
        "no letters in a name",
        "identifiers-unusable",
        NAMELESS,
        path="/v1/people/trace",
    ),
    Bad(
        "a number of seconds as a day",
        "body-invalid",
        b'{"demographics": {"birth_date": 0}}',
        path="/v1/people/trace",
    ),
    Bad("both kinds of identifiers", "body-invalid", b"{}", path="/v1/people/trace", says="one of"),
    Bad(
        "another scope",
        "insufficient-scope",
        b'{"reference": "Zanzibar"}',
        path="/v1/pointers",
        method="PUT",
        says="pointers",
    ),
)


@dataclass(frozen=True)
class Told:
    """An answer as its sender sees it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


async def send(gateway: RunningGateway, bad: Bad, *tokens: str) -> Told:
    headers = CIMultiDict(bad.headers)
    for token in tokens:
        headers.add("Authorization", f"Bearer {token}")
    url = URL(gateway.url + bad.path, encoded=True)
    async with (
        aiohttp.ClientSession() as session,
        session.request(bad.method, url, data=BytesIO(bad.data), headers=headers) as answer,
    ):
        return Told(answer.status, answer.headers, await answer.text())


def assert_problem(told: Told, code: str) -> None:
    """A problem document of that code which helps, and gives nothing back."""
    document = told.document
    assert document["type"] == f"/docs/problems#{code}"
    assert told.status == document["status"] == PROBLEM_TYPES[code].status
    assert told.headers["Content-Type"] == "application/problem+json"
    assert told.headers["Correlation-Id"] == document["correlation_id"]
    assert told.headers["Cache-Control"] == "no-store"
    assert faults(contract()["components"]["schemas"]["ProblemView"], document) == []
    assert document["title"]
    assert document["detail"].endswith(".")
    everything = (told.text + str(told.headers)).lower()
    for ours in (MARK, NUMBER, PERSON, "9991288164", "traceback", "pydantic"):
        assert ours.lower() not in everything


@pytest.mark.parametrize("bad", OF_KNOWN_CALLERS, ids=lambda one: one.name)
async def test_a_known_callers_bad_request_is_a_problem_and_an_entry(
    bad: Bad, gateway: RunningGateway
) -> None:
    token = await gateway.triager()
    before = gateway.size()
    told = await send(gateway, bad, token)
    assert_problem(told, bad.code)
    assert bad.says in told.text
    assert gateway.size() == before + 1
    with gateway.log() as reader:
        entry = reader.search(Query(COUNTY))[0]
        opening = reader.open(entry)
    assert (entry.kind, entry.outcome, entry.role) == (Kind.REFUSAL, bad.code, "triager")
    assert opening is not None
    detail = opening.detail["detail"]
    assert isinstance(detail, Mapping)
    assert detail["correlation"] == told.document["correlation_id"]
    assert detail["practitioner"] == "hal.triage@norfolk.test"
    # A refusal that the policy speaks holds the practitioner's reason, sealed; nothing else of what was sent is kept.
    assert MARK not in json.dumps({key: detail[key] for key in detail if key != "reason"})


async def test_a_stranger_is_told_about_the_token_and_leaves_no_entry(gateway: RunningGateway) -> None:
    real = await gateway.triager()
    before = gateway.size()
    strangers = ECKey.generate_key("P-256")
    theirs = SigningKeys(gateway.layout.folder / "identity").signing
    cases = {
        "another's key": (resigned(real, strangers),),
        "expired": (resigned(real, theirs, iat=int(time.time()) - 900, exp=int(time.time()) - 600),),
        "another's audience": (resigned(real, theirs, aud="https://elsewhere.test"),),
        "another issuer": (resigned(real, strangers, iss="https://zanzibar.test"),),
        "no token": (),
        "no token at all": ("",),
        "not a token": ("zanzibar",),
        "two headers": (real, real),
    }
    for name, tokens in cases.items():
        told = await send(gateway, Bad(name, ""), *tokens)
        code = "invalid-request" if name in {"two headers", "no token at all"} else "invalid-token"
        assert_problem(told, code)
        assert told.headers["WWW-Authenticate"].startswith("Bearer")
    assert gateway.size() == before


async def test_a_strangers_bad_request_is_a_strangers_first(gateway: RunningGateway) -> None:
    before = gateway.size()
    for bad in (
        Bad("malformed", "", b"{"),
        Bad("large", "", HUGE),
        Bad("media type", "", headers={}),
        Bad("query", "", path="/v1/views?" + MARK * 1_100),
    ):
        assert_problem(await send(gateway, bad), "invalid-token")
    # Except where the token itself went astray: its owner has to hear of that.
    assert_problem(await send(gateway, Bad("token", "", path="/v1/views?access_token=x")), "token-in-address")
    assert gateway.size() == before


async def test_a_form_is_no_way_to_send_a_token(gateway: RunningGateway) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    told = await send(gateway, Bad("form", "", b"access_token=x", form), await gateway.triager())
    assert_problem(told, "invalid-request")


async def test_where_nobody_has_to_say_who_they_are_nothing_is_written(gateway: RunningGateway) -> None:
    before = gateway.size()
    nobody = {
        "not-found": Bad("", "", path=f"/v1/{MARK}", method="GET"),
        "method-not-allowed": Bad("", "", path="/v1/purposes", method="DELETE"),
        "malformed-path": Bad("", "", path=f"/v1/%2e%2e/{MARK}", method="GET"),
        "malformed-query": Bad("", "", path="/v1/purposes?" + MARK * 1_100, method="GET"),
        "unknown-host": Bad("", "", headers={"Host": f"{MARK}.test"}, path="/v1/purposes", method="GET"),
        "headers-too-large": Bad("", "", headers={"X-Mark": MARK * 2_100}, path="/v1/purposes", method="GET"),
        "body-too-large": Bad("", "", HUGE, path="/v1/purposes", method="GET"),
    }
    for code, bad in nobody.items():
        assert_problem(await send(gateway, bad), code)
    assert gateway.size() == before


async def test_a_refused_method_names_every_method_that_would_do(gateway: RunningGateway) -> None:
    allowed = {
        "/v1/pointers": "DELETE, PUT",
        "/v1/views": "POST",
        "/v1/purposes": "GET, HEAD",
        "/log/tile/0/000": "GET, HEAD",
    }
    for path, methods in allowed.items():
        told = await send(gateway, Bad("", "", path=path, method="PATCH"))
        assert_problem(told, "method-not-allowed")
        assert told.headers["Allow"] == methods


async def test_head_answers_as_get_would_without_the_body(gateway: RunningGateway) -> None:
    get = await send(gateway, Bad("", "", b"", {}, "/v1/purposes", "GET"))
    head = await send(gateway, Bad("", "", b"", {}, "/v1/purposes", "HEAD"))
    assert (head.status, head.text) == (200, "")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.text.encode()))


def test_the_gateways_own_log_holds_nothing_of_all_that(gateway: RunningGateway) -> None:
    written = gateway.layout.logs("gateway").read_text().lower()
    assert MARK.lower() not in written
    assert NUMBER not in written


def resigned(token: str, key: ECKey | KeySet, **changes: Any) -> str:
    """The same token with other claims, signed with another key (or the provider's own)."""
    header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return jwt.encode(header, {**claims, **changes}, key)
