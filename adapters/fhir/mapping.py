"""From the resources that a FHIR server sent to an answer. Pure.

Each resource is checked before it is read: R4 and not STU3, no modifier that we do not understand, and about the very
patient that was asked for. What fails is quarantined under its type with a reason; it never reaches a view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nhs_number.validate import is_valid

from adapters.assembly import Assembly, UnusableError
from adapters.contract import NotHeldError, SourceAnswer, Wanted
from adapters.fhir import care, clinical, patient
from adapters.fhir.datatypes import instant, nhs_numbers, remarkable, security_codes
from adapters.fhir.plan import ReferenceKind
from adapters.reading import child, children, string, strings
from core.sections import SectionSchema
from core.vocabulary import Json, JsonObject, Label, strictest

STU3: Final = "FHIR STU3 (CareConnect); only R4 (UK Core) is understood"

_PERSON_LABELS: Final = {
    "U": Label.UNRESTRICTED,
    # v3-Confidentiality "normal": what other servers than PDS write for a record without any restriction.
    "N": Label.UNRESTRICTED,
    "R": Label.RESTRICTED,
    "V": Label.VERY_RESTRICTED,
    "REDACTED": Label.REDACTED,
}
_ITEMS: Final[Mapping[str, tuple[tuple[str, str, Callable[[JsonObject], Json]], ...]]] = {
    "AllergyIntolerance": (("health-summary", "allergies", clinical.allergy),),
    "Condition": (("health-summary", "conditions", clinical.condition),),
    "MedicationStatement": (("health-summary", "medications", clinical.medication),),
    "Flag": (
        ("safeguarding-alerts", "flags", care.alert),
        ("communication-needs", "adjustments", care.adjustment),
    ),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked.

    reference, kind: whom, see `plan.ReferenceKind`. labels: whether the source labels its patients. patient_asked:
    whether the Patient was among the searches, so that none in the answer means that none is held. base: the
    server's base address, under which an absolute reference is as good as a relative one. now: time of the fetch.
    """

    reference: str
    kind: ReferenceKind
    wanted: Wanted
    labels: bool
    patient_asked: bool
    base: str
    now: datetime


def answer(
    source: str, question: Question, resources: Iterable[JsonObject], schemas: Mapping[str, SectionSchema]
) -> SourceAnswer:
    """The answer to the question. Raises `NotHeldError` where the patient is not there."""
    return _Reading(source, question, schemas).answer(_by_type(resources))


def person_label(patient_resource: JsonObject) -> Label:
    """The label of a Patient; `UNKNOWN` where there is none or one that we do not know."""
    found = [_PERSON_LABELS.get(code, Label.UNKNOWN) for code in security_codes(patient_resource)]
    return strictest(found)


def check(resource: JsonObject) -> None:
    """Raise `UnusableError` for a resource that must not be read at all."""
    if _is_stu3(resource):
        raise UnusableError(STU3)
    if resource.get("implicitRules") is not None or resource.get("modifierExtension"):
        raise UnusableError("has a modifier that is not understood")


def _is_stu3(resource: JsonObject) -> bool:
    """By profile or extension, or by elements that R4 shaped differently: a status as text, `taken`."""
    profiles = strings(child(resource, "meta"), "profile")
    urls = (string(extension, "url") or "" for extension in children(resource, "extension"))
    return (
        any("/STU3/" in address or "CareConnect" in address for address in (*profiles, *urls))
        or isinstance(resource.get("clinicalStatus"), str)
        or isinstance(resource.get("verificationStatus"), str)
        or "taken" in resource
    )


def _by_type(resources: Iterable[JsonObject]) -> Mapping[str, list[JsonObject]]:
    found: dict[str, list[JsonObject]] = {}
    for resource in resources:
        found.setdefault(string(resource, "resourceType") or "", []).append(resource)
    return found


