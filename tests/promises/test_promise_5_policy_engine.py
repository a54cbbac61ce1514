"""Promise 5, engine by engine: down, slow, answering nothing, something else or an older revision, it discloses nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

import opapywasm
import pytest

from core.errors import ClosedError
from core.sections import policies_folder
from gateway.policy.answer import to_decision
from gateway.policy.compile import concerned, document, policy_data, with_revision
from gateway.policy.port import Decision, PolicyEngine, Question
from gateway.policy.register_values import Article6, Registers
from gateway.policy.wasm import WasmEngine
from gateway.views.pipeline import Parts
from tests.support.walk import STRANGER_NUMBER, Walk, registers

DIGEST = "00" * 32
OLDER = "11" * 32
CROWD = 3_000
"""So many agreements of one recipient take a third of a second to weigh."""


@pytest.fixture(scope="module")
def compiled() -> bytes:
    return (policies_folder() / "policy.wasm").read_bytes()


def engine_over(compiled: bytes, known: Registers, deadline: float = 1.0) -> WasmEngine:
    data = with_revision(policy_data(known), DIGEST)
    return WasmEngine(compiled, data, concerned(known), deadline=deadline)


def with_engine(way: Walk, engine: WasmEngine, known: Registers | None = None) -> Parts:
    """The way of a request with this engine in charge, and nothing remembered before it."""
    with way.home.database.write() as tx:
        way.home.authority.put(tx, engine.revision)
    return way.deciding(engine, known)


def entries(way: Walk) -> list[bytes]:
    """The leaves of the log, as a stranger to this process reads them."""
    path = way.home.database.url.database
    assert path is not None
    with sqlite3.connect(path) as other:
        return [row[0] for row in other.execute('SELECT leaf FROM log_entry ORDER BY "index"')]


async def nothing_is_disclosed(way: Walk, parts: Parts) -> None:
    """The promise: alike for whom we know and for whom we do not, nothing leaves, is fetched or is written down."""
    before = entries(way)
    told: set[tuple[str, str]] = set()
    for source in way.sources.values():
        source.asked.clear()
    for nhs_number in (None, STRANGER_NUMBER):
        with pytest.raises(ClosedError) as closed:
            await (way.ask(parts=parts, nhs_number=nhs_number) if nhs_number else way.ask(parts=parts))
        told.add((closed.value.part, closed.value.reason))
    assert len(told) == 1
    assert {part for part, _ in told} == {"policy engine"}
    assert entries(way) == before
    assert all(source.asked == [] for source in way.sources.values())


# What an engine may do instead of deciding


def data_of(known: Registers, digest: str) -> bytes:
    return document(with_revision(policy_data(known), digest))


def down(engine: WasmEngine) -> None:
    engine.close()


def undefined(engine: WasmEngine) -> None:
    """It has lost its data, so that no rule says anything."""
    engine._policy.set_data(b"{}")


def older(engine: WasmEngine) -> None:
    """It decides by what held before: all is as it should be but the revision."""
    engine._policy.set_data(data_of(registers(), OLDER))


FAULTS: dict[str, Callable[[WasmEngine], None]] = {"down": down, "undefined": undefined, "older": older}


@pytest.mark.parametrize("fault", FAULTS)
async def test_promise_5_closed_by_default_when_the_engine_in_process_is(
    way: Walk, compiled: bytes, fault: str
) -> None:
    await way.allow()
    with engine_over(compiled, registers()) as engine:
        parts = with_engine(way, engine)
        assert (await way.ask(parts=parts)).sections
        FAULTS[fault](engine)
        await nothing_is_disclosed(way, parts)


WRONG_TYPES = {
    "yes": True,
    "a-text": "everything",
    "a-list": [{"permits": {}}],
    "a-part-of-it": {"permits": {}},
    "null": None,
}


@pytest.mark.parametrize("answer", WRONG_TYPES)
async def test_promise_5_closed_by_default_when_the_engine_in_process_answers(
    way: Walk, compiled: bytes, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    await way.allow()
    with engine_over(compiled, registers()) as engine:
        parts = with_engine(way, engine)
        monkeypatch.setattr(opapywasm.OpaWasmPolicy, "evaluate", lambda *_: WRONG_TYPES[answer])
        await nothing_is_disclosed(way, parts)


@cache
def crowded() -> Registers:
    """Registers in which one recipient has thousands of agreements for one purpose, each with a source of its own."""
    known = registers()
    one = known.agreements["early-help-triage"]
    shed, terms = known.organisations["harbour-charity"], one.sources[-1]
    names = [f"shed-{number}" for number in range(CROWD)]
    organisations = {**known.organisations, **{name: replace(shed, id=name) for name in names}}
    agreements = {
        f"with-{name}": replace(
            one,
            id=f"with-{name}",
            sources=(replace(terms, organisation=name),),
            article_6=(*one.article_6, Article6(name, "6(1)(f)", "LIA")),
        )
        for name in names
    }
    return replace(known, organisations=organisations, agreements={**known.agreements, **agreements})


async def test_promise_5_closed_by_default_when_the_engine_in_process_is_beyond_its_deadline(
    way: Walk, compiled: bytes
) -> None:
    await way.allow()
    with engine_over(compiled, crowded(), deadline=0.02) as engine:
        parts = with_engine(way, engine, crowded())
        await nothing_is_disclosed(way, parts)
        # What was interrupted leaves nothing half done behind: the next question is decided, or given up, afresh.
        await nothing_is_disclosed(way, parts)


# Without the protection


@dataclass
class LastKnown:
    """Goes on with the engine's last decisions when it gives none."""

    behind: PolicyEngine
    known: dict[bool, Decision]

    @property
    def revision(self) -> str:
        return self.behind.revision

    async def decide(self, question: Question) -> Decision:
        about_nobody = not question.subject.pointers
        with suppress(ClosedError):
            self.known[about_nobody] = await self.behind.decide(question)
        return self.known[about_nobody]


