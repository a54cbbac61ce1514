from __future__ import annotations

from typing import get_args
from urllib.parse import parse_qsl

import pytest

from adapters.fhir.plan import ALL_FLAGS, SERVED, Flags, ReferenceKind, Search, batch, searches
from tests.support.adapter_kit import NUMBER, everything, wanting

BY_CATEGORY = Flags(alerts=("safety",), adjustments=("NRAF",))


def asked(
    *names: str, labels: bool = False, kind: ReferenceKind = "id", flags: Flags = ALL_FLAGS
) -> dict[str, set[str]]:
    found = searches(wanting(*names), kind, flags, labels=labels)
    return {f"{search.resource_type} {search.category}".strip(): set(search.elements) for search in found}


def test_only_the_resource_types_and_elements_of_the_wanted_fields_are_asked_for() -> None:
    assert asked("identity.name") == {"Patient": {"id", "meta", "identifier", "name"}}
    assert asked("health-summary.conditions") == {
        "Condition": {
            "id",
            "meta",
            "subject",
            "clinicalStatus",
            "verificationStatus",
            "code",
            "severity",
        }
    }


def test_a_source_that_labels_its_people_is_always_asked_for_the_label_and_no_more() -> None:
    found = asked("health-summary.allergies", labels=True)
    assert found["Patient"] == {"id", "meta"}
    assert set(found) == {"Patient", "AllergyIntolerance"}


def test_a_patient_known_by_number_is_asked_for_to_check_it() -> None:
    assert asked("health-summary.allergies", kind="nhs-number")["Patient"] == {"id", "meta", "identifier"}


def test_flags_are_asked_for_by_category_where_the_server_can() -> None:
    alerts, adjustments = "safeguarding-alerts.flags", "communication-needs.adjustments"
    assert set(asked(alerts)) == {"Flag"}
    assert set(asked(adjustments)) == {"Patient"}
    assert set(asked(alerts, adjustments)) == {"Flag", "Patient"}
    assert set(asked(alerts, flags=BY_CATEGORY)) == {"Flag safety"}
    assert set(asked(adjustments, flags=BY_CATEGORY)) == {"Patient", "Flag NRAF"}
    assert set(asked(alerts, adjustments, flags=BY_CATEGORY)) == {"Flag safety", "Flag NRAF", "Patient"}


def test_a_plan_is_asked_for_with_the_elements_of_the_wanted_fields() -> None:
    assert asked("support-plan.status")["CarePlan"] == {"id", "meta", "subject", "status", "intent", "period"}
    assert asked("support-plan.goals")["CarePlan"] >= {"goal", "contained"}


def test_nothing_is_asked_for_fields_that_fhir_does_not_give() -> None:
    assert asked("debts.arrears_band") == {}


def test_the_whole_record_is_one_search_a_type() -> None:
    found = searches(everything(SERVED), "id", ALL_FLAGS, labels=True)
    assert [search.resource_type for search in found] == [
        "Patient",
        "AllergyIntolerance",
        "Condition",
        "MedicationStatement",
        "Flag",
        "CarePlan",
    ]


@pytest.mark.parametrize(
    ("resource_type", "kind", "expected"),
    [
        ("Patient", "id", ("_id", "a b&c")),
        ("Patient", "nhs-number", ("identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}")),
        ("Flag", "id", ("patient", "a b&c")),
        ("Flag", "nhs-number", ("patient.identifier", f"https://fhir.nhs.uk/Id/nhs-number|{NUMBER}")),
    ],
)
def test_a_query_is_encoded_so_that_a_reference_cannot_add_parameters(
    resource_type: str, kind: ReferenceKind, expected: tuple[str, str]
) -> None:
    search = Search(resource_type, ("id", "meta"), "safety")
    query = search.query("a b&c" if kind == "id" else NUMBER, kind)
    assert parse_qsl(query) == [expected, ("category", "safety"), ("_elements", "id,meta")]
    assert kind in get_args(ReferenceKind)


def test_a_batch_asks_all_at_once() -> None:
    plan = searches(wanting("identity.name", "health-summary.allergies"), "id", ALL_FLAGS, labels=True)
    bundle = batch(plan, "p-1", "id")
    assert isinstance(bundle, dict)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "batch")
    urls = [entry["request"]["url"] for entry in bundle["entry"]]
    assert [url.partition("?")[0] for url in urls] == ["Patient", "AllergyIntolerance"]
    assert all(entry["request"]["method"] == "GET" for entry in bundle["entry"])
