"""Two engines, one meaning: the compiled policy and a real OPA server answer alike, whole decision by whole decision.

Both get every situation of the table and thousands of generated questions, over the registers as they are and over some
that were made up and hold what the registers' own checks would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.parity import Parity, both, compared
from tests.support.questions import made_up, questions
from tests.unit.gateway.policy.world import situations, world

if TYPE_CHECKING:
    from tests.conftest import Parts

REAL, MADE_UP, WORLDS = 2600, 500, 6

AT_LEAST = {
    "permits": 500,
    "permits nothing": 500,
    "permits a check": 30,
    "permits a hidden source": 40,
    "permits a labelled fragment": 300,
    "permits by a section's own rule": 40,
    "permits under a winding down": 30,
    "permits without locations": 100,
    "rests on a permission": 200,
    "under rule: permission": 200,
    "under rule: no-objection": 50,
    "under rule: none": 50,
    "obligation: notify": 150,
    "obligation: review": 150,
    "obligation: hold-back": 100,
    "obligation: watermark": 150,
    "obligation: expires": 100,
    "reason: withheld": 80,
    "reason: location-withheld": 300,
    "reason: no-pointer": 300,
    "reason: not-permitted": 300,
    "reason: objection": 50,
    "reason: dissent": 50,
    "refused: scope-missing": 50,
    "refused: purpose-unknown": 10,
    "refused: purpose-not-listed": 15,
    "refused: break-glass-only": 50,
    "refused: emergency-reason-unknown": 50,
    "refused: no-agreement": 100,
    "refused: agreement-suspended": 100,
    "refused: agreement-ended": 100,
    "refused: check-not-agreed": 100,
    "refused: role-not-permitted": 100,
    "refused: step-up-needed": 50,
    "refused: hold-back-not-permitted": 20,
    "refused: section-not-agreed": 100,
    "no decision": 10,
}


async def test_both_engines_give_the_same_decisions(
    parts: Parts, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    whole = Parity()
    async with both(parts.opa, tmp_path, world()) as (wasm, server):
        table = [situation.question for situation in situations()]
        whole.add(await compared(wasm, server, table, world()))
        whole.add(await compared(wasm, server, questions(world(), 1, REAL), world()))
    assert whole.shown["no decision"] == 0, "the registers contradict themselves"
    for seed in range(WORLDS):
        registers = made_up(world(), seed)
        async with both(parts.opa, tmp_path, registers) as (wasm, server):
            whole.add(await compared(wasm, server, questions(registers, seed, MADE_UP), registers))
    record_property("parity", f"{whole.same:,} of {whole.asked:,}")
    record_property("shown", ", ".join(f"{name} {count}" for name, count in sorted(whole.shown.items())))
    assert whole.differences == []
    assert whole.asked >= 5_000 + len(situations())
    thin = {
        feature: whole.shown[feature] for feature, least in AT_LEAST.items() if whole.shown[feature] < least
    }
    assert not thin, "the questions show too little of the policy"
    assert whole.shown.keys() == AT_LEAST.keys()


@pytest.mark.parametrize(
    ("file", "rule", "instead"),
    [
        pytest.param(
            "permission.rego",
            "\tnot stopped(terms, source, section, field)\n",
            "",
            id="one of them overlooks objections",
        ),
        pytest.param(
            "label.rego",
            'shows(_, _) if input.subject.label == "U"',
            'shows(_, _) if input.subject.label in {"U", "R"}',
            id="one of them shows where a restricted person is",
        ),
        pytest.param(
            "obligation.rego",
            'notify contains {"code": "notify"} if {',
            'notify contains {"code": "watermark"} if {',
            id="one of them tells nobody",
        ),
        pytest.param(
            "refusal.rego",
            "This purpose is not in the register.",
            "This purpose is not known.",
            id="one of them says it in other words",
        ),
    ],
)
async def test_a_policy_that_means_something_else_is_found(
    parts: Parts, tmp_path: Path, file: str, rule: str, instead: str
) -> None:
    def change(name: str, text: str) -> str:
        assert name != file or rule in text
        return text.replace(rule, instead) if name == file else text

    async with both(parts.opa, tmp_path, world(), change) as (wasm, server):
        parity = await compared(wasm, server, questions(world(), 1, 300), world())
    assert 0 < len(parity.differences) < parity.asked
