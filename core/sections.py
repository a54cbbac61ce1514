"""The published section schemas (policies/sections/<section>.v<n>.json, JSON Schema 2020-12), compiled once.

A section is one flat object; a field is one of its top-level properties, and what a grant, an agreement and a
view count by. `x-location` marks a property that says where the person is (suppressed under an R or V label),
`x-sensitive` one that needs more care. The folder is found by the name of the package, so that core goes on
importing nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import orjson
from jsonschema_rs import Draft202012Validator, ValidationError

from core.errors import OnceToldError
from core.vocabulary import Json, JsonObject

_MARKS = ("x-location", "x-sensitive")
_FILE_NAME = re.compile(r"([a-z][a-z-]*)\.v([1-9][0-9]*)\.json")


class SectionSchemaError(OnceToldError):
    """A published schema is not one we can stand on; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class SectionSchema:
    """One version of one section's schema.

    fields: all property names. list_fields: those that are arrays, whose items arrive one by one.
    location_fields and sensitive_fields: those marked so. document: the schema as published, for whoever shows it.
    """

    name: str
    version: int
    fields: frozenset[str]
    list_fields: frozenset[str]
    location_fields: frozenset[str]
    sensitive_fields: frozenset[str]
    document: JsonObject
    _validator: Draft202012Validator = field(repr=False, compare=False)

    def validate(self, data: JsonObject) -> tuple[str, ...]:
        """Names of the properties that do not validate, sorted; empty when all is well. Never a value."""
        if self._validator.is_valid(data):
            return ()
        named = set(_failing(self._validator.iter_errors(data))) | (data.keys() - self.fields)
        # A fault of the object as a whole is every property's.
        return tuple(sorted(named or data.keys()))

    def admits(self, name: str, value: Json) -> bool:
        """Whether one value of a scalar field, or one item of a list field, would validate by itself."""
        return self._validator.is_valid({name: [value] if name in self.list_fields else value})


def load_sections(folder: Path) -> Mapping[str, SectionSchema]:
    """The newest version of each section in the folder, by name.

    Raises `SectionSchemaError` for a file that is no schema of a section.
    """
    newest: dict[str, SectionSchema] = {}
    for path in sorted(folder.glob("*.json")):
        schema = _load(path)
        known = newest.get(schema.name)
        if known is None or known.version < schema.version:
            newest[schema.name] = schema
    if not newest:
        raise SectionSchemaError("no section schema in the folder")
    return MappingProxyType(newest)


def policies_folder() -> Path:
    """Where the published registers and schemas lie: the folder of the `policies` package."""
    return Path(str(files("policies")))


def _load(path: Path) -> SectionSchema:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None:
        raise SectionSchemaError(f"{path.name}: the name is not <section>.v<n>.json")
    try:
        document = orjson.loads(path.read_bytes())
        properties: dict[str, dict[str, object]] = document["properties"]
        if document["type"] != "object" or document["additionalProperties"] is not False:
            raise SectionSchemaError(f"{path.name}: not a closed object")
        validator = Draft202012Validator(document, validate_formats=True)
        marked = {mark: frozenset(n for n, p in properties.items() if p.get(mark) is True) for mark in _MARKS}
        lists = frozenset(n for n, p in properties.items() if p.get("type") == "array")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # A ValidationError of jsonschema_rs is a ValueError, as is orjson's.
        raise SectionSchemaError(f"{path.name}: {type(error).__name__}") from error
    name, version = match.groups()
    return SectionSchema(
        name=name,
        version=int(version),
        fields=frozenset(properties),
        list_fields=lists,
        location_fields=marked["x-location"],
        sensitive_fields=marked["x-sensitive"],
        document=MappingProxyType(document),
        _validator=validator,
    )


def _failing(errors: Iterator[ValidationError]) -> Iterator[str]:
    for error in errors:
        if error.instance_path:
            yield str(error.instance_path[0])
