"""Puts the same questions to two policy engines and compares the whole decisions."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.errors import ClosedError
from gateway.policy.compile import concerned, document, revision_of
from gateway.policy.port import Decision, PolicyEngine, Question
from gateway.policy.register_values import Registers
from gateway.policy.server import OpaServer
from tests.support.opa import opa_server
from tests.support.questions import features
from tests.unit.gateway.policy.world import POLICIES, data_of, engine

PATIENCE = 30.0
"""Seconds for a decision of the server: here a slow machine must not look like a difference."""


@dataclass(slots=True)
class Parity:
    """How two engines answered.

    differences: question, the one's decision, the other's; None where an engine gave none.
    shown: feature of the policy -> how many questions showed it.
    """

    asked: int = 0
    differences: list[tuple[Question, Decision | None, Decision | None]] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)

    @property
    def same(self) -> int:
        """How many questions both answered alike."""
        return self.asked - len(self.differences)

    def add(self, other: Parity) -> None:
        """Count the other's questions too."""
        self.asked += other.asked
        self.differences += other.differences
        self.shown += other.shown


async def compared(
    one: PolicyEngine,
    other: PolicyEngine,
    questions: Iterable[Question],
    registers: Registers,
    at_once: int = 4,
) -> Parity:
    """Every question to both, so many at once."""
    parity = Parity()
    waiting = iter(questions)

    async def ask() -> None:
        for question in waiting:
            mine, theirs = await _decided(one, question), await _decided(other, question)
            parity.asked += 1
            parity.shown.update(set(features(question, mine, registers)))
            if mine != theirs:
                parity.differences.append((question, mine, theirs))

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(ask())
    return parity


async def _decided(engine: PolicyEngine, question: Question) -> Decision | None:
    try:
        return await engine.decide(question)
    except ClosedError:
        return None


@asynccontextmanager
async def both(
    opa: Path, work: Path, registers: Registers, change: Callable[[str, str], str] | None = None
) -> AsyncIterator[tuple[PolicyEngine, PolicyEngine]]:
    """The engine in process and by a real OPA server, over the same Rego and the same data.

    change: (file name, text) -> the text that the server gets instead.
    """
    folder = work / "policy"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for source in sorted((POLICIES / "rego").glob("*.rego")):
        text = source.read_text()
        (folder / source.name).write_text(change(source.name, text) if change else text)
    data = data_of(registers)
    (folder / "data.json").write_bytes(document(data))
    assert json.loads((folder / "data.json").read_bytes())["registers"]["revision"] == revision_of(data)
    with opa_server(opa, [str(folder)]) as url, engine(registers) as in_process:
        server = OpaServer(url, in_process.revision, concerned(registers), deadline=PATIENCE)
        async with server:
            yield in_process, server
