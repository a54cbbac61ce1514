"""Drops every condition of a Python module in turn, and runs the tests that reach it: who notices?

    python -m tests.support.mutants <module> <test file>...      prints {"mutants": n, "survivors": [...]} as its last line

A mutant is the module with one condition forced: the test of an `if`, `while` or ternary and each filter of a comprehension
to true and to false, each operand of `and` and `or` left out, each `not` left out, each comparison elsewhere forced both
ways, and each `<`, `<=`, `>`, `>=` moved by one. It is put into the running process by exchanging the code of the function,
in a child process of its own, where the tests that reach the line then run until one fails.
"""

from __future__ import annotations

import ast
import copy
import importlib
import json
import os
import pickle
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import pytest
import yaml
from _pytest.runner import runtestprotocol

SECONDS = 60
"""A mutant that runs for longer never ends: noticed."""
_MOVED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One condition dropped. name: what was done to what, where; lines: those that it changes the way to."""

    name: str
    function: str
    lines: frozenset[int]
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one test as the module stands: the module's lines that it reached, whether it passed, and how long it took."""

    lines: frozenset[int]
    passed: bool
    seconds: float


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module's source. Names are unique: equal ones are numbered from the second."""
    tree = ast.parse(source)
    found: list[Mutant] = []
    named: Counter[str] = Counter()
    for function, path, node, lines in _conditions(tree):
        for what, changed in _changes(node):
            name = f"{function}: {what}"
            named[name] += 1
            numbered = name if named[name] == 1 else f"{name} ({named[name]})"
            found.append(Mutant(numbered, function, lines, _exchanged(tree, path, changed)))
    return found


_Path = tuple[tuple[str, int | None], ...]


def _conditions(tree: ast.Module) -> Iterator[tuple[str, _Path, ast.expr, frozenset[int]]]:
    """(function, place, condition, lines that hang on it), innermost last."""

    def walk(
        node: ast.AST, function: str, path: _Path
    ) -> Iterator[tuple[str, _Path, ast.expr, frozenset[int]]]:
        for name, value in ast.iter_fields(node):
            for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if not isinstance(child, ast.AST) or name in {"annotation", "returns", "decorator_list"}:
                    continue
                here = (*path, (name, index))
                inner = function
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    inner = f"{function}.{child.name}" if function else child.name
                elif inner and isinstance(child, ast.expr) and _is_condition(node, name, child):
                    yield inner, here, child, _hanging(node, child)
                yield from walk(child, inner, here)

    yield from walk(tree, "", ())


def _is_condition(parent: ast.AST, name: str, node: ast.expr) -> bool:
    if name == "test" or (isinstance(parent, ast.comprehension) and name == "ifs"):
        return True
    return isinstance(node, ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )


def _hanging(parent: ast.AST, node: ast.expr) -> frozenset[int]:
    """The lines of the condition and, of an `if` or a loop, those of its body."""
    lines = set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    if isinstance(parent, ast.If | ast.While):
        for one in parent.body:
            lines |= set(range(one.lineno, (one.end_lineno or one.lineno) + 1))
    return frozenset(lines)


