"""What to ask a FHIR server for: the resource types and elements that the wanted fields need, and no more (promise 3).

Statuses are always among the elements, because they are modifiers; so is whom the resource is about, because it is checked.
A source that labels its people is asked for the Patient's labels with every question.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias
from urllib.parse import quote_plus, urlencode

from adapters.contract import Wanted
from adapters.fhir.datatypes import NHS_NUMBER
from core.vocabulary import Json

ReferenceKind: TypeAlias = Literal["id", "nhs-number"]
"""What a pointer's reference is at this source: the Patient's logical id, or the NHS number."""

# A choice element: R4 names it without its type, servers are known to match the name with it.
_DECEASED: Final = ("deceased", "deceasedBoolean", "deceasedDateTime")
_MEDICATION: Final = ("medication", "medicationCodeableConcept", "medicationReference")

_PATIENT: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("identity", "name"): ("name",),
    ("identity", "birth_date"): ("birthDate",),
    ("identity", "gender"): ("gender",),
    ("identity", "deceased"): _DECEASED,
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
        ("subject", "status", *_MEDICATION, "effective", "effectivePeriod", "dosage", "contained"),
    ),
}
_FLAG: Final = ("id", "meta", "subject", "status", "category", "code", "period")
SERVED: Final = frozenset(
    {
        "identity",
        "contact",
        "communication-needs",
        "health-summary",
        "support-plan",
        "safeguarding-alerts",
    }
)
"""The sections that this adapter can map."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search: type-level, for one patient, with the elements named. category: of flags, "" for all."""

    resource_type: str
    elements: tuple[str, ...]
    category: str = ""

    def query(self, reference: str, kind: ReferenceKind) -> str:
        """The search's parameters, form-encoded: the body of a `_search`, or the query inside a batch's entry."""
        value = quote_plus(f"{NHS_NUMBER}|{reference}" if kind == "nhs-number" else reference)
        return f"{_WHO[self.resource_type == 'Patient', kind]}={value}{_what(self.elements, self.category)}"


_WHO: Final[dict[tuple[bool, ReferenceKind], str]] = {
    (True, "id"): "_id",
    (True, "nhs-number"): "identifier",
    (False, "id"): "patient",
    (False, "nhs-number"): "patient.identifier",
}


@lru_cache(maxsize=4096)
def _what(elements: tuple[str, ...], category: str) -> str:
    """The part of a query that is the same for every person, encoded."""
    asked = [("category", category)] if category else []
    return "&" + urlencode([*asked, ("_elements", ",".join(elements))])


@dataclass(frozen=True, slots=True)
class Flags:
    """How a server's Flags are searched.

    alerts: categories that are safeguarding alerts, where the server can search by category; none asks for all flags,
    which is what plain R4 can do. adjustments: categories that are reasonable adjustments; none asks for none of them.
    """

    alerts: tuple[str, ...] = ()
    adjustments: tuple[str, ...] = ()


ALL_FLAGS: Final = Flags()


def searches(wanted: Wanted, kind: ReferenceKind, flags: Flags, *, labels: bool) -> tuple[Search, ...]:
    """The searches for what is wanted, the Patient first."""
    return _searches(frozenset(wanted.items()), kind, flags, labels)


@lru_cache(maxsize=1024)
def _searches(
    wanted: frozenset[tuple[str, frozenset[str]]], kind: ReferenceKind, flags: Flags, labels: bool
) -> tuple[Search, ...]:
    pairs = sorted((section, field) for section, fields in wanted for field in fields)
    found: list[Search] = []
    patient = {element for pair in pairs for element in _PATIENT.get(pair, ())}
    if patient or labels or kind == "nhs-number":
        # The number is checked where the person is shown; by itself it is no field of ours.
        number = ("identifier",) if patient or kind == "nhs-number" else ()
        found.append(Search("Patient", ("id", "meta", *number, *sorted(patient))))
    found.extend(
        Search(resource_type, ("id", "meta", *elements))
        for resource_type, elements in (_OTHERS[pair] for pair in pairs if pair in _OTHERS)
    )
    found.extend(Search("Flag", _FLAG, category) for category in _categories(pairs, flags))
    plan = [_CARE_PLAN[field] for section, field in pairs if section == "support-plan"]
    if plan:
        chosen = sorted({element for elements in plan for element in elements})
        found.append(Search("CarePlan", ("id", "meta", "subject", "status", "intent", "period", *chosen)))
    return tuple(found)


def _categories(pairs: list[tuple[str, str]], flags: Flags) -> tuple[str, ...]:
    adjustments = flags.adjustments if ("communication-needs", "adjustments") in pairs else ()
    if ("safeguarding-alerts", "flags") not in pairs:
        return adjustments
    return (*flags.alerts, *adjustments) if flags.alerts else ("",)


def batch(plan: tuple[Search, ...], reference: str, kind: ReferenceKind) -> Json:
    """All searches in one Bundle of type `batch` (https://hl7.org/fhir/R4/http.html#transaction)."""
    entries: list[Json] = [
        {"request": {"method": "GET", "url": f"{search.resource_type}?{search.query(reference, kind)}"}}
        for search in plan
    ]
    return {"resourceType": "Bundle", "type": "batch", "entry": entries}
