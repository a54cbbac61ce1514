"""What the adapters' tests share: the published schemas, a clock that stands still, and small FHIR resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from adapters.contract import FetchRequest, Fragment, Source, SourceAnswer
from adapters.fhir import mapping, plan
from core.sections import load_sections, policies_folder
from core.vocabulary import Json, JsonObject

SCHEMAS = load_sections(policies_folder() / "sections")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NUMBER = "9990000018"
"""A sandbox NHS number whose check digit is right."""
WRONG_NUMBER = "9990000019"
PATIENT_ID = "p-1"
UPDATED = "2026-10-30T09:15:00+00:00"
UK = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"


class StillClock:
    """A clock at `NOW`."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def assert_sound(self) -> None:
        return None


def everything(sections: frozenset[str]) -> dict[str, frozenset[str]]:
    """All fields of the sections."""
    return {section: SCHEMAS[section].fields for section in sections}


def wanting(*names: str) -> dict[str, frozenset[str]]:
    """`section.field` names as a `Wanted`."""
    pairs = [name.split(".") for name in names]
    return {section: frozenset(f for s, f in pairs if s == section) for section, _ in pairs}


def asking(reference: str, source: Source) -> FetchRequest:
    """A request for everything that a source serves."""
    return FetchRequest(reference, everything(source.sections), "corr-1")


def coded(code: str, display: str | None = None) -> JsonObject:
    """A CodeableConcept."""
    return {"coding": [{"code": code} if display is None else {"code": code, "display": display}]}


def resource(kind: str, **elements: Json) -> JsonObject:
    """A resource about the patient of the tests."""
    about: JsonObject = {"reference": f"Patient/{PATIENT_ID}"}
    name = "patient" if kind == "AllergyIntolerance" else "subject"
    meta: JsonObject = {"lastUpdated": UPDATED}
    return {"resourceType": kind, "id": f"{kind}-1", "meta": meta, name: about, **elements}


def patient(**elements: Json) -> JsonObject:
    """The patient of the tests, unrestricted."""
    meta: JsonObject = {"lastUpdated": UPDATED, "security": [{"code": "U"}]}
    return {"resourceType": "Patient", "id": PATIENT_ID, "meta": meta, **elements}


def answer(
    *resources: JsonObject,
    wanted: Mapping[str, frozenset[str]] | None = None,
    reference: str = PATIENT_ID,
    kind: plan.ReferenceKind = "id",
    labels: bool = True,
    patient_asked: bool = True,
) -> SourceAnswer:
    """What the mapping makes of resources."""
    question = mapping.Question(
        reference=reference,
        kind=kind,
        wanted=everything(plan.SERVED) if wanted is None else wanted,
        labels=labels,
        patient_asked=patient_asked,
        base="https://practice.test/fhir/",
        now=NOW,
    )
    return mapping.answer("practice", question, resources, SCHEMAS)


def values(found: SourceAnswer, section: str, field: str) -> list[Json]:
    """The values of one field, in order."""
    return [item.value for item in found.fragments if (item.section, item.field) == (section, field)]


def by_field(fragments: Sequence[Fragment]) -> dict[str, Json]:
    """`section.field` -> the last value."""
    return {f"{item.section}.{item.field}": item.value for item in fragments}


def reasons(found: SourceAnswer) -> list[str]:
    """`where: reason` of what was quarantined."""
    return [f"{item.where}: {item.reason}" for item in found.quarantined]


def assert_fits(found: SourceAnswer) -> None:
    """Every fragment fits the published schema."""
    assert all(SCHEMAS[item.section].admits(item.field, item.value) for item in found.fragments)