@pytest.mark.parametrize("fault", FAULTS)
async def test_without_closing_the_last_decision_would_go_on(way: Walk, compiled: bytes, fault: str) -> None:
    await way.allow()
    with engine_over(compiled, registers()) as engine:
        parts = way.deciding(LastKnown(engine, {}), parts=with_engine(way, engine))
        assert (await way.ask(parts=parts)).sections
        FAULTS[fault](engine)
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)


@pytest.fixture
def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads any answer as a decision of whatever revision it names; and what is none, as the one before."""
    last: list[Decision] = []

    def believes(answer: object, revision: str) -> Decision:
        try:
            last.append(to_decision(answer, answer["revision"]))  # type: ignore[index]
        except (ClosedError, TypeError, KeyError):
            assert last, revision
        return last[-1]

    monkeypatch.setattr("gateway.policy.wasm.to_decision", believes)


@pytest.mark.usefixtures("believing")
async def test_without_a_look_at_its_revision_an_older_policy_would_decide(
    way: Walk, compiled: bytes
) -> None:
    await way.allow()
    with engine_over(compiled, registers()) as engine:
        parts = with_engine(way, engine)
        older(engine)
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)


@pytest.mark.usefixtures("believing")
@pytest.mark.parametrize("answer", WRONG_TYPES)
async def test_without_a_look_at_its_type_any_answer_would_do(
    way: Walk, compiled: bytes, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    await way.allow()
    with engine_over(compiled, registers()) as engine:
        parts = with_engine(way, engine)
        assert (await way.ask(parts=parts)).sections
        monkeypatch.setattr(opapywasm.OpaWasmPolicy, "evaluate", lambda *_: WRONG_TYPES[answer])
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)


async def test_without_its_deadline_a_slow_decision_would_come_and_disclose(
    way: Walk, compiled: bytes
) -> None:
    await way.allow()
    with engine_over(compiled, crowded(), deadline=60.0) as engine:
        parts = with_engine(way, engine, crowded())
        with pytest.raises(pytest.fail.Exception):
            await nothing_is_disclosed(way, parts)
