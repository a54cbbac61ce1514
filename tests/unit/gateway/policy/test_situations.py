"""The table of situations, decided by the compiled policy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.policy.remembered import Remembered
from gateway.policy.wasm import WasmEngine
from tests.unit.gateway.policy.world import Situation, engine, found, situations, world


@pytest.fixture(scope="module")
def real_engine() -> Iterator[WasmEngine]:
    with engine(world()) as opened:
        yield opened


@pytest.mark.parametrize("situation", situations(), ids=lambda situation: situation.name)
async def test_the_policy_decides_as_the_table_says(real_engine: WasmEngine, situation: Situation) -> None:
    decision = await real_engine.decide(situation.question)
    assert found(decision, situation.expected) == situation.expected


async def test_what_is_remembered_is_what_was_decided(real_engine: WasmEngine) -> None:
    remembered = Remembered(real_engine)
    for _ in range(2):
        for situation in situations():
            assert await remembered.decide(situation.question) == await real_engine.decide(situation.question)
    assert remembered.hits >= len(situations())


def test_the_table_names_every_kind_of_refusal() -> None:
    codes = {
        refused["code"] for each in situations() if isinstance(refused := each.expected.get("refused"), dict)
    }
    assert codes == {
        "scope-missing",
        "purpose-unknown",
        "no-agreement",
        "agreement-suspended",
        "agreement-ended",
        "role-not-permitted",
        "section-not-agreed",
        "purpose-not-listed",
        "break-glass-only",
        "emergency-reason-unknown",
        "step-up-needed",
        "check-not-agreed",
        "hold-back-not-permitted",
    }


def test_the_tables_tell_of_the_whole_mission_and_name_each_situation_once() -> None:
    names = [each.name for each in situations()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)
