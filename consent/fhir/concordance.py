"""Whose codes mean what here: what both ends of an import have to have agreed, as data.

A code that stands in none of these is refused; a code that stands for nothing here is said to stand for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from consent.fhir.errors import UnrepresentableError
from consent.permissions import LedgerError
from core.vocabulary import Json

PURPOSE: Final = "urn:oncetold:purpose"
SECTION: Final = "urn:oncetold:section"
FIELD: Final = "urn:oncetold:field"
KIND: Final = "urn:oncetold:consent-kind"
ORGANISATION: Final = "urn:oncetold:organisation"
POLICY: Final = "urn:oncetold:policy:permission"
"""The base policy of what this gateway writes: nothing is permitted that no agreement and no permission allows."""
ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"

Code = tuple[str, str]
"""System and code (or value)."""


@dataclass(frozen=True, slots=True)
class Concordance:
    """What the codes of others mean here.

    purposes: coding -> our purposes, perhaps none. sections: coding (a document type, a resource type) -> (section, field)
    pairs. policies: URIs of base policies that say no more than the agreement does. organisations: identifier -> id.
    references: literal reference, e.g. `Organization/7` -> id.
    """

    purposes: Mapping[Code, frozenset[str]] = field(default_factory=dict)
    sections: Mapping[Code, frozenset[tuple[str, str]]] = field(default_factory=dict)
    policies: frozenset[str] = frozenset()
    organisations: Mapping[Code, str] = field(default_factory=dict)
    references: Mapping[str, str] = field(default_factory=dict)

    def purpose(self, code: Code, element: str) -> frozenset[str]:
        """Our purposes; our own codes mean themselves."""
        if code[0] == PURPOSE:
            return frozenset({code[1]})
        if code not in self.purposes:
            raise UnrepresentableError(element, "this purpose of use is not one that was agreed on")
        return self.purposes[code]

    def section(self, code: Code, element: str) -> frozenset[tuple[str, str]]:
        """Our sections and fields."""
        system, value = code
        if system == SECTION:
            return frozenset({(value, "*")})
        if system == FIELD:
            section, dot, name = value.partition(".")
            if section and dot and name:
                return frozenset({(section, name)})
        if code not in self.sections:
            raise UnrepresentableError(element, "this kind of content is not one that was agreed on")
        return self.sections[code]

    def organisation(self, identifier: Code | None, reference: str | None, element: str) -> str:
        """The organisation's id."""
        if identifier is not None and identifier[0] == ORGANISATION:
            return identifier[1]
        if identifier is not None and identifier in self.organisations:
            return self.organisations[identifier]
        if identifier is None and reference is not None and reference in self.references:
            return self.references[reference]
        raise UnrepresentableError(element, "this organisation is not known here")


class ConcordanceError(LedgerError):
    """A file of agreed words that cannot be read; the message says what is expected where."""


def read_concordance(value: Json) -> Concordance:
    """A file of agreed words: docs/fhir-consent.md shows one. Raises `ConcordanceError`."""
    if not isinstance(value, Mapping) or not value.keys() <= _PARTS.keys():
        raise ConcordanceError(f"an object with some of {', '.join(sorted(_PARTS))} is expected")
    rows = {name: _rows(value.get(name, ()), name, keys) for name, keys in _PARTS.items()}
    return Concordance(
        purposes={(one["system"], one["code"]): frozenset(one["means"]) for one in rows["purposes"]},
        sections={
            (one["system"], one["code"]): frozenset(_pair(name) for name in one["means"])
            for one in rows["sections"]
        },
        policies=frozenset(one["uri"] for one in rows["policies"]),
        organisations={(one["system"], one["value"]): one["is"] for one in rows["organisations"]},
        references={one["reference"]: one["is"] for one in rows["references"]},
    )


_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "purposes": ("system", "code", "means"),
    "sections": ("system", "code", "means"),
    "policies": ("uri",),
    "organisations": ("system", "value", "is"),
    "references": ("reference", "is"),
}


def _rows(value: Json, name: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ConcordanceError(f"{name}: a list is expected")
    found = []
    for number, row in enumerate(value):
        if (
            not isinstance(row, Mapping)
            or set(row) != set(keys)
            or not all(_fits(row[key], key) for key in keys)
        ):
            raise ConcordanceError(f"{name}[{number}]: {', '.join(keys)} are expected")
        found.append(dict(row))
    return found


def _fits(value: Json, key: str) -> bool:
    if key != "means":
        return isinstance(value, str)
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(one, str) for one in value)
    )


def _pair(name: str) -> tuple[str, str]:
    section, dot, field_name = name.partition(".")
    return section, field_name if dot else "*"
