"""Reads the registers' files: YAML 1.1 less its traps, or JSON, each value with the line it stands on.

Dates, `yes`, `on` and the like stay text; only true, false, null and whole numbers are more. A key that stands twice is an
error: in a list of what may be shared, the last one must not silently win.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import jsonschema_rs
import yaml

from core.errors import OnceToldError

Value: TypeAlias = "bool | int | str | list[Value] | dict[str, Value] | None"
Where: TypeAlias = tuple[str | int, ...]

# libyaml's reader where PyYAML was built with it: ten times as quick, with the same marks.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class RegisterError(OnceToldError):
    """A register that cannot be used: names the file, the line where known, and what to change."""

    def __init__(self, file: str, line: int | None, problem: str) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {problem}")
        self.file = file
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Document:
    """One register file: its value and, for each place in it, the line (from 1)."""

    file: str
    value: dict[str, Value]
    lines: Mapping[Where, int]

    def line(self, *where: str | int) -> int | None:
        """The line of a place, or of the nearest place around it."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)

    def error(self, problem: str, *where: str | int) -> RegisterError:
        """The error that says what to change at a place."""
        return RegisterError(self.file, self.line(*where), problem)


def read_document(path: Path, root: Path) -> Document:
    """Read one YAML file whose top is a mapping; `root` is what its name is told relative to."""
    name = path.relative_to(root).as_posix()
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise RegisterError(
            name, None, "the file cannot be read: put it there or give it back its rights"
        ) from error
    except UnicodeDecodeError as error:
        raise RegisterError(name, None, "the file is not UTF-8 text: save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise RegisterError(
            name, line, f"this is not YAML: {getattr(error, 'problem', 'mend the syntax')}"
        ) from error
    lines: dict[Where, int] = {}
    value = _plain(node, (), name, lines) if node is not None else None
    if not isinstance(value, dict):
        raise RegisterError(name, 1, "the file must hold a mapping of keys to values")
    return Document(name, value, lines)


def read_schema(path: Path, root: Path) -> jsonschema_rs.Draft202012Validator:
    """Read and compile one JSON Schema (2020-12)."""
    return jsonschema_rs.Draft202012Validator(read_json(path, root))


def read_json(path: Path, root: Path) -> dict[str, Value]:
    """Read one JSON file whose top is an object."""
    name = path.relative_to(root).as_posix()
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise RegisterError(name, None, "the file cannot be read as JSON: mend its syntax") from error
    if not isinstance(value, dict):
        raise RegisterError(name, 1, "the file must hold a JSON object")
    return cast("dict[str, Value]", value)


def check_schema(document: Document, schema: jsonschema_rs.Draft202012Validator) -> None:
    """Raise the first `RegisterError`, in the file's order, where the document does not fit its schema."""
    found = [(tuple(error.instance_path), error.message) for error in schema.iter_errors(document.value)]
    if found:
        where, problem = min(found, key=lambda one: (document.line(*one[0]) or 0, len(one[0])))
        raise document.error(f"{_told(where)}{problem}", *where)


def _told(where: Where) -> str:
    return f"at {'.'.join(str(part) for part in where)}: " if where else ""


def _plain(node: yaml.Node, where: Where, file: str, lines: dict[Where, int]) -> Value:
    line = node.start_mark.line + 1
    lines.setdefault(where, line)
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Value] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise RegisterError(file, key.start_mark.line + 1, "a key must be a plain word")
            if key.value in entries:
                raise RegisterError(
                    file, key.start_mark.line + 1, f"the key {key.value!r} stands twice: keep one"
                )
            lines[(*where, key.value)] = key.start_mark.line + 1
            entries[key.value] = _plain(item, (*where, key.value), file, lines)
        return entries
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*where, index), file, lines) for index, item in enumerate(node.value)]
    return _scalar(str(node.value), node.tag if isinstance(node, yaml.ScalarNode) and not node.style else "")


def _scalar(text: str, tag: str) -> Value:
    if tag == "tag:yaml.org,2002:null":
        return None
    if tag == "tag:yaml.org,2002:bool" and text in {"true", "false"}:
        return text == "true"
    if tag == "tag:yaml.org,2002:int" and text.isdecimal() and not (len(text) > 1 and text[0] == "0"):
        return int(text)
    return text
