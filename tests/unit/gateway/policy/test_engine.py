"""The engine in process: what it is fed, and that any doubt about its answer discloses nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import opapywasm
import pytest

from core.errors import ClosedError
from core.vocabulary import Label
from gateway.policy.answer import to_decision
from gateway.policy.compile import concerned, document, policy_data
from gateway.policy.port import STRANGER, Asker, Permission, Question, Refusal, Subject
from gateway.policy.question import canonical, to_input
from gateway.policy.registers import RegisterError, load_registers
from gateway.policy.wasm import WasmEngine, open_engine
from tests.unit.gateway.policy.world import POLICIES, engine, situations, world

QUESTION = situations()[0].question
PERMIT: dict[str, Any] = {
    "sections": {"contact": ["email"]},
    "basis": {"agreement": "a"},
    "permissions": ["g"],
}
ANSWER: dict[str, Any] = {
    "revision": "r1",
    "refusal": None,
    "permits": {"council": PERMIT},
    "named_sources": ["council"],
    "permitted_labels": ["R"],
    "location_fields": {"contact": ["address"]},
    "reasons": [{"gate": "pointer", "code": "no-pointer"}],
    "obligations": [
        {"code": "watermark"},
        {"code": "review", "hours": 72, "by": ["council", "adult-care"]},
    ],
}
REFUSAL = {"code": "no-agreement", "detail": "None.", "clause": "4"}


@pytest.fixture
def fresh() -> Iterator[WasmEngine]:
    with engine(world()) as opened:
        yield opened


def test_equal_questions_have_one_canonical_form() -> None:
    sections = {"s2": frozenset("yx"), "s1": frozenset("z")}
    anyone = frozenset("*")
    permissions = tuple(
        Permission(name, "objection", frozenset("ba"), sections, anyone, anyone) for name in ("p2", "p1")
    )
    question = replace(QUESTION, subject=Subject(Label.RESTRICTED, frozenset({"b", "a"}), permissions))
    turned = [replace(permissions[1], sections=dict(reversed(sections.items()))), permissions[0]]
    other = replace(question, subject=replace(question.subject, permissions=tuple(turned)))
    assert canonical(question) == canonical(other)
    assert json.loads(canonical(question)) == to_input(question)


def test_the_input_holds_no_identifier_of_the_person() -> None:
    question = Question(Asker("o", "c", None, frozenset({"views"})), "p", None, frozenset({"a"}), STRANGER)
    assert to_input(question) == {
        "asker": {
            "organisation": "o",
            "client": "c",
            "role": None,
            "scopes": ["views"],
            "strong": False,
        },
        "purpose": "p",
        "sections": None,
        "agreements": ["a"],
        "suspended": [],
        "check": None,
        "emergency": None,
        "hold_back": None,
        "subject": {"label": "unknown", "pointers": [], "permissions": []},
    }


async def test_agreements_of_others_are_not_put_to_the_engine(
    fresh: WasmEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    evaluate = opapywasm.OpaWasmPolicy.evaluate

    def listening(policy: opapywasm.OpaWasmPolicy, question: bytes) -> object:
        asked.append(question)
        return evaluate(policy, question)

    monkeypatch.setattr(opapywasm.OpaWasmPolicy, "evaluate", listening)
    await fresh.decide(QUESTION)
    assert json.loads(asked[0])["agreements"] == ["interact-home-health"]


def test_drafts_are_in_no_data() -> None:
    assert b"low-level-support-2026" in document(
        policy_data(world())
    )  # only as the renewal that an ended one names
    parties = policy_data(world())["registers"]
    assert isinstance(parties, dict)
    assert '"low-level-support-2026": {' not in json.dumps(parties)
    assert all("low-level-support-2026" not in ids for ids in concerned(world()).values())


def test_the_same_registers_give_the_same_data() -> None:
    assert document(policy_data(load_registers(POLICIES))) == document(policy_data(load_registers(POLICIES)))


def test_the_committed_policy_is_the_one_of_these_sources() -> None:
    built = json.loads((POLICIES / "policy.json").read_text())
    sources = hashlib.sha256()
    for path in sorted((POLICIES / "rego").glob("*.rego")):
        sources.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    assert built["rego_sha256"] == sources.hexdigest(), (
        "run scripts/build_policy.sh and commit policies/policy.*"
    )
    assert built["wasm_sha256"] == hashlib.sha256((POLICIES / "policy.wasm").read_bytes()).hexdigest()


def test_a_revision_changes_with_the_registers_and_with_the_policy() -> None:
    with engine(world()) as one, engine(load_registers(POLICIES)) as other, engine(world()) as same:
        assert one.revision == same.revision
        assert one.revision != other.revision
        assert len(one.revision) == 64


def test_the_committed_policy_opens() -> None:
    with open_engine(POLICIES, world()) as opened, engine(world()) as same:
        assert opened.revision == same.revision


def test_a_policy_that_is_not_the_described_one_does_not_open(tmp_path: Path) -> None:
    shutil.copy(POLICIES / "policy.json", tmp_path)
    with pytest.raises(RegisterError, match="the compiled policy is missing"):
        open_engine(tmp_path, world())
    (tmp_path / "policy.wasm").write_bytes((POLICIES / "policy.wasm").read_bytes() + b"\0")
    with pytest.raises(RegisterError, match="it is not what"):
        open_engine(tmp_path, world())


def test_what_is_no_webassembly_does_not_open() -> None:
    with pytest.raises(ClosedError, match="policy engine: the compiled policy cannot be used"):
        engine(world(), b"not wasm")


def test_a_policy_with_another_entry_point_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.policy.wasm.ENTRYPOINT", "oncetold/other")
    with pytest.raises(ClosedError, match="has no sole entry point"):
        engine(world())


def test_data_beyond_all_measure_do_not_open() -> None:
    wasm = (POLICIES / "policy.wasm").read_bytes()
    with pytest.raises(ClosedError, match="cannot be used"):
        WasmEngine(wasm, {"registers": {"revision": "r1", "x": "x" * 65_000_000}}, {})


async def test_a_closed_engine_decides_nothing(fresh: WasmEngine) -> None:
    fresh.close()
    with pytest.raises(ClosedError, match="no decision: OpaPolicyClosedError"):
        await fresh.decide(QUESTION)


Failing = Callable[[object, object], object]


def raising(*_: object) -> object:
    raise RuntimeError("a message that may hold what was asked")


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        pytest.param(raising, "no decision: RuntimeError", id="it fails"),
        pytest.param(lambda *_: opapywasm.UNDEFINED, "the decision is no object", id="it answers undefined"),
        pytest.param(lambda *_: None, "the decision is no object", id="it answers null"),
        pytest.param(lambda *_: True, "the decision is no object", id="it answers yes"),
        pytest.param(
            lambda *_: ANSWER, "it decided under another revision", id="it answers under an older revision"
        ),
    ],
)
async def test_an_engine_in_doubt_discloses_nothing(
    fresh: WasmEngine, monkeypatch: pytest.MonkeyPatch, behaviour: Failing, told: str
) -> None:
    monkeypatch.setattr(opapywasm.OpaWasmPolicy, "evaluate", behaviour)
    with pytest.raises(ClosedError) as caught:
        await fresh.decide(QUESTION)
    assert caught.value.part == "policy engine"
    assert caught.value.reason == told
    assert caught.value.__cause__ is None


async def test_contradicting_agreements_leave_the_decision_undefined() -> None:
    home = world().agreements["interact-home-health"]
    twin = replace(home, id="interact-twin", version=9)
    registers = replace(world(), agreements={**world().agreements, twin.id: twin})
    question = replace(QUESTION, agreements=frozenset({home.id, twin.id}))
    with engine(registers) as opened, pytest.raises(ClosedError, match="policy engine"):
        await opened.decide(question)


def test_a_whole_answer_is_read() -> None:
    decision = to_decision(ANSWER, "r1")
    assert decision.revision == "r1"
    assert [permit.source for permit in decision.permits] == ["council"]
    assert decision.permits[0].permissions == {"g"}
    assert decision.reasons == ({"code": "no-pointer", "gate": "pointer"},)
    assert dict(decision.location_fields) == {"contact": frozenset({"address"})}
    assert [one["code"] for one in decision.obligations] == ["review", "watermark"]
    assert decision.obligation("review") == {"code": "review", "hours": 72, "by": ("adult-care", "council")}
    assert decision.obligation("notify") is None


def test_a_refusal_is_read() -> None:
    decision = to_decision({**ANSWER, "refusal": REFUSAL, "permits": {}, "location_fields": {}}, "r1")
    assert decision.refusal == Refusal("no-agreement", "None.", "4")
    assert decision.permits == ()


@pytest.mark.parametrize(
    "change",
    [
        {"extra": True},
        {"refusal": REFUSAL},
        {"refusal": {**REFUSAL, "code": 1}, "permits": {}},
        {"refusal": {**REFUSAL, "clause": 1}, "permits": {}},
        {"refusal": {**REFUSAL, "more": 1}, "permits": {}},
        {"refusal": False},
        {"permits": []},
        {"permits": {"council": {**PERMIT, "sections": {}}}},
        {"permits": {"council": {**PERMIT, "sections": {"contact": []}}}},
        {"permits": {"council": {**PERMIT, "sections": {"contact": "email"}}}},
        {"permits": {"council": {**PERMIT, "sections": {"contact": [1]}}}},
        {"permits": {"council": {**PERMIT, "sections": {"contact": ["email", "email"]}}}},
        {"permits": {"council": {**PERMIT, "basis": None}}},
        {"permits": {"council": {"sections": {"contact": ["email"]}, "basis": {}}}},
        {"named_sources": None},
        {"permitted_labels": {"R": True}},
        {"location_fields": []},
        {"reasons": None},
        {"reasons": [1]},
        {"reasons": [{"gate": 1}]},
        {"revision": "r0"},
        {"revision": None},
        {"obligations": None},
        {"obligations": ["notify"]},
        {"obligations": [{"code": 1}]},
        {"obligations": [{"by": ["council"]}]},
        {"obligations": [{"code": "notify"}, {"code": "notify"}]},
        {"obligations": [{"code": "expires", "minutes": 1.5}]},
        {"obligations": [{"code": "expires", "minutes": True}]},
        {"obligations": [{"code": "review", "by": [1]}]},
    ],
    ids=str,
)
def test_an_answer_that_is_not_exactly_a_decision_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ClosedError, match="policy engine"):
        to_decision({**ANSWER, **change}, "r1")


@pytest.mark.parametrize("key", sorted(ANSWER))
def test_an_answer_without_one_of_its_parts_is_refused(key: str) -> None:
    with pytest.raises(ClosedError, match="missing or unknown keys"):
        to_decision({name: value for name, value in ANSWER.items() if name != key}, "r1")
