"""What the engine by a server takes for an answer, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ClosedError
from gateway.policy.port import Refusal
from gateway.policy.server import OpaServer
from tests.unit.gateway.policy.test_question_and_answer import QUESTION, REFUSED


class Answering:
    """Stands where the client stands."""

    def __init__(self, body: object) -> None:
        self.body = body
        self.opened = 0
        self.asked: list[tuple[str, str]] = []

    async def __aenter__(self) -> Answering:
        self.opened += 1
        return self

    async def query_rule(self, asked: Any, package: str, rule: str) -> object:
        assert asked["purpose"] == QUESTION.purpose
        self.asked.append((package, rule))
        return self.body

    async def close_connection(self) -> None:
        return None


def engine(body: object) -> tuple[OpaServer, Answering]:
    opened, client = OpaServer("http://127.0.0.1:8181", "r1", {}), Answering(body)
    opened._client = client  # type: ignore[assignment] # it stands where the client stands
    return opened, client


async def test_a_decision_is_taken_and_the_connections_are_opened_once() -> None:
    opened, client = engine({"result": REFUSED, "decision_id": "d"})
    for _ in range(2):
        decision = await opened.decide(QUESTION)
        assert decision.refusal == Refusal("scope-missing", "Ask the issuer.", None)
    assert client.opened == 1
    assert client.asked == [("oncetold/decide", "decision")] * 2


@pytest.mark.parametrize("body", [{}, {"warning": "no"}, [], ["result"], "result", None], ids=str)
async def test_an_answer_without_a_result_is_undefined(body: object) -> None:
    opened, _ = engine(body)
    with pytest.raises(ClosedError, match="policy engine: the decision is undefined"):
        await opened.decide(QUESTION)


async def test_a_closed_engine_asks_nobody() -> None:
    opened, client = engine({"result": REFUSED})
    await opened.aclose()
    with pytest.raises(ClosedError, match="policy engine: it was closed"):
        await opened.decide(QUESTION)
    assert client.asked == []