class _Reading:
    """The reading of one answer."""

    def __init__(self, source: str, question: Question, schemas: Mapping[str, SectionSchema]) -> None:
        self._source = source
        self._question = question
        self._today = question.now.date().isoformat()
        self._out = Assembly(source, question.wanted, schemas)
        self._patient_ids: set[str] = {question.reference} if question.kind == "id" else set()

    def answer(self, found: Mapping[str, Sequence[JsonObject]]) -> SourceAnswer:
        patients = found.get("Patient", ())
        ours = list(self._usable("Patient", patients, self._is_ours))
        if self._question.patient_asked and not patients:
            raise NotHeldError(self._source)
        label = self._label(ours)
        if len(ours) > 1:
            self._out.quarantine("Patient", "more than one patient for one reference")
            return self._out.withheld(label)
        if label is Label.REDACTED or (self._question.patient_asked and not ours):
            return self._out.withheld(label)
        for ours_alone in ours:
            self._patient_ids.add(string(ours_alone, "id") or "")
            self._read_patient(ours_alone)
        for resource_type in sorted(_ITEMS.keys() & found.keys()):
            self._read_items(resource_type, found[resource_type])
        self._read_plan(found.get("CarePlan", ()))
        return self._out.answer(label)

    def _label(self, ours: Sequence[JsonObject]) -> Label | None:
        if self._question.labels:
            return strictest([person_label(resource) for resource in ours])
        # A source that is not configured to speak of labels and does so all the same is heard where it is stricter.
        spoken = [person_label(resource) for resource in ours if remarkable(security_codes(resource))]
        return strictest(spoken) if spoken else None

    def _usable(
        self, where: str, resources: Iterable[JsonObject], about: Callable[[JsonObject], bool]
    ) -> Iterator[JsonObject]:
        for resource in resources:
            try:
                check(resource)
                if not about(resource):
                    raise UnusableError("about another patient than the one asked for")
            except UnusableError as error:
                self._out.quarantine(where, str(error))
            else:
                yield resource

    def _is_ours(self, resource: JsonObject) -> bool:
        if self._question.kind == "id":
            return string(resource, "id") == self._question.reference
        return self._question.reference in nhs_numbers(resource)

    def _is_about(self, resource: JsonObject) -> bool:
        subject = child(resource, "patient") or child(resource, "subject")
        reference = (string(subject, "reference") or "").removeprefix(self._question.base)
        kind, _, rest = reference.partition("/")
        return kind == "Patient" and rest.partition("/_history/")[0] in self._patient_ids

    def _read_patient(self, resource: JsonObject) -> None:
        if not all(is_valid(number) for number in nhs_numbers(resource)):
            self._out.quarantine("Patient", "NHS number fails its check digit")
            return
        as_of, labels = self._provenance(resource)
        # A Patient's confidentiality is the person's: `person_label` tells it. It hides where they are, not who they are.
        labels -= _PERSON_LABELS.keys()
        for section, field, value in patient.values(resource, self._today, self._question.wanted):
            if value is None or not self._out.wants(section, field):
                continue
            try:
                usable = patient.postcode(value) if field == "postcode" and isinstance(value, str) else value
            except UnusableError as error:
                self._out.quarantine("Patient.address", str(error))
            else:
                self._out.add("Patient", section, field, usable, as_of, labels)

    def _read_items(self, where: str, resources: Iterable[JsonObject]) -> None:
        wanted = [item for item in _ITEMS[where] if self._out.wants(item[0], item[1])]
        for resource in self._usable(where, resources, self._is_about) if wanted else ():
            as_of, labels = self._provenance(resource)
            for section, field, read in wanted:
                try:
                    value = read(resource)
                except UnusableError as error:
                    self._out.quarantine(where, str(error))
                    break
                self._out.add(where, section, field, value, as_of, labels)

    def _read_plan(self, resources: Iterable[JsonObject]) -> None:
        if "support-plan" not in self._question.wanted:
            return
        plans = []
        for resource in self._usable("CarePlan", resources, self._is_about):
            try:
                plans.append(care.checked(resource))
            except UnusableError as error:
                self._out.quarantine("CarePlan", str(error))
        plan = care.the_plan([plan for plan in plans if plan is not None])
        if plan is None:
            return
        as_of, labels = self._provenance(plan)
        for field, value in care.plan_values(plan):
            if value is None and field == "goals" and self._out.wants("support-plan", "goals"):
                self._out.quarantine("CarePlan", "a goal has no words")
            self._out.add("CarePlan", "support-plan", field, value, as_of, labels)

    def _provenance(self, resource: JsonObject) -> tuple[datetime, frozenset[str]]:
        updated = string(child(resource, "meta"), "lastUpdated")
        return instant(updated, self._question.now), remarkable(security_codes(resource))