def _changes(node: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    told = ast.unparse(node)
    for forced in (True, False):
        yield f"`{told}` is {forced}", ast.Constant(forced)
    if isinstance(node, ast.BoolOp):
        for index, operand in enumerate(node.values):
            rest = [one for other, one in enumerate(node.values) if other != index]
            left = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
            yield f"`{told}` without `{ast.unparse(operand)}`", left
    if isinstance(node, ast.UnaryOp):
        yield f"`{told}` without not", node.operand
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            if type(operator) in _MOVED:
                changed = copy.deepcopy(node)
                changed.ops[index] = _MOVED[type(operator)]()
                yield f"`{told}` as `{ast.unparse(changed)}`", changed


def _exchanged(tree: ast.Module, path: _Path, new: ast.expr) -> ast.Module:
    changed = copy.deepcopy(tree)
    place: Any = changed
    for name, index in path[:-1]:
        place = getattr(place, name) if index is None else getattr(place, name)[index]
    name, index = path[-1]
    old = getattr(place, name) if index is None else getattr(place, name)[index]
    new = ast.copy_location(copy.deepcopy(new), old)
    if index is None:
        setattr(place, name, new)
    else:
        getattr(place, name)[index] = new
    return ast.fix_missing_locations(changed)


# Into the running process


def functions(module: ModuleType) -> dict[str, FunctionType]:
    """Every function and method that a module defines, by qualified name, as it is really called."""
    found: dict[str, FunctionType] = {}

    def look(value: object) -> None:
        for part in (value, *(getattr(value, name, None) for name in ("fget", "__func__"))):
            plain = getattr(part, "__wrapped__", part)
            if isinstance(plain, FunctionType) and plain.__module__ == module.__name__:
                found[plain.__qualname__] = plain

    for value in vars(module).values():
        look(value)
        if isinstance(value, type) and value.__module__ == module.__name__:
            for inner in vars(value).values():
                look(inner)
    return found


def exchange(module: ModuleType, mutant: Mutant) -> None:
    """Let the mutant's function run instead of the module's."""
    codes = {code.co_qualname: code for code in _codes(compile(mutant.tree, str(module.__file__), "exec"))}
    known = functions(module)
    # A nested function is part of the one around it.
    name = mutant.function
    while name not in known:
        name, dot, _ = name.rpartition(".")
        assert dot, f"{mutant.function} cannot be exchanged"
    known[name].__code__ = codes[name]


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


# The tests


class Judge:
    """A pytest plugin: instead of running the tests once, runs them for every mutant."""

    def __init__(self, module: str) -> None:
        self.module = importlib.import_module(module)
        self.path = Path(str(self.module.__file__))
        self.mutants = mutants(self.path.read_text())
        self.survivors: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """The whole run."""
        seen = _Child(partial(self._seen, session.items), SECONDS * 5)()
        failed = [item.nodeid for item, one in zip(session.items, seen or [], strict=True) if not one.passed]
        assert seen, "the tests do not even end as the module stands"
        assert not failed, f"these fail as the module stands: {failed}"
        popular = Counter(line for one in seen for line in one.lines)
        waiting = list(reversed(self.mutants))
        running: dict[int, tuple[Mutant, _Child]] = {}
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                mutant = waiting.pop()
                items = _reaching(session.items, seen, mutant.lines, popular)
                collect = _Child(partial(self._noticed, mutant, items))
                running[collect.fd] = (mutant, collect)
            for fd in select.select(list(running), [], [])[0]:
                mutant, collect = running.pop(fd)
                # A child that ended without a word was stopped by its clock or crashed: noticed.
                if collect() is False:
                    self.survivors.append(mutant.name)
        return True

    def _seen(self, items: list[pytest.Item]) -> list[Seen]:
        found = []
        for index, item in enumerate(items):
            lines: set[int] = set()
            started = time.perf_counter()
            sys.settrace(self._tracer(lines))
            try:
                passed = _passes(item, items[index + 1] if index + 1 < len(items) else None)
            finally:
                sys.settrace(None)
            found.append(Seen(frozenset(lines), passed, time.perf_counter() - started))
        return found

    def _tracer(self, lines: set[int]) -> Callable[[FrameType, str, object], Any]:
        name = str(self.path)

        def each_line(frame: FrameType, event: str, _: object) -> Any:
            lines.add(frame.f_lineno)
            return each_line

        def each_call(frame: FrameType, event: str, _: object) -> Any:
            return each_line(frame, event, None) if frame.f_code.co_filename == name else None

        return each_call

    def _noticed(self, mutant: Mutant, items: list[pytest.Item]) -> bool:
        exchange(self.module, mutant)
        return any(
            not _passes(item, items[index + 1] if index + 1 < len(items) else None)
            for index, item in enumerate(items)
        )


def _reaching(
    items: list[pytest.Item], seen: list[Seen], lines: frozenset[int], popular: Counter[int]
) -> list[pytest.Item]:
    """The tests that reach one of the lines; first the quick ones that reach what few others do."""
    order = sorted(
        (min(popular[line] for line in one.lines & lines) * one.seconds, index)
        for index, one in enumerate(seen)
        if one.lines & lines
    )
    return [items[index] for _, index in order]


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    reports = runtestprotocol(item, log=False, nextitem=following)
    return not any(report.failed for report in reports)


class _Child:
    """Call something in a child process; calling this gives its result, or None where the child was stopped."""

    def __init__(self, work: Callable[[], object], seconds: int = SECONDS) -> None:
        self.fd, writing = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(writing)
            return
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(seconds)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
        finally:
            os._exit(0)

    def __call__(self) -> Any:
        with os.fdopen(self.fd, "rb") as pipe:
            said = pipe.read()
        os.waitpid(self.pid, 0)
        return pickle.loads(said) if said else None  # noqa: S301 - our own child's


def quicken() -> None:
    """Parse each text of YAML once: the registers are read thousands of times, and none of the mutants is in the parser."""
    compose = yaml.compose

    @lru_cache(maxsize=4096)
    def remembered(text: str) -> yaml.Node | None:
        return compose(text, Loader=yaml.SafeLoader)

    def composed(text: str, Loader: object) -> yaml.Node | None:  # noqa: N803 - the parameter's name in PyYAML
        return remembered(text)

    yaml.compose = composed  # type: ignore[assignment] # only texts are parsed here


def main(module: str, tests: list[str]) -> None:
    """Judge the mutants of one module and print what survived."""
    # Imported here: the mutator itself knows nothing of what it judges.
    from tests.unit.gateway.policy.small import small_registers
    from tests.unit.gateway.policy.world import world

    quicken()
    world(), small_registers()  # what is read once is read before the children begin
    judge = Judge(module)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--no-header", *tests]
    code = pytest.main(arguments, plugins=[judge])
    said = {"mutants": len(judge.mutants), "survivors": sorted(judge.survivors), "code": int(code)}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
