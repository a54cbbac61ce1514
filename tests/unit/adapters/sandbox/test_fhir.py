"""The practice's FHIR answers, without HTTP."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from adapters.sandbox.fhir_resources import COMPARTMENT, PROFILE, resources
from adapters.sandbox.fhir_store import MOST_ENTRIES, Answer, FhirStore
from adapters.sandbox.nhs_fhir import capability_statement
from adapters.sandbox.people import CAST, generate
from adapters.sandbox.person import Person

PEOPLE = generate()
STORE = FhirStore(PEOPLE)


def cast(name: str) -> Person:
    return PEOPLE[CAST[name]]


def patient_id(name: str) -> str:
    record = cast(name).practice
    assert record is not None
    return record.id


def body(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status
    return orjson.loads(answer.body)


def read(name: str, elements: str = "") -> Any:
    return body(STORE.get(f"Patient/{patient_id(name)}" + (f"?_elements={elements}" if elements else "")))


def find(kind: str, name: str, more: str = "") -> list[Any]:
    bundle = body(STORE.get(f"{kind}?patient={patient_id(name)}{more}"))
    assert bundle["type"] == "searchset"
    found = [entry["resource"] for entry in bundle.get("entry", [])]
    assert bundle["total"] == len(found)
    return found


def test_a_patient_is_a_uk_core_patient_under_an_id_of_its_own() -> None:
    patient = read("everything")
    assert patient["meta"]["profile"] == [PROFILE + "Patient"]
    assert patient["identifier"][0]["value"] == cast("everything").nhs_number
    assert patient["id"] != cast("everything").nhs_number
    assert patient["deceasedBoolean"] is False
    assert patient["meta"]["security"][0]["code"] == "U"


def test_an_unrestricted_patient_says_how_to_reach_them() -> None:
    patient = read("everything")
    assert {point["system"] for point in patient["telecom"]} == {"phone", "email"}
    key = patient["address"][0]["extension"][0]["extension"]
    assert key[0]["valueCoding"]["code"] == "UPRN"
    assert key[1]["valueString"] == cast("everything").address.uprn
    assert patient["generalPractitioner"][0]["identifier"]["value"] == "Z9W01"
    assert patient["communication"][0]["language"]["coding"][0]["code"] == "bfi"


@pytest.mark.parametrize(("name", "code"), [("restricted", "R"), ("very-restricted", "V")])
def test_a_restricted_patient_comes_without_whereabouts(name: str, code: str) -> None:
    patient = read(name)
    assert patient["meta"]["security"][0]["code"] == code
    assert not {"address", "telecom", "contact", "generalPractitioner"} & set(patient)
    person = cast(name)
    whole = json.dumps([patient, *(find(kind, name) for kind in COMPARTMENT)], ensure_ascii=False)
    for secret in (person.address.postcode, person.address.uprn, person.address.lines[-1], person.telephone):
        assert secret not in whole


def test_an_attorney_is_a_contact_of_the_patient() -> None:
    contact = read("represented")["contact"][0]
    assert contact["relationship"][0]["text"] == "lpa-health-and-welfare"
    assert contact["name"]["text"] == cast("attorney").full_name


def test_a_death_has_its_day() -> None:
    assert read("deceased")["deceasedDateTime"] == "2026-08-02"
    assert "deceasedBoolean" not in read("deceased")


def test_someone_the_practice_does_not_know_has_no_resources() -> None:
    assert resources(cast("council-only")) == {}
    assert resources(cast("invalidated")) == {}


def test_elements_are_selected_and_the_resource_says_that_it_is_not_whole() -> None:
    patient = read("everything", "name,birthDate,deceased")
    assert set(patient) == {"resourceType", "id", "meta", "name", "birthDate", "deceasedBoolean"}
    assert patient["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "tag" not in read("everything")["meta"]
    medication = find("MedicationStatement", "everything", "&_elements=medication")[0]
    assert "medicationCodeableConcept" in medication
    assert "dosage" not in medication


def test_goals_come_with_the_plan_that_refers_to_them() -> None:
    plan = find("CarePlan", "everything", "&_elements=goal")[0]
    assert {f"#{goal['id']}" for goal in plan["contained"]} == {ref["reference"] for ref in plan["goal"]}
    assert "contained" not in find("CarePlan", "everything", "&_elements=status")[0]
    whole = find("CarePlan", "everything")[0]
    assert whole["activity"][0]["detail"]["scheduledPeriod"]["start"] > "2026-11-23"
    assert whole["author"]["display"]


@pytest.mark.parametrize("kind", COMPARTMENT)
def test_every_kind_of_resource_is_there_for_everything(kind: str) -> None:
    found = find(kind, "everything")
    assert found
    reference = f"Patient/{patient_id('everything')}"
    for resource in found:
        assert resource["meta"]["profile"] == [PROFILE + kind]
        assert resource.get("subject", resource.get("patient")) == {"reference": reference}
        assert "security" not in resource["meta"]


def test_single_resources_carry_the_labels_of_the_practice() -> None:
    def labels(kind: str) -> set[str]:
        return {
            label["code"]
            for resource in find(kind, "labelled")
            for label in resource["meta"].get("security", [])
        }

    assert labels("Condition") == {"PSY"}
    assert labels("Flag") == {"SDV"}
    assert labels("MedicationStatement") == {"R"}


def test_flags_are_found_by_category() -> None:
    everything = find("Flag", "everything")
    safety = find("Flag", "everything", "&category=safety")
    adjustments = find(
        "Flag", "everything", "&category=https://fhir.nhs.uk/England/CodeSystem/PatientFlagCategory|NRAF"
    )
    assert safety
    assert adjustments
    assert len(safety) + len(adjustments) == len(everything)
    assert find("Flag", "everything", "&category=safety,NRAF") == everything
    assert find("Flag", "everything", "&category=diet") == []


def test_a_search_by_form_answers_like_a_search_by_url() -> None:
    patient = patient_id("everything")
    by_url = STORE.get(f"Condition?patient={patient}&_elements=code")
    assert STORE.search("Condition", "", f"patient=Patient%2F{patient}&_elements=code") == by_url
    assert STORE.search("Condition", "_elements=code", f"subject={patient}").body == by_url.body


def test_a_patient_is_found_by_id_and_by_nhs_number() -> None:
    patient, number = patient_id("everything"), cast("everything").nhs_number
    by_id = body(STORE.get(f"Patient?_id={patient}"))
    by_number = body(STORE.get(f"Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|{number}"))
    assert by_id["entry"][0]["resource"]["id"] == patient
    assert by_number == by_id == body(STORE.get(f"Patient?identifier={number}&_format=json"))
    assert body(STORE.get(f"Patient?identifier=urn:other|{number}"))["total"] == 0


def test_an_unknown_patient_is_not_found_and_has_empty_searches() -> None:
    assert body(STORE.get("Patient/nobody"), 404)["issue"][0]["code"] == "not-found"
    for kind in COMPARTMENT:
        assert body(STORE.get(f"{kind}?patient=nobody")) == {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": 0,
        }
    assert body(STORE.get("Patient?_id=nobody"))["total"] == 0


def test_a_withdrawn_record_is_invalidated() -> None:
    outcome = body(STORE.get(f"Patient/{patient_id('invalidated')}"), 404)
    assert outcome["issue"][0]["details"]["coding"][0]["code"] == "INVALIDATED_RESOURCE"
    assert find("Flag", "invalidated") == []


@pytest.mark.parametrize(
    "url",
    [
        "Condition",
        "Flag?status=active",
        "Patient",
        "Patient?family=Sampleworth",
        "Condition?patient=x&code=1",
    ],
)
def test_a_search_that_is_not_about_one_patient_is_refused(url: str) -> None:
    assert body(STORE.get(url), 400)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("url", ["Observation?patient=x", "", "Patient/a/b", "Condition/1"])
def test_what_is_not_served_is_not_found(url: str) -> None:
    assert STORE.get(url).status == 404


def test_one_batch_brings_everything_in_the_order_asked() -> None:
    patient = patient_id("everything")
    urls = [f"Patient/{patient}?_elements=name", f"Flag?patient={patient}", "Patient/nobody"]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    entries.append({"request": {"method": "DELETE", "url": f"Patient/{patient}"}})
    answer = body(STORE.batch(orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})))
    assert answer["type"] == "batch-response"
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["200", "200", "404", "405"]
    assert answer["entry"][0]["resource"] == body(STORE.get(urls[0]))
    assert answer["entry"][1]["resource"]["type"] == "searchset"
    assert answer["entry"][2]["response"]["outcome"]["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "sent",
    [
        b"{",
        b"[]",
        b'{"resourceType": "Bundle", "type": "transaction", "entry": []}',
        b'{"resourceType": "Bundle", "type": "batch"}',
        b'{"resourceType": "Bundle", "type": "batch", "entry": [{"request": {}}]}',
        orjson.dumps(
            {
                "resourceType": "Bundle",
                "type": "batch",
                "entry": [{"request": {"method": "GET", "url": "metadata"}}] * (MOST_ENTRIES + 1),
            }
        ),
    ],
)
def test_a_body_that_is_no_batch_of_reads_is_refused(sent: bytes) -> None:
    assert STORE.batch(sent).status == 400


def test_in_excess_the_server_answers_more_than_it_was_asked() -> None:
    patient = patient_id("everything")
    assert "address" in body(STORE.get(f"Patient/{patient}?_elements=name", excess=True))
    bundle = body(STORE.get(f"Flag?patient={patient}&category=safety&_elements=code", excess=True))
    modes = [entry["search"]["mode"] for entry in bundle["entry"]]
    assert modes.count("include") == 1
    assert "address" in bundle["entry"][-1]["resource"]
    assert find("Flag", "everything", "&category=safety&_elements=code")[0].keys() == {
        "resourceType",
        "id",
        "meta",
        "code",
    }


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.sandbox.fhir_store._REMEMBERED", 3)
    store = FhirStore(PEOPLE[:1])
    for number in range(10):
        assert store.get(f"Patient/{number}").status == 404
    assert len(store._remembered) <= 3
    assert store.get("Patient/9") is store.get("Patient/9")


def test_the_capability_statement_names_what_is_served() -> None:
    statement = json.loads(orjson.dumps(capability_statement()))
    assert statement["fhirVersion"] == "4.0.1"
    types = {resource["type"]: resource for resource in statement["rest"][0]["resource"]}
    assert set(types) == {"Patient", *COMPARTMENT}
    assert {item["name"] for item in types["Flag"]["searchParam"]} == {"patient", "subject", "category"}
