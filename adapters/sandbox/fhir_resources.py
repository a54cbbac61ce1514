"""FHIR R4 resources of a made-up person, as the practice's server would hold them (UK Core profiles). Pure.

Element choices that an adapter has to know:

- `Patient`: `deceasedBoolean: false` or `deceasedDateTime`; UPRN in `address[0].extension` AddressKey (PDS's form,
  `type` valueCoding code UPRN, `value` valueString); way of contact and what to mind in extension
  Extension-UKCore-ContactPreference (`PreferredContactMethod` 1 letter, 2 visit, 3 telephone, 4 e-mail;
  `PreferredContactTimes` as a valueString, as PDS writes it; `PreferredWrittenCommunicationFormat`); preferred language in
  `communication[preferred=true].language`; `patient-interpreterRequired` valueBoolean.
- A restricted (R) or very restricted (V) Patient comes without address, telecom, contact and general practitioner (PDS).
- `Flag`: safeguarding alerts have category `safety` (HL7 flag-category); reasonable adjustments have category NRAF
  (NHS England PatientFlagCategory) and say the adjustment in `code.text`.
- `CarePlan`: goals as contained Goal resources, referred to as `#goal-1`, ...; the role that leads in `author.display`;
  the review is the activity whose `detail.code.text` is "Care plan review", its day in `detail.scheduledPeriod.start`.
- `meta.security`: on Patient always one v3-Confidentiality code (U, R, V); on other resources only where the practice
  labelled that resource (R of v3-Confidentiality; PSY, SDV of v3-ActCode). `meta.lastUpdated` is the as-of time.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from adapters.sandbox.person import (
    PRACTICE_ODS,
    Alert,
    Allergy,
    Coding,
    Condition,
    Medication,
    Person,
    Plan,
    PracticeRecord,
)
from core.vocabulary import Json, JsonObject, Label

PROFILE: Final = "https://fhir.hl7.org.uk/StructureDefinition/UKCore-"
EXTENSION: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
FLAG_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/flag-category"
PATIENT_FLAG_CATEGORY: Final = "https://fhir.nhs.uk/England/CodeSystem/PatientFlagCategory"
CONTACT_METHOD: Final = "https://fhir.hl7.org.uk/CodeSystem/UKCore-PreferredContactMethod"
REVIEW: Final = "Care plan review"

COMPARTMENT: Final = ("AllergyIntolerance", "Condition", "MedicationStatement", "CarePlan", "Flag")
"""The resource types that the server searches by patient."""

_METHODS: Final = {
    "letter": ("1", "Letter"),
    "visit": ("2", "Visit"),
    "telephone": ("3", "Telephone"),
    "email": ("4", "E-mail"),
}
_LABELS: Final = {
    "U": (CONFIDENTIALITY, "unrestricted"),
    "R": (CONFIDENTIALITY, "restricted"),
    "V": (CONFIDENTIALITY, "very restricted"),
    "PSY": (ACT_CODE, "psychiatry disorder information sensitivity"),
    "SDV": (ACT_CODE, "sexual assault, abuse, or domestic violence information sensitivity"),
}
_SEVERITIES: Final = {"mild": "255604002", "moderate": "6736007", "severe": "24484000"}


def resources(person: Person) -> Mapping[str, tuple[JsonObject, ...]]:
    """Resource type -> the person's resources; empty where the practice does not know the person or withdrew them."""
    record = person.practice
    if record is None or record.invalidated:
        return {}
    build = _Builder(record)
    return {
        "Patient": (_patient(person, record, build),),
        "AllergyIntolerance": tuple(build.allergy(at, item) for at, item in enumerate(record.allergies)),
        "Condition": tuple(build.condition(at, item) for at, item in enumerate(record.conditions)),
        "MedicationStatement": tuple(
            build.medication(at, item) for at, item in enumerate(record.medications)
        ),
        "CarePlan": tuple(build.plan(at, item) for at, item in enumerate(record.plans)),
        "Flag": (
            *(build.alert(at, item) for at, item in enumerate(record.alerts)),
            *(build.adjustment(at, text) for at, text in enumerate(record.adjustments)),
        ),
    }


