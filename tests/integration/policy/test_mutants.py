"""Drops every condition of the Rego in turn: the table of situations must notice, or the table is too thin.

Each mutant is compiled by OPA and decides the whole table and a few questions more that need registers which the
gateway would refuse to start on. A mutant that nothing notices is listed here with the reason why it is equivalent.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opapywasm import OpaWasmError, OpaWasmPolicy, PolicyConfig

from gateway.policy.compile import document, policy_data
from gateway.policy.question import canonical
from gateway.policy.registers import Agreement, Article6, RecipientTerms, Registers, SourceTerms, Status
from gateway.policy.wasm import ENTRYPOINT
from tests.unit.gateway.policy.world import POLICIES, situations, world

if TYPE_CHECKING:
    from tests.conftest import Parts

EQUIVALENT = {
    "label.rego: count(role.open) > 0": "the decision asks for labels only where nothing is refused, so some role is open",
    "refusal.rego: count(agreement.suspended) > 0": "no suspended agreement, no clause: the refusal is undefined without it",
    'refusal.rego: renewal(terms) := concat("", [" Its renewal is ", terms.renewed_by, "."]) if terms.renewed_by != null': (
        "concat of null is undefined"
    ),
    'refusal.rego: until(terms) := concat("", [" to ", terms.valid_until]) if terms.valid_until != null': (
        "concat of null is undefined"
    ),
}

HEAD = re.compile(r"^(?P<head>\S.*?) if (?P<condition>[^{]+)$")


def mutants(text: str) -> list[tuple[str, str]]:
    """(the dropped condition, the text without it) for every condition that stands on its own line or behind an `if`."""
    lines = text.splitlines()
    found = []
    depth: list[str] = []
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("}") and depth:
            depth.pop()
        if depth and depth[-1] == "body" and _condition(stripped):
            found.append((stripped, "\n".join([*lines[:number], "\ttrue", *lines[number + 1 :]])))
        head = HEAD.match(line)
        if head and not line.startswith(("#", "\t", "default")) and "some " not in head["condition"]:
            kept = f"{head['head']} if true"
            found.append((stripped, "\n".join([*lines[:number], kept, *lines[number + 1 :]])))
        if stripped.endswith("{") or (stripped.endswith("|") and "{" in stripped):
            opens_body = stripped.endswith(("if {", "|", "role.open {"))
            depth.append("body" if opens_body else "value")
        elif stripped.endswith("["):
            depth.append("value")
        elif stripped.endswith("|"):
            depth.append("body")
        elif stripped.startswith("]") and depth:
            depth.pop()
    return found


def _condition(stripped: str) -> bool:
    return (
        bool(stripped)
        and ":=" not in stripped
        and not stripped.startswith(("some ", "every ", "#", "}", "]"))
    )


@pytest.mark.parametrize("source", sorted((POLICIES / "rego").glob("*.rego")), ids=lambda path: path.stem)
def test_every_condition_of_the_policy_is_needed(parts: Parts, tmp_path: Path, source: Path) -> None:
    found = mutants(source.read_text())
    assert found
    survivors = {
        f"{source.name}: {dropped}"
        for dropped, text in found
        if not _killed(_compiled(parts.opa, tmp_path, source.name, text))
    }
    unexplained = sorted(survivors - EQUIVALENT.keys())
    assert not unexplained, "\n".join(unexplained)


def test_no_explanation_outlives_the_condition_that_it_explains() -> None:
    sources = (POLICIES / "rego").glob("*.rego")
    conditions = {
        f"{source.name}: {dropped}" for source in sources for dropped, _ in mutants(source.read_text())
    }
    assert EQUIVALENT.keys() <= conditions


def test_a_policy_that_was_not_changed_answers_the_same(parts: Parts, tmp_path: Path) -> None:
    wasm = _compiled(parts.opa, tmp_path, "label.rego", (POLICIES / "rego" / "label.rego").read_text())
    assert wasm == (POLICIES / "policy.wasm").read_bytes()


def _compiled(opa: Path, work: Path, name: str, text: str) -> bytes | None:
    """The compiled policy with one file exchanged; None where OPA itself refuses it."""
    folder = work / "policies" / "rego"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (POLICIES / "rego").glob("*.rego"):
        (folder / source.name).write_text(text if source.name == name else source.read_text())
    bundle = work / "bundle.tar.gz"
    # From the same place as scripts/build_policy.sh: the compiled policy names its sources' paths.
    command = [str(opa), "build", "-t", "wasm", "-e", ENTRYPOINT, "policies/rego", "-o", str(bundle)]
    if subprocess.run(command, cwd=work, capture_output=True, check=False).returncode != 0:
        return None
    with tarfile.open(bundle) as archive:
        member = archive.extractfile("/policy.wasm")
        assert member is not None
        return member.read()


def _killed(wasm: bytes | None) -> bool:
    """Whether OPA refuses the mutant, or some answer is not what the committed policy gives."""
    if wasm is None:
        return True
    with OpaWasmPolicy.from_wasm_bytes(wasm, PolicyConfig(pool_size=1)) as policy:
        return any(answers != right for answers, right in zip(_answers(policy), _right(), strict=True))


@cache
def _right() -> tuple[list[object], ...]:
    wasm = (POLICIES / "policy.wasm").read_bytes()
    with OpaWasmPolicy.from_wasm_bytes(wasm, PolicyConfig(pool_size=1)) as policy:
        return tuple(_answers(policy))


def _answers(policy: OpaWasmPolicy) -> Iterator[list[object]]:
    """World by world, the raw answers, lists in one order."""
    for registers in _worlds():
        policy.set_data(document(policy_data(registers)))
        yield [_answer(policy, question) for question in _questions()]


def _answer(policy: OpaWasmPolicy, question: bytes) -> object:
    try:
        return _ordered(policy.evaluate(question, ENTRYPOINT))
    except OpaWasmError:
        return "no answer"


def _ordered(value: object) -> object:
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(item) for item in value), key=repr)
    return value


@cache
def _questions() -> tuple[bytes, ...]:
    """The table, and the same when somebody takes every agreement for one in force."""
    asked = [situation.question for situation in situations()]
    everything = frozenset(world().agreements)
    return tuple(map(canonical, [*asked, *(replace(question, agreements=everything) for question in asked)]))


@cache
def _worlds() -> tuple[Registers, ...]:
    """The table's world, and worlds with a hole that the registers' own checks would not let in."""
    whole = world()
    narrow = {
        purpose.id: replace(purpose, sections={"contact": frozenset({"telephone"})}, labels=frozenset())
        for purpose in whole.purposes.values()
    }
    return (
        whole,
        replace(whole, purposes=narrow),
        _every(whole, lambda agreement: replace(agreement, article_9=None)),
        _every(whole, lambda agreement: replace(agreement, confidentiality=None)),
        _every(whole, lambda agreement: replace(agreement, article_6=_only(agreement, agreement.sources))),
        _every(whole, lambda agreement: replace(agreement, article_6=_only(agreement, agreement.recipients))),
        _every(whole, lambda agreement: replace(agreement, valid_until=None, renewed_by=None)),
        replace(whole, agreements={**whole.agreements, **_suspended_twins(whole)}),
    )


def _suspended_twins(registers: Registers) -> dict[str, Agreement]:
    active = [each for each in registers.agreements.values() if each.status is Status.ACTIVE]
    return {
        f"{each.id}-before": replace(each, id=f"{each.id}-before", status=Status.SUSPENDED) for each in active
    }


def _every(registers: Registers, change: Callable[[Agreement], Agreement]) -> Registers:
    return replace(registers, agreements={each.id: change(each) for each in registers.agreements.values()})


def _only(agreement: Agreement, terms: tuple[SourceTerms | RecipientTerms, ...]) -> tuple[Article6, ...]:
    names = {each.organisation for each in terms}
    return tuple(basis for basis in agreement.article_6 if basis.organisation in names)
