"""AllergyIntolerance, Condition and MedicationStatement, read as a careful clinician would want them passed on.

Entered in error: never existed, so it is dropped. Refuted: a condition is dropped (the person does not have it), an
allergy is shown as refuted, since others may still be warning of it. Anything less than certain says so in its status.
Inactive, resolved and stopped are shown with that status. A name in codes alone cannot be shown to people: quarantined.
"""

from __future__ import annotations

from typing import Final

from adapters.assembly import UnusableError
from adapters.fhir.datatypes import contained, date_part, known_code, words
from adapters.reading import child, children, string, without_nothing
from core.vocabulary import Json, JsonObject

_ALLERGY_CLINICAL: Final = frozenset({"active", "inactive", "resolved"})
_ALLERGY_VERIFICATION: Final = frozenset({"unconfirmed", "confirmed", "refuted", "entered-in-error"})
_CONDITION_CLINICAL: Final = frozenset(
    {"active", "recurrence", "relapse", "inactive", "remission", "resolved"}
)
_CONDITION_VERIFICATION: Final = _ALLERGY_VERIFICATION | {"provisional", "differential"}
_STATEMENT: Final = frozenset(
    {"active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"}
)
_REACTIONS: Final = ("severe", "moderate", "mild")
ERROR: Final = "entered-in-error"


def allergy(resource: JsonObject) -> Json:
    """An item of health-summary.allergies, None for one to drop. Raises `UnusableError`."""
    clinical = known_code(child(resource, "clinicalStatus"), _ALLERGY_CLINICAL, "clinicalStatus")
    verification = known_code(
        child(resource, "verificationStatus"), _ALLERGY_VERIFICATION, "verificationStatus"
    )
    if verification == ERROR:
        return None
    return without_nothing(
        substance=named(child(resource, "code"), "code"),
        severity=_severity_of_allergy(resource),
        status="refuted" if verification == "refuted" else _status(clinical, verification),
    )


def condition(resource: JsonObject) -> Json:
    """An item of health-summary.conditions, None for one to drop. Raises `UnusableError`."""
    clinical = known_code(child(resource, "clinicalStatus"), _CONDITION_CLINICAL, "clinicalStatus")
    verification = known_code(
        child(resource, "verificationStatus"), _CONDITION_VERIFICATION, "verificationStatus"
    )
    if verification in {ERROR, "refuted"}:
        return None
    return without_nothing(
        name=named(child(resource, "code"), "code"),
        severity=words(child(resource, "severity")),
        status=_status(clinical, verification),
    )


def medication(resource: JsonObject) -> Json:
    """An item of health-summary.medications, None for one to drop. Raises `UnusableError`."""
    status = required_status(resource, _STATEMENT)
    if status == ERROR:
        return None
    reference = child(resource, "medicationReference")
    inner = contained(resource, reference, "Medication")
    name = words(child(resource, "medicationCodeableConcept")) or words(child(inner, "code"))
    if name is None:
        name = string(reference, "display")
    if name is None:
        raise UnusableError("medication has no name in words")
    dosages = [
        text
        for dosage in children(resource, "dosage")
        if (text := string(dosage, "text") or string(dosage, "patientInstruction"))
    ]
    end = date_part(string(child(resource, "effectivePeriod"), "end"))
    # A course that has ended is often left active in the record: whoever reads it sees until when it was meant.
    until = f"{status}, until {end}" if end and status in {"active", "intended", "on-hold"} else status
    return without_nothing(name=name, dosage="; ".join(dosages) or None, status=until)


def named(concept: JsonObject, what: str) -> str:
    """What the concept says to people. Raises `UnusableError` where it says nothing."""
    name = words(concept)
    if name is None:
        raise UnusableError(f"{what} has no words")
    return name


def required_status(resource: JsonObject, known: frozenset[str]) -> str:
    """The resource's `status`. Raises `UnusableError` where it is missing or not understood."""
    status = string(resource, "status")
    if status not in known:
        raise UnusableError("status is missing or not understood")
    return status


def _status(clinical: str | None, verification: str | None) -> str | None:
    doubt = None if verification == "confirmed" else verification
    return ", ".join(part for part in (clinical, doubt) if part) or None


def _severity_of_allergy(resource: JsonObject) -> str | None:
    """The worst reaction recorded; a high criticality is said beside it, since it speaks of the next reaction."""
    reactions = {string(reaction, "severity") for reaction in children(resource, "reaction")}
    worst = next((severity for severity in _REACTIONS if severity in reactions), None)
    criticality = string(resource, "criticality")
    if worst is None:
        return f"{criticality} criticality" if criticality in {"low", "high"} else None
    return f"{worst}, high criticality" if criticality == "high" else worst
