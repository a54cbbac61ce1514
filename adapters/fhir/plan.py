"""What to ask a FHIR server for: the resource types and elements that the wanted fields need, and no more (promise 3).

Statuses are always among the elements, because they are modifiers; so is whom the resource is about, because it is checked.
A source that labels its people is asked for the Patient's labels with every question.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from urllib.parse import urlencode

from adapters.contract import Wanted
from adapters.fhir.datatypes import NHS_NUMBER
from core.vocabulary import Json

ReferenceKind: TypeAlias = Literal["id", "nhs-number"]
"""What a pointer's reference is at this source: the Patient's logical id, or the NHS number."""

PAGE: Final = "200"

_PATIENT: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("identity", "name"): ("name",),
    ("identity", "birth_date"): ("birthDate",),
    ("identity", "gender"): ("gender",),
    ("identity", "deceased"): ("deceased",),
    ("contact", "telephone"): ("telecom",),
    ("contact", "email"): ("telecom",),
    ("contact", "address"): ("address",),
    ("contact", "postcode"): ("address",),
    ("contact", "uprn"): ("address",),
    ("contact", "safe_contact"): ("extension",),
    ("contact", "preferred_channel"): ("extension",),
    ("communication-needs", "preferred_language"): ("communication", "extension"),
    ("communication-needs", "interpreter_required"): ("extension",),
    ("communication-needs", "adjustments"): ("extension",),
}
_CARE_PLAN: Final[dict[str, tuple[str, ...]]] = {
    "category": ("category",),
    "status": (),
    "goals": ("goal", "contained"),
    "start_date": (),
    "review_date": ("activity",),
    "lead_role": ("careTeam", "author"),
}
_OTHERS: Final[dict[tuple[str, str], tuple[str, tuple[str, ...]]]] = {
    ("health-summary", "allergies"): (
        "AllergyIntolerance",
        ("patient", "clinicalStatus", "verificationStatus", "code", "criticality", "reaction"),
    ),
    ("health-summary", "conditions"): (
        "Condition",
        ("subject", "clinicalStatus", "verificationStatus", "code", "severity"),
    ),
    ("health-summary", "medications"): (
        "MedicationStatement",
        ("subject", "status", "medication", "dosage", "contained"),
    ),
    ("safeguarding-alerts", "flags"): ("Flag", ("subject", "status", "category", "code", "period")),
}
_FLAGS: Final = ("safeguarding-alerts", "flags")
SERVED: Final = frozenset({"identity", "contact", "communication-needs", "support-plan"}) | {
    section for section, _ in _OTHERS
}
"""The sections that this adapter can map."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search: type-level, for one patient, with the elements named."""

    resource_type: str
    elements: tuple[str, ...]

    def query(self, reference: str, kind: ReferenceKind) -> str:
        """The search's parameters, form-encoded: the body of a `_search`, or the query inside a batch's entry."""
        by_number = f"{NHS_NUMBER}|{reference}"
        who = {
            (True, "id"): ("_id", reference),
            (True, "nhs-number"): ("identifier", by_number),
            (False, "id"): ("patient", reference),
            (False, "nhs-number"): ("patient.identifier", by_number),
        }[self.resource_type == "Patient", kind]
        return urlencode([who, ("_elements", ",".join(self.elements)), ("_count", PAGE)])


def searches(
    wanted: Wanted, kind: ReferenceKind, *, labels: bool, adjustment_flags: bool
) -> tuple[Search, ...]:
    """The searches for what is wanted, the Patient first.

    adjustment_flags: whether the source keeps reasonable adjustments as Flags. R4 cannot search Flags by category, so
    asking for them brings all of a person's flags; it is left to the source's configuration.
    """
    return _searches(frozenset(wanted.items()), kind, labels, adjustment_flags)


@lru_cache(maxsize=1024)
def _searches(
    wanted: frozenset[tuple[str, frozenset[str]]], kind: ReferenceKind, labels: bool, adjustment_flags: bool
) -> tuple[Search, ...]:
    pairs = sorted((section, field) for section, fields in wanted for field in fields)
    found: list[Search] = []
    patient = {element for pair in pairs for element in _PATIENT.get(pair, ())}
    if patient or labels or kind == "nhs-number":
        # The number is checked where the person is shown; by itself it is no field of ours.
        number = ("identifier",) if patient or kind == "nhs-number" else ()
        found.append(Search("Patient", ("id", "meta", *number, *sorted(patient))))
    others = {pair: _OTHERS[pair] for pair in pairs if pair in _OTHERS}
    if adjustment_flags and ("communication-needs", "adjustments") in pairs:
        others[_FLAGS] = _OTHERS[_FLAGS]
    found.extend(Search(name, ("id", "meta", *elements)) for name, elements in others.values())
    plan = [_CARE_PLAN[field] for section, field in pairs if section == "support-plan"]
    if plan:
        chosen = sorted({element for elements in plan for element in elements})
        found.append(Search("CarePlan", ("id", "meta", "subject", "status", "intent", "period", *chosen)))
    return tuple(found)


def batch(plan: tuple[Search, ...], reference: str, kind: ReferenceKind) -> Json:
    """All searches in one Bundle of type `batch` (https://hl7.org/fhir/R4/http.html#transaction)."""
    entries: list[Json] = [
        {"request": {"method": "GET", "url": f"{search.resource_type}?{search.query(reference, kind)}"}}
        for search in plan
    ]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}
