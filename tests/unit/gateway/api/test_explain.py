"""POST /v1/policy/explain over a whole gateway: whose token, what of the body, and that nobody is looked at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from core.errors import ClosedError
from core.sections import policies_folder
from gateway.api.explain import build_router
from gateway.authority import Suspended
from gateway.identity.errors import TokenError
from gateway.policy.live import LivePolicy
from gateway.policy.port import PolicyEngine
from gateway.policy.register_values import Registers
from gateway.policy.wasm import open_engine
from gateway.problems import BadRequestError
from gateway.views.pipeline import Parts
from tests.support.clock import TODAY, FakeClock
from tests.support.walk import CALLERS, FakeVerifier, Walk, caller, walk

TRIAGE = {"purpose": "early-help-triage"}


class Explaining:
    """The endpoint over a gateway's parts."""

    def __init__(self, way: Walk) -> None:
        self.way = way
        self.engines = 0
        self.parts: Parts = way.parts
        policy = replace(way.parts.policy.current, suppose=self.suppose)
        self.parts = replace(
            way.parts, policy=LivePolicy(policy), verifier=FakeVerifier({**CALLERS, **OTHERS})
        )
        (route,) = build_router(lambda: self.parts).routes
        self.endpoint = cast("Callable[[Request], Awaitable[Response]]", cast("APIRoute", route).endpoint)

    def suppose(self, registers: Registers) -> PolicyEngine:
        self.engines += 1
        return open_engine(policies_folder(), registers)

    async def ask(self, body: object, who: str = "triager") -> dict[str, Any]:
        async def receive() -> Message:
            return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

        headers = [(b"content-type", b"application/json"), (b"authorization", who.encode())]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/policy/explain",
            "query_string": b"",
            "headers": headers,
        }
        answer = await self.endpoint(Request(scope, receive))
        found: dict[str, Any] = json.loads(bytes(answer.body))
        return found

    def counts(self) -> list[int]:
        """How many rows stand in the log and beside it."""
        with self.way.home.database.read() as tx:
            return [
                int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - names of ours
                for table in ("log_entry", "decision_input", "review_task")
            ]


OTHERS = {
    "nobody": replace(caller("harbour-charity", "adviser"), role=None, practitioner=None),
    "source": caller("harbour-charity", "adviser", scopes=frozenset({"pointers"})),
}


@pytest.fixture
async def explaining(tmp_path: Path) -> AsyncIterator[Explaining]:
    async with walk(tmp_path, clock=FakeClock()) as way:
        yield Explaining(way)


async def test_the_callers_own_role_is_asked_for_unless_another_is_named(explaining: Explaining) -> None:
    own = await explaining.ask(TRIAGE)
    assert own["refused"] is None
    assert own == await explaining.ask({**TRIAGE, "role": "triager"})
    other = await explaining.ask({**TRIAGE, "role": "housing-officer"})
    assert other["refused"]["code"] == "role-not-permitted"
    alone = await explaining.ask({"purpose": "support-plan"}, "nobody")
    assert alone["refused"]["code"] == "purpose-unknown"


async def test_it_is_always_about_the_callers_own_organisation(explaining: Explaining) -> None:
    with pytest.raises(BadRequestError, match="body-invalid"):
        await explaining.ask({**TRIAGE, "organisation": "norwich-help-hub"})
    answer = await explaining.ask(TRIAGE, "adviser")
    assert answer["refused"]["code"] == "no-agreement"


async def test_no_handle_and_no_identifier_is_taken(explaining: Explaining) -> None:
    for person in (explaining.way.handle(), {"handle": "x"}, {"nhs_number": "9990000018"}):
        with pytest.raises(BadRequestError, match="body-invalid"):
            await explaining.ask({**TRIAGE, "person": person})


async def test_nothing_is_written_down_and_no_source_is_asked(explaining: Explaining) -> None:
    before = explaining.counts()
    await explaining.ask({**TRIAGE, "person": {"known_at": ["norwich-city-council"]}})
    await explaining.ask({"purpose": "no-such-purpose"})
    assert explaining.counts() == before
    assert all(source.asked == [] for source in explaining.way.sources.values())


async def test_it_tells_the_same_whatever_a_real_person_allowed(explaining: Explaining) -> None:
    before = await explaining.ask({**TRIAGE, "person": {"allowed": "nothing"}})
    await explaining.way.allow()
    assert await explaining.ask({**TRIAGE, "person": {"allowed": "nothing"}}) == before


async def test_each_section_is_told_with_its_own_rule(explaining: Explaining) -> None:
    answer = await explaining.ask({**TRIAGE, "sections": ["contact"]})
    assert {one["section"] for one in answer["would_show"]} == {"contact"}
    assert all("rules" not in one["basis"] for one in answer["would_show"])


async def test_the_scope_is_needed_and_a_body_that_does_not_fit_is_refused(explaining: Explaining) -> None:
    with pytest.raises(TokenError, match="insufficient_scope"):
        await explaining.ask(TRIAGE, "source")
    with pytest.raises(TokenError):
        await explaining.ask(TRIAGE, "stranger")
    for person in ({"label": "REDACTED"}, {"allowed": "some"}, {"known_at": "everywhere"}):
        with pytest.raises(BadRequestError, match="body-invalid"):
            await explaining.ask({**TRIAGE, "person": person})


async def test_a_suspension_at_run_time_counts_from_the_next_question(explaining: Explaining) -> None:
    home = explaining.way.home
    with home.database.write() as tx:
        suspended = Suspended("early-help-triage", "norfolk-county-council", "it leaks", TODAY)
        assert home.authority.suspend(tx, suspended)
    answer = await explaining.ask(TRIAGE)
    assert answer["refused"]["code"] == "agreement-suspended"
    assert "it leaks" not in json.dumps(answer)


async def test_the_engine_that_supposes_is_made_once_for_a_policy_and_only_where_it_is_needed(
    explaining: Explaining,
) -> None:
    await explaining.ask(TRIAGE)
    assert explaining.engines == 0
    for _ in range(2):
        answer = await explaining.ask({"purpose": "food-fuel-help"}, "adviser")
        assert any(one["because"] == "suspended" for one in answer["changes"])
    assert explaining.engines == 1
    policy = replace(explaining.parts.policy.current)
    explaining.parts = replace(explaining.parts, policy=LivePolicy(policy))
    await explaining.ask({"purpose": "food-fuel-help"}, "adviser")
    assert explaining.engines == 2


async def test_it_closes_while_another_policy_is_in_force(explaining: Explaining) -> None:
    with explaining.way.home.database.write() as tx:
        explaining.way.home.authority.put(tx, "another", 9)
    with pytest.raises(ClosedError):
        await explaining.ask(TRIAGE)