def concept(coding: Coding) -> JsonObject:
    """A CodeableConcept with one coding, its display repeated as the text."""
    return {"coding": [_coding(coding)], "text": coding.display}


def _coding(coding: Coding) -> JsonObject:
    return {"system": coding.system, "code": coding.code, "display": coding.display}


def _status(kind: str, code: str) -> JsonObject:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{kind}", "code": code}]}


def _meta(kind: str, updated: datetime, security: Sequence[str]) -> JsonObject:
    meta: dict[str, Json] = {
        "versionId": "1",
        "lastUpdated": updated.isoformat(),
        "profile": [PROFILE + kind],
    }
    if security:
        meta["security"] = [
            {"system": _LABELS[code][0], "code": code, "display": _LABELS[code][1]} for code in security
        ]
    return meta


class _Builder:
    """Builds the resources that hang on one Patient; their ids are derived from the Patient's."""

    def __init__(self, record: PracticeRecord) -> None:
        self.updated = record.updated
        self.patient = record.id

    def base(self, kind: str, what: str, at: int, security: Sequence[str] = ()) -> dict[str, Json]:
        """Type, id and meta."""
        name = uuid.uuid5(uuid.UUID(self.patient), f"{kind}/{what}/{at}")
        return {"resourceType": kind, "id": str(name), "meta": _meta(kind, self.updated, security)}

    def subject(self) -> JsonObject:
        """A reference to the Patient."""
        return {"reference": f"Patient/{self.patient}"}

    def allergy(self, at: int, item: Allergy) -> JsonObject:
        """AllergyIntolerance."""
        return self.base("AllergyIntolerance", "allergy", at, item.security) | {
            "clinicalStatus": _status("allergyintolerance-clinical", item.status),
            "verificationStatus": _status("allergyintolerance-verification", "confirmed"),
            "criticality": item.criticality,
            "code": concept(item.substance),
            "patient": self.subject(),
            "recordedDate": item.recorded_on.isoformat(),
            "reaction": [{"manifestation": [{"text": "Urticarial rash"}], "severity": item.severity}],
        }

    def condition(self, at: int, item: Condition) -> JsonObject:
        """Condition."""
        severity = Coding("http://snomed.info/sct", _SEVERITIES[item.severity], item.severity.capitalize())
        return self.base("Condition", "condition", at, item.security) | {
            "clinicalStatus": _status("condition-clinical", item.status),
            "verificationStatus": _status("condition-ver-status", "confirmed"),
            "severity": concept(severity),
            "code": concept(item.name),
            "subject": self.subject(),
            "recordedDate": item.recorded_on.isoformat(),
        }

    def medication(self, at: int, item: Medication) -> JsonObject:
        """MedicationStatement."""
        return self.base("MedicationStatement", "medication", at, item.security) | {
            "status": item.status,
            "medicationCodeableConcept": concept(item.name),
            "subject": self.subject(),
            "effectivePeriod": {"start": item.asserted_on.isoformat()},
            "dateAsserted": item.asserted_on.isoformat(),
            "dosage": [{"text": item.dosage}],
        }

    def plan(self, at: int, item: Plan) -> JsonObject:
        """CarePlan with its goals inside."""
        goals: list[Json] = [
            {
                "resourceType": "Goal",
                "id": f"goal-{number}",
                "lifecycleStatus": "active",
                "description": {"text": text},
                "subject": self.subject(),
            }
            for number, text in enumerate(item.goals, 1)
        ]
        review: JsonObject = {
            "status": "scheduled",
            "code": {"text": REVIEW},
            "scheduledPeriod": {"start": item.review.isoformat()},
        }
        return self.base("CarePlan", "plan", at, item.security) | {
            "contained": goals,
            "status": item.status,
            "intent": "plan",
            "category": [{"text": item.category}],
            "subject": self.subject(),
            "period": {"start": item.start.isoformat()},
            "author": {"display": item.lead},
            "goal": [{"reference": f"#goal-{number}"} for number in range(1, len(goals) + 1)],
            "activity": [{"detail": review}],
        }

    def alert(self, at: int, item: Alert) -> JsonObject:
        """Flag of category safety."""
        return self.base("Flag", "alert", at, item.security) | {
            "status": item.status,
            "category": [{"coding": [{"system": FLAG_CATEGORY, "code": "safety", "display": "Safety"}]}],
            "code": {"text": item.description},
            "subject": self.subject(),
            "period": {"start": item.since.isoformat()},
        }

    def adjustment(self, at: int, text: str) -> JsonObject:
        """Flag of category NRAF."""
        category = Coding(PATIENT_FLAG_CATEGORY, "NRAF", "National Reasonable Adjustments Flag")
        return self.base("Flag", "adjustment", at) | {
            "status": "active",
            "category": [{"coding": [_coding(category)]}],
            "code": {"text": text},
            "subject": self.subject(),
        }


