"""Drops every condition, alternative and listed name of the Rego in turn: some answer must change.

Each mutant is compiled by OPA and decides the table of situations, generated questions over the registers and over made-up
ones, and a few worlds with one hole each. A mutant that nothing notices is listed here with the reason why it is equivalent.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opapywasm import OpaWasmError, OpaWasmPolicy, PolicyConfig

from gateway.policy.compile import document
from gateway.policy.port import Question
from gateway.policy.question import canonical
from gateway.policy.registers import (
    Agreement,
    Article6,
    LegalGate,
    RecipientTerms,
    Registers,
    SourceTerms,
    Status,
)
from gateway.policy.wasm import ENTRYPOINT
from tests.support.questions import GATES, made_up, questions
from tests.unit.gateway.policy.world import POLICIES, data_of, situations, world

if TYPE_CHECKING:
    from tests.conftest import Parts

GENERATED, MADE_UP = 300, 3
EQUIVALENT = {
    "obligation.rego: purpose.entry.review_hours": "the obligation names the hours, so it is undefined without them",
    'obligation.rego: expires contains {"code": "expires", "minutes": purpose.entry.emergency.minutes}'
    " if purpose.entry.emergency": ("the obligation names the minutes, so it is undefined without them"),
    "label.rego: count(role.open) > 0": "the decision asks for labels only where nothing is refused, so some role is open",
    "refusal.rego: count(agreement.suspended) > 0": "no suspended agreement, no clause: the refusal is undefined without it",
    'refusal.rego: renewal(terms) := concat("", [" Its renewal is ", terms.renewed_by, "."]) if terms.renewed_by != null': (
        "concat of null is undefined"
    ),
    'refusal.rego: until(terms) := concat("", [" to ", terms.valid_until]) if terms.valid_until != null': (
        "concat of null is undefined"
    ),
}

HEAD = re.compile(r"^(?P<head>\S.*?) if (?P<condition>.*[^{|\[])$")
LISTED = re.compile(r'\{("[^"{}:]+"(?:, "[^"{}:]+")+)\}')


def mutants(text: str) -> list[tuple[str, str]]:
    """(what is dropped, the text without it); what is dropped a second time in one file says so."""
    found = [*_conditions(text), *_alternatives(text), *_listed_names(text)]
    seen: Counter[str] = Counter()
    named = []
    for dropped, mutant in found:
        seen[dropped] += 1
        named.append((dropped if seen[dropped] == 1 else f"{dropped} ({seen[dropped]})", mutant))
    return named


def _conditions(text: str) -> Iterator[tuple[str, str]]:
    """Every condition that stands on its own line or behind an `if`, replaced by `true`."""
    lines = text.splitlines()
    depth: list[str] = []
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("}") and depth:
            depth.pop()
        if depth and depth[-1] == "body" and _condition(stripped):
            yield stripped, "\n".join([*lines[:number], "\ttrue", *lines[number + 1 :]])
        head = HEAD.match(line)
        if head and not line.startswith(("#", "\t", "default", "}")) and "some " not in head["condition"]:
            kept = f"{head['head']} if true"
            yield stripped, "\n".join([*lines[:number], kept, *lines[number + 1 :]])
        if stripped.endswith("{") or (stripped.endswith("|") and "{" in stripped):
            opens_body = stripped.endswith(("if {", "|", "role.open {"))
            depth.append("body" if opens_body else "value")
        elif stripped.endswith("["):
            depth.append("value")
        elif stripped.endswith("|"):
            depth.append("body")
        elif stripped.startswith("]") and depth:
            depth.pop()


def _alternatives(text: str) -> Iterator[tuple[str, str]]:
    """Every definition of a rule that has several, left out."""
    blocks = text.split("\n\n")
    names = [_defined(block) for block in blocks]
    for number, name in enumerate(names):
        if name and names.count(name) > 1:
            kept = [*blocks[:number], *blocks[number + 1 :]]
            line = next(line for line in blocks[number].splitlines() if not line.startswith("#"))
            yield f"a definition: {line}", "\n\n".join(kept)


def _defined(block: str) -> str:
    """The name of the rule that a paragraph defines; a default counts like any other."""
    code = [line for line in block.splitlines() if not line.startswith("#")]
    found = re.match(r"(?:default )?([a-z_0-9]+)(?:\(| |\[)", code[0]) if code else None
    return found[1] if found and found[1] not in {"package", "import"} else ""


def _listed_names(text: str) -> Iterator[tuple[str, str]]:
    """Every name of a set that is written out, left out."""
    for listed in LISTED.finditer(text):
        names = listed[1].split(", ")
        for name in names:
            kept = ", ".join(each for each in names if each != name)
            yield f"{name} of {listed[0]}", text[: listed.start(1)] + kept + text[listed.end(1) :]


def _condition(stripped: str) -> bool:
    return (
        bool(stripped)
        and ":=" not in stripped
        and not stripped.startswith(("some ", "every ", "#", "}", "]"))
    )


# The first one pays for the right answers of all; the machine may be busy.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("source", sorted((POLICIES / "rego").glob("*.rego")), ids=lambda path: path.stem)
def test_every_condition_of_the_policy_is_needed(
    parts: Parts, tmp_path: Path, source: Path, record_property: Callable[[str, object], None]
) -> None:
    found = mutants(source.read_text())
    assert found
    _right()

    def survives(numbered: tuple[int, tuple[str, str]]) -> bool:
        number, (_, text) = numbered
        return not _killed(_compiled(parts.opa, tmp_path / str(number), source.name, text))

    # OPA and the compiled policies run outside the interpreter's lock.
    with ThreadPoolExecutor(2) as pool:
        survived = list(pool.map(survives, enumerate(found)))
    survivors = {
        f"{source.name}: {dropped}" for (dropped, _), yes in zip(found, survived, strict=True) if yes
    }
    record_property("mutants", len(found))
    record_property("survivors", len(survivors))
    unexplained = sorted(survivors - EQUIVALENT.keys())
    assert not unexplained, "\n".join(unexplained)
    killed = sorted(key for key in EQUIVALENT.keys() - survivors if key.startswith(f"{source.name}: "))
    assert not killed, "explained as equivalent, and yet noticed: " + "\n".join(killed)


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
        return any(answer != right for answer, right in zip(_answers(policy), _right(), strict=True))


@cache
def _right() -> tuple[object, ...]:
    wasm = (POLICIES / "policy.wasm").read_bytes()
    with OpaWasmPolicy.from_wasm_bytes(wasm, PolicyConfig(pool_size=1)) as policy:
        return tuple(_answers(policy))


def _answers(policy: OpaWasmPolicy) -> Iterator[object]:
    """World by world and question by question, the raw answers, lists in one order."""
    for data, asked in _worlds():
        policy.set_data(data)
        for question in asked:
            yield _answer(policy, question)


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
def _worlds() -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """Data and what is asked of them: the real registers, made-up ones, and some with one hole each."""
    whole = world()
    table = [situation.question for situation in situations()]
    everything = frozenset(whole.agreements)
    anyway = [*table, *(replace(question, agreements=everything) for question in table)]
    made = [made_up(whole, seed) for seed in range(MADE_UP)]
    return (
        (_data(whole), _asked([*anyway, *questions(whole, 1, GENERATED)])),
        *((_data(registers), _asked(questions(registers, 1, GENERATED))) for registers in made),
        *((_data(registers), _asked(anyway)) for registers in _holes(whole)),
    )


def _data(registers: Registers) -> bytes:
    return document(data_of(registers))


def _asked(found: Iterable[Question]) -> tuple[bytes, ...]:
    return tuple(canonical(question) for question in found)


def _holes(whole: Registers) -> tuple[Registers, ...]:
    """Worlds with a hole that the registers' own checks would not let in."""
    narrow = {
        purpose.id: replace(purpose, sections={"contact": frozenset({"telephone"})}, labels=frozenset())
        for purpose in whole.purposes.values()
    }
    return (
        replace(whole, purposes=narrow),
        _every(whole, lambda agreement: replace(agreement, article_9=None)),
        _every(whole, lambda agreement: replace(agreement, confidentiality=None)),
        _every(whole, lambda agreement: replace(agreement, article_6=_only(agreement, agreement.sources))),
        _every(whole, lambda agreement: replace(agreement, article_6=_only(agreement, agreement.recipients))),
        _every(whole, lambda agreement: replace(agreement, valid_until=None, renewed_by=None)),
        *(_every(whole, _gated(gate)) for gate in GATES),
        replace(whole, agreements={**whole.agreements, **_suspended_twins(whole)}),
        replace(
            whole,
            organisations={
                each.id: replace(each, only_for=frozenset()) if each.confidential else each
                for each in whole.organisations.values()
            },
        ),
    )


def _gated(gate: str) -> Callable[[Agreement], Agreement]:
    return lambda agreement: replace(agreement, confidentiality=LegalGate(gate, "A law"))


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
