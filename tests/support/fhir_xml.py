"""FHIR XML to FHIR JSON (https://hl7.org/fhir/R4/json.html), well enough for the UK Core examples that the tests read.

Which elements repeat is not in the XML: `_LISTS` names those of the resources we read, `_SINGLE` the exceptions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from core.vocabulary import Json, JsonObject

_FHIR: Final = "{http://hl7.org/fhir}"
_LISTS: Final = frozenset(
    (
        "activity",
        "address",
        "basedOn",
        "category",
        "coding",
        "communication",
        "contact",
        "contained",
        "dayOfWeek",
        "doseAndRate",
        "dosage",
        "entry",
        "extension",
        "given",
        "goal",
        "identifier",
        "line",
        "link",
        "manifestation",
        "modifierExtension",
        "name",
        "note",
        "outcomeCodeableConcept",
        "partOf",
        "performer",
        "prefix",
        "profile",
        "reaction",
        "reasonCode",
        "security",
        "suffix",
        "telecom",
        "when",
    )
)
_SINGLE: Final = frozenset({"contact.name", "MedicationStatement.category"})
_BOOLEANS: Final = frozenset({"valueBoolean", "preferred", "doNotPerform", "active", "deceasedBoolean"})
_NUMBERS: Final = frozenset({"rank", "frequency", "valuePositiveInt", "repeat.period", "doseQuantity.value"})


def read_resource(path: Path) -> JsonObject:
    """The resource in a file."""
    return _resource(ET.parse(path).getroot())  # noqa: S314 - published examples, read by tests only


def _resource(element: ET.Element) -> JsonObject:
    kind = _name(element)
    return {"resourceType": kind, **_children(element, kind)}


def _children(element: ET.Element, parent: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    if "url" in element.attrib:
        found["url"] = element.attrib["url"]
    several: dict[str, list[Json]] = {}
    for inner in element:
        name = _name(inner)
        if not inner.tag.startswith(_FHIR) or (name == "text" and len(inner) > 1):
            continue
        path = f"{parent}.{name}"
        value = _value(inner, name, path)
        if name in _LISTS and path not in _SINGLE:
            several.setdefault(name, []).append(value)
        else:
            found[name] = value
    return {**found, **several}


def _value(element: ET.Element, name: str, path: str) -> Json:
    if name in {"contained", "resource"}:
        return _resource(element[0])
    text = element.attrib.get("value")
    if text is None:
        return _children(element, name)
    if name in _BOOLEANS:
        return text == "true"
    return float(text) if name in _NUMBERS or path in _NUMBERS else text


def _name(element: ET.Element) -> str:
    return element.tag.removeprefix(_FHIR)
