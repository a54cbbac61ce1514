"""Asks for METADATA on every package and rule of the policies: `python -m scripts.check_rego_metadata [opa [folder]]`.

Stands in for Regal's rules of that kind (`missing-metadata`, `annotation-without-metadata`), since Regal cannot be had here.
OPA itself reads the sources (`opa parse`), so that nothing depends on how they are laid out. What an annotation may say is
policies/schemas/annotation.schema.json; that a package which reads `input` or `data.registers` names the schema of what it
reads lets `opa check --schema` refuse a misspelt path.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

import jsonschema_rs

from scripts import parts

Node: TypeAlias = Mapping[str, "Node | Sequence[Node] | str | int | bool | None"]

SCHEMA = parts.ROOT / "policies" / "schemas" / "annotation.schema.json"
READS = {"input": "input: schema.input.schema", "data.registers": "data.registers: schema.data.schema"}


def faults(module: Node, file: str, text: str) -> list[str]:
    """What is missing in one parsed module (`opa parse --format json --json-include locations`), with file and line."""
    annotated = _nodes(module.get("annotations"))
    found = [*_package_faults(annotated, file, text)]
    heads: dict[str, list[Node]] = {}
    for rule in _nodes(module.get("rules")):
        heads.setdefault(_name(rule), []).append(rule)
    for name, rules in heads.items():
        found.extend(_rule_faults(name, rules, file))
    for annotation in annotated:
        found.extend(_form_faults(annotation, file))
    return found


def _package_faults(annotated: Sequence[Node], file: str, text: str) -> Iterator[str]:
    package = next((one for one in annotated if one.get("scope") == "package"), None)
    if package is None:
        yield f"{file}:1: the package has no METADATA of scope package"
        return
    named = _schemas(package)
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for read, schema in READS.items():
        if f"{read}." in code and schema not in named:
            yield f"{file}:1: the package reads {read} and names no schema of it"


def _rule_faults(name: str, rules: Sequence[Node], file: str) -> Iterator[str]:
    """One document annotation says what a rule of several heads is; OPA hands it to each of them."""
    line = _line(rules[0])
    scopes = {str(one.get("scope")) for rule in rules for one in _nodes(rule.get("annotations"))}
    if not scopes:
        yield f"{file}:{line}: the rule {name} has no METADATA"
    elif len(rules) > 1 and scopes != {"document"}:
        yield f"{file}:{line}: the rule {name} has several heads: one annotation of scope document stands for all"


def _form_faults(annotation: Node, file: str) -> Iterator[str]:
    told = {
        key: _schemas(annotation) if key == "schemas" else value
        for key, value in annotation.items()
        if key != "location"
    }
    validator = jsonschema_rs.Draft202012Validator(json.loads(SCHEMA.read_text()))
    for error in validator.iter_errors(told):
        where = ".".join(str(part) for part in error.instance_path) or "METADATA"
        yield f"{file}:{_line(annotation)}: {where}: {error.message}"


def _schemas(annotation: Node) -> list[str]:
    return [
        f"{_path(_nodes(one['path']))}: {_path(_nodes(one['schema']))}"
        for one in _nodes(annotation.get("schemas"))
    ]


def _path(terms: Sequence[Node]) -> str:
    return ".".join(str(term["value"]) for term in terms)


def _name(rule: Node) -> str:
    return _path(_nodes(cast("Node", rule["head"])["ref"])[:1])


def _line(node: Node) -> int:
    return cast("int", cast("Node", node["location"])["row"])


def _nodes(value: object) -> list[Node]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def parsed(opa: Path, path: Path) -> Node:
    """One file as OPA reads it; raises CalledProcessError where it is no Rego."""
    command = [str(opa), "parse", "--format", "json", "--json-include", "locations,-comments", str(path)]
    module: Node = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return module


def main(arguments: Sequence[str]) -> int:
    """Check a folder and print what is missing; returns the exit status."""
    opa = Path(arguments[0]) if arguments else parts.FINDERS["opa"]()
    if opa is None:
        print("check_rego_metadata: OPA is not here; make parts installs it", file=sys.stderr)
        return 3
    folder = Path(arguments[1]) if len(arguments) > 1 else parts.ROOT / "policies" / "rego"
    paths = sorted(folder.glob("*.rego"))
    found = [fault for path in paths for fault in faults(parsed(opa, path), path.name, path.read_text())]
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
