"""The adapters against payloads that others published (shared/data): what is served, what is set aside, and why.

The numbers were counted by eye in the files. Every resource is loaded into a server and read back through the adapter.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import orjson
import pytest

from adapters.contract import SourceAnswer, SourceError
from adapters.registry import Parts, build_sources
from adapters.tabular import TabularSource
from core.vocabulary import Json, JsonObject, Label
from tests.support.adapter_kit import SCHEMAS, StillClock, asking, assert_fits, by_field, reasons, values
from tests.support.fhir_xml import read_resource
from tests.support.source_servers import FhirServer, serving

SECTIONS: list[Json] = [
    "identity",
    "contact",
    "communication-needs",
    "health-summary",
    "support-plan",
    "safeguarding-alerts",
]
PARTS = Parts(SCHEMAS, StillClock(), {})
STU3 = "FHIR STU3 (CareConnect); only R4 (UK Core) is understood"
SMITH = "UKCore-Patient-RichardSmith-Example"
READ_TYPES = frozenset(
    {"AllergyIntolerance", "Condition", "MedicationStatement", "CarePlan", "Flag", "Patient"}
)


async def ask(resources: Iterable[JsonObject], reference: str, *, labels: bool = True) -> SourceAnswer:
    """Load resources into a server that honours `_elements`, and ask the adapter for everything about one patient."""
    server = FhirServer(resources)
    async with serving(server.app()) as base:
        entry: JsonObject = {
            "id": "src",
            "kind": "fhir",
            "base_url": base + "fhir/",
            "sections": SECTIONS,
            "options": {"batch": True, "labels": labels},
        }
        source = build_sources([entry], PARTS)["src"]
        try:
            answer = await source.fetch(asking(reference, source))
        finally:
            await source.close()
    assert_fits(answer)
    assert not any(person in str(reasons(answer)) for person in (reference, "SMITH", "Smith"))
    return answer


def in_bundle(document: JsonObject) -> Iterator[JsonObject]:
    """The resources of a Bundle, or the one that it is."""
    entries = document.get("entry")
    if isinstance(entries, list):
        yield from (entry["resource"] for entry in entries)
    elif document.get("resourceType") != "Bundle":
        yield document


def of_type(paths: Sequence[Path], kind: str) -> list[JsonObject]:
    """All resources of a type in some JSON files."""
    found = (item for path in paths for item in in_bundle(orjson.loads(path.read_bytes())))
    return [item for item in found if item.get("resourceType") == kind]


async def test_the_published_pds_patients_are_served_with_their_labels(real_data: Path) -> None:
    paths = sorted((real_data / "pds-fhir").glob("s*/**/*.json"))
    patients = of_type(paths, "Patient")
    labels: Counter[Label | None] = Counter()
    set_aside: Counter[str] = Counter()
    served: Counter[str] = Counter()
    for patient in patients:
        answer = await ask([patient], str(patient["id"]))
        labels[answer.person_label] += 1
        set_aside.update(reasons(answer))
        served.update({item.section for item in answer.fragments} or {"nothing"})
    assert len(patients) == 35
    assert labels == {Label.UNRESTRICTED: 31, Label.RESTRICTED: 4}
    assert set_aside == {
        "Patient: NHS number fails its check digit": 1,
        "Patient.address: postcode is not a UK postcode": 1,
    }
    assert served == {"identity": 31, "contact": 24, "communication-needs": 3, "nothing": 4}


async def test_an_unrestricted_pds_patient_is_served_without_what_is_out_of_date(real_data: Path) -> None:
    """Their only address and telephone ended on 31 December 2025; the clock of the test stands in November 2026."""
    (patient,) = of_type([real_data / "pds-fhir/sandbox/mocks/Patient.json"], "Patient")
    answer = await ask([patient], "9000000009")
    assert by_field(answer.fragments) == {
        "identity.name": "Mrs Jane Smith MBE",
        "identity.birth_date": "2010-10-22",
        "identity.gender": "female",
        "identity.deceased": True,
        "contact.preferred_channel": "letter",
        "contact.safe_contact": "Not after 7pm",
        "communication-needs.preferred_language": "French",
        "communication-needs.interpreter_required": True,
        "communication-needs.adjustments": "Braille",
    }


async def test_a_restricted_pds_patient_says_restricted_and_no_location(real_data: Path) -> None:
    (patient,) = of_type([real_data / "pds-fhir/sandbox/mocks/Sensitive_Patient.json"], "Patient")
    answer = await ask([patient], "9000000025")
    assert answer.person_label is Label.RESTRICTED
    assert {item.section for item in answer.fragments} == {"identity"}
    assert not any(item.labels for item in answer.fragments), "the person is labelled, not the single facts"


async def test_a_pds_patient_whose_number_fails_its_check_digit_is_set_aside(real_data: Path) -> None:
    path = real_data / "pds-fhir/stubs/searchResponses/john_paul_smith_searchset.json"
    (patient,) = of_type([path], "Patient")
    answer = await ask([patient], "9000000015")
    assert (answer.fragments, reasons(answer)) == ((), ["Patient: NHS number fails its check digit"])
    assert answer.person_label is Label.UNRESTRICTED


@pytest.fixture
def uk_core(real_data: Path) -> list[JsonObject]:
    """The UK Core examples of the types that the adapter reads."""
    paths = sorted((real_data / "fhir-ukcore/examples").glob("*.xml"))
    return [item for item in map(read_resource, paths) if item["resourceType"] in READ_TYPES]


async def test_the_uk_core_examples_are_read_as_a_clinician_would_want_them(
    uk_core: list[JsonObject],
) -> None:
    assert Counter(str(item["resourceType"]) for item in uk_core) == {
        "Patient": 15,
        "AllergyIntolerance": 7,
        "Condition": 2,
        "MedicationStatement": 1,
        "CarePlan": 1,
        "Flag": 1,
    }
    others = [item for item in uk_core if item["resourceType"] != "Patient"]
    smith = next(item for item in uk_core if item["id"] == SMITH)
    answer = await ask([smith, *others], SMITH)
    assert (answer.quarantined, answer.person_label) == ((), Label.UNKNOWN)
    assert values(answer, "health-summary", "allergies") == [
        {"substance": "Amoxicillin", "severity": "mild", "status": "active"},
        {"substance": "Septrin", "status": "active"},
        {"substance": "Allergy to egg protein", "status": "active"},
        {"substance": "No known drug allergy (situation)", "status": "active"},
        {"substance": "Latex", "status": "active"},
        {"substance": "Amoxicillin 250mg capsules", "status": "active"},
    ]
    told = by_field(answer.fragments)
    assert {name: value for name, value in told.items() if not name.startswith("health-summary")} == {
        "identity.name": "Richard SMITH",
        "identity.birth_date": "1970-09-11",
        "identity.gender": "male",
        "contact.telephone": "01131231234",
        "contact.address": "4 Sandmoor Drive, LEEDS",
        "contact.postcode": "LS17 7DF",
        "contact.preferred_channel": "telephone",
        "contact.safe_contact": "Mondays, Wednesdays, Fridays in the morning",
        "communication-needs.preferred_language": "British Sign Language",
        "communication-needs.adjustments": "Large print",
        "support-plan.category": "Weight management plan",
        "support-plan.status": "active",
    }
    assert values(answer, "health-summary", "conditions") == [
        {"name": "Bleeding from ear", "status": "active"},
        {"name": "Loosening of total hip replacement", "status": "active"},
    ]
    assert values(answer, "health-summary", "medications") == [
        {
            "name": "Amoxicillin 250mg capsules",
            "dosage": "2 capsules 4 times a day.",
            "status": "active, until 2021-05-15",
        }
    ]


async def test_a_uk_core_server_that_answers_with_everybodys_records_discloses_only_the_persons_own(
    uk_core: list[JsonObject],
) -> None:
    answer = await ask(uk_core, "UKCore-Patient-Sn-Makaton-Example")
    assert by_field(answer.fragments) == {
        "identity.name": "Jason JONES",
        "communication-needs.preferred_language": "British Sign Language",
    }
    refused = Counter(reasons(answer))
    assert sum(refused.values()) == 26
    assert {reason.partition(": ")[2] for reason in refused} == {
        "about another patient than the one asked for"
    }


async def test_gp_connect_records_are_refused_because_they_are_stu3(real_data: Path) -> None:
    paths = sorted((real_data / "gpconnect").glob("*/*response*.json"))
    asked = 0
    for path in paths:
        resources = list(in_bundle(orjson.loads(path.read_bytes())))
        for patient in (item for item in resources if item.get("resourceType") == "Patient"):
            asked += 1
            answer = await ask(resources, str(patient["id"]))
            assert (answer.fragments, reasons(answer)) == ((), [f"Patient: {STU3}"])
    assert asked == 7


async def test_gp_connect_allergies_are_refused_by_themselves_too(real_data: Path) -> None:
    path = real_data / "gpconnect/accessrecord_structured/allergies_response1.json"
    allergies = of_type([path], "AllergyIntolerance")
    about: JsonObject = {"resourceType": "Patient", "id": "2", "meta": {"security": [{"code": "U"}]}}
    answer = await ask([about, *allergies], "2")
    assert answer.fragments == ()
    assert reasons(answer) == [f"AllergyIntolerance: {STU3}"] * 3


def lettings(path: Path) -> TabularSource:
    """The housing source over a lettings export."""
    entry: JsonObject = {
        "id": "landlord",
        "kind": "csv",
        "path": str(path),
        "sections": ["tenancy", "household", "home-condition"],
        "options": {"mapping": "core-lettings"},
    }
    source = build_sources([entry], PARTS)["landlord"]
    assert isinstance(source, TabularSource)
    return source


def export(real_data: Path, name: str) -> Path:
    return real_data / "mhclg-core-lettings/fixtures/files" / name


EXPORTS = {
    "lettings_log_csv_export_labels_25.csv": "2025-04-01",
    "lettings_log_csv_export_codes_25.csv": "2025-04-01",
    "lettings_log_csv_export_codes_26.csv": "2026-04-01",
}


@pytest.mark.parametrize("name", EXPORTS)
async def test_a_published_lettings_export_is_served_as_a_tenancy(real_data: Path, name: str) -> None:
    source = lettings(export(real_data, name))
    answer = await source.fetch(asking("HIJKLMN", source))
    assert_fits(answer)
    assert by_field(answer.fragments) == {
        "tenancy.tenancy_type": "assured-shorthold-fixed-term",
        "tenancy.landlord": "MHCLG",
        "tenancy.start_date": EXPORTS[name],
        "tenancy.property_type": "house",
        "tenancy.bedrooms": 3,
        "tenancy.address": "Address line 1, London",
        "household.members": {"relationship": "partner", "age_band": "25-to-44"},
        "home-condition.adaptations": {"type": "wheelchair-user standard"},
    }
    assert {item.as_of.isoformat() for item in answer.fragments} == {f"{EXPORTS[name]}T00:00:00+01:00"}
    assert source.quarantined() == ()


async def test_unusable_rows_of_a_lettings_export_are_set_aside_and_the_rest_served(
    real_data: Path, tmp_path: Path
) -> None:
    published = export(real_data, next(iter(EXPORTS))).read_text(encoding="utf-8-sig")
    questions, columns, letting = csv.reader(published.splitlines())
    spoilt = {
        "GOOD-1": {},
        "": {},
        "BAD-DATE": {"startdate": "2025-02-30"},
        "NO-DATE": {"startdate": ""},
        "BAD-UNIT": {"unittype_gn": "Castle"},
        "BAD-BEDS": {"beds": "three"},
        "BAD-UPRN": {"uprn": "1234567890123"},
        "BAD-AGE": {"age2": "R"},
        "GOOD-2": {"tenancy": "Licence agreement", "beds": "1"},
    }
    path = tmp_path / "export.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([questions, columns])
        for code, changes in spoilt.items():
            row = dict(zip(columns, letting, strict=True)) | {"tenancycode": code} | changes
            writer.writerow(row.values())
        writer.writerow(letting[:100])
    source = lettings(path)
    assert [(item.where, item.reason) for item in source.quarantined()] == [
        ("row 4", "tenancycode is empty"),
        ("row 5", "startdate: is not a date written dd/mm/yyyy or yyyy-mm-dd"),
        ("row 6", "startdate is empty"),
        ("row 7", "unittype_gn: code is not in the code list"),
        ("row 8", "beds: is not a whole number"),
        ("row 9", "uprn: is not a UPRN of up to 12 digits"),
        ("row 10", "age2: is not a whole number"),
        ("row 12", "the row ends before its last column"),
    ]
    for code, kind in {"GOOD-1": "assured-shorthold-fixed-term", "GOOD-2": "licence"}.items():
        answer = await source.fetch(asking(code, source))
        assert by_field(answer.fragments)["tenancy.tenancy_type"] == kind


@pytest.mark.parametrize(
    "name", ["2026_27_lettings_bulk_upload.csv", "local_authorities.csv", "schemes_csv_export.csv"]
)
async def test_another_published_file_is_not_taken_for_a_lettings_export(real_data: Path, name: str) -> None:
    with pytest.raises(SourceError, match="malformed"):
        await lettings(export(real_data, name)).probe()