def _patient(person: Person, record: PracticeRecord, build: _Builder) -> JsonObject:
    found: dict[str, Json] = {
        "resourceType": "Patient",
        "id": record.id,
        "meta": _meta("Patient", build.updated, (person.label.value,)),
        "extension": _patient_extensions(person, record),
        "identifier": [
            {
                "system": NHS_NUMBER,
                "value": person.nhs_number,
                "extension": [
                    {
                        "url": EXTENSION + "NHSNumberVerificationStatus",
                        "valueCodeableConcept": {
                            "coding": [
                                {
                                    "system": "https://fhir.hl7.org.uk/CodeSystem/"
                                    "UKCore-NHSNumberVerificationStatusEngland",
                                    "code": "01",
                                    "display": "Number present and verified",
                                }
                            ]
                        },
                    }
                ],
            }
        ],
        "name": [{"use": "official", "family": person.family_name, "given": list(person.given_names)}],
        "gender": person.gender,
        "birthDate": person.birth_date.isoformat(),
        "communication": [
            {
                "language": {
                    "coding": [
                        {
                            "system": "urn:ietf:bcp:47",
                            "code": person.language.code,
                            "display": person.language.name,
                        }
                    ]
                },
                "preferred": True,
            }
        ],
    }
    if person.deceased_on is None:
        found["deceasedBoolean"] = False
    else:
        found["deceasedDateTime"] = person.deceased_on.isoformat()
    # PDS sends a restricted patient without anything that says where they are or how to reach them.
    return {**found, **(_whereabouts(person) if person.label is Label.UNRESTRICTED else {})}


def _patient_extensions(person: Person, record: PracticeRecord) -> list[Json]:
    code, display = _METHODS[record.channel]
    preference: list[Json] = [
        {
            "url": "PreferredContactMethod",
            "valueCodeableConcept": {
                "coding": [{"system": CONTACT_METHOD, "code": code, "display": display}]
            },
        },
        {"url": "PreferredContactTimes", "valueString": record.safe_contact},
    ]
    if record.written_format is not None:
        preference.append(
            {
                "url": "PreferredWrittenCommunicationFormat",
                "valueCodeableConcept": {"coding": [_coding(record.written_format)]},
            }
        )
    return [
        {"url": EXTENSION + "ContactPreference", "extension": preference},
        {
            "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
            "valueBoolean": person.interpreter_required,
        },
    ]


def _whereabouts(person: Person) -> JsonObject:
    uprn: JsonObject = {
        "url": EXTENSION + "AddressKey",
        "extension": [
            {
                "url": "type",
                "valueCoding": {
                    "system": "https://fhir.hl7.org.uk/CodeSystem/UKCore-AddressKeyType",
                    "code": "UPRN",
                },
            },
            {"url": "value", "valueString": person.address.uprn},
        ],
    }
    found: dict[str, Json] = {
        "telecom": [
            {"system": "phone", "value": person.telephone, "use": "mobile"},
            {"system": "phone", "value": person.landline, "use": "home"},
            {"system": "email", "value": person.email, "use": "home"},
        ],
        "address": [
            {
                "use": "home",
                "line": list(person.address.lines),
                "city": person.address.town,
                "postalCode": person.address.postcode,
                "extension": [uprn],
            }
        ],
        "generalPractitioner": [
            {"type": "Organization", "identifier": {"system": ODS, "value": PRACTICE_ODS}}
        ],
    }
    if person.representative is not None:
        found["contact"] = [
            {
                "relationship": [{"text": person.representative.authority}],
                "name": {"text": person.representative.full_name},
                "period": {"start": person.representative.registered_on.isoformat()},
            }
        ]
    return found
