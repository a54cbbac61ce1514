from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.contract import NotHeldError
from core.vocabulary import Json, JsonObject, Label
from tests.support.adapter_kit import (
    NOW,
    NUMBER,
    PATIENT_ID,
    UPDATED,
    WRONG_NUMBER,
    answer,
    by_field,
    coded,
    patient,
    reasons,
    resource,
    values,
    wanting,
)

NHS = "https://fhir.nhs.uk/Id/nhs-number"
ANOTHER = "about another patient than the one asked for"
STU3 = "FHIR STU3 (CareConnect); only R4 (UK Core) is understood"


def labelled(*codes: str | None) -> JsonObject:
    security: list[Json] = [{"code": code} if code else {"display": "restricted"} for code in codes]
    return {"lastUpdated": UPDATED, "security": security}


def allergy(**elements: Json) -> JsonObject:
    return resource("AllergyIntolerance", **{"code": {"text": "Latex"}, **elements})


def identified(number: str) -> list[Json]:
    return [{"system": "urn:other", "value": "1"}, {"system": NHS, "value": number}]


@pytest.mark.parametrize(
    ("meta", "label"),
    [
        (labelled("U"), Label.UNRESTRICTED),
        (labelled("N"), Label.UNRESTRICTED),
        (labelled("R"), Label.RESTRICTED),
        (labelled("V"), Label.VERY_RESTRICTED),
        (labelled("REDACTED"), Label.REDACTED),
        (labelled("U", "V"), Label.VERY_RESTRICTED),
        (labelled("X"), Label.UNKNOWN),
        (labelled("U", None), Label.UNKNOWN),
        ({"security": []}, Label.UNKNOWN),
        ({"security": "U"}, Label.UNKNOWN),
        ({}, Label.UNKNOWN),
    ],
)
def test_the_label_of_the_person_is_the_strictest_and_unknown_where_there_is_none(
    meta: JsonObject, label: Label
) -> None:
    assert answer({**patient(), "meta": meta}).person_label is label


def test_a_redacted_patient_gives_nothing_but_the_label() -> None:
    found = answer({**patient(birthDate="1984"), "meta": labelled("REDACTED")}, allergy())
    assert (found.fragments, found.person_label) == ((), Label.REDACTED)


def test_a_source_that_says_nothing_of_labels_is_not_taken_to_say_unrestricted() -> None:
    assert answer(patient(), labels=False).person_label is None
    assert answer({**patient(), "meta": labelled("R")}, labels=False).person_label is Label.RESTRICTED


def test_labels_of_a_resource_go_with_its_fragments_and_unremarkable_ones_do_not() -> None:
    resources = [
        {**allergy(), "id": str(at), "meta": labelled(*codes)}
        for at, codes in enumerate([("PSY", "N"), ("U",), ("SDV", "R"), (None,)])
    ]
    found = answer(patient(), *resources)
    assert [set(item.labels) for item in found.fragments] == [{"PSY"}, set(), {"SDV", "R"}, {"unknown"}]


@pytest.mark.parametrize(
    ("updated", "expected"),
    [
        (UPDATED, datetime(2026, 10, 30, 9, 15, tzinfo=UTC)),
        ("2026-10-30T10:15:00.123+01:00", datetime(2026, 10, 30, 9, 15, 0, 123000, tzinfo=UTC)),
        ("2026-10-30", datetime(2026, 10, 30, tzinfo=UTC)),
        ("yesterday", NOW),
        (None, NOW),
    ],
)
def test_a_fragment_is_as_old_as_its_resource_says(updated: str | None, expected: datetime) -> None:
    found = answer(patient(), {**allergy(), "meta": {"lastUpdated": updated}})
    assert [item.as_of for item in found.fragments] == [expected]


@pytest.mark.parametrize(
    "reference",
    [
        f"Patient/{PATIENT_ID}",
        f"Patient/{PATIENT_ID}/_history/3",
        f"https://practice.test/fhir/Patient/{PATIENT_ID}",
    ],
)
def test_a_resource_about_the_patient_is_served(reference: str) -> None:
    found = answer(patient(), allergy(patient={"reference": reference}))
    assert values(found, "health-summary", "allergies") == [{"substance": "Latex"}]


@pytest.mark.parametrize(
    "about",
    [
        {"reference": "Patient/somebody-else"},
        {"reference": f"https://elsewhere.test/fhir/Patient/{PATIENT_ID}"},
        {"reference": f"Group/{PATIENT_ID}"},
        {"display": "A. Patient"},
        {},
    ],
)
def test_a_resource_about_somebody_else_or_nobody_is_never_served(about: JsonObject) -> None:
    found = answer(patient(), allergy(patient=about))
    assert found.fragments == ()
    assert reasons(found) == [f"AllergyIntolerance: {ANOTHER}"]


def test_an_answer_with_another_patient_gives_nothing_at_all() -> None:
    found = answer({**patient(birthDate="1984"), "id": "somebody-else"}, allergy())
    assert found.fragments == ()
    assert (found.person_label, reasons(found)) == (Label.UNKNOWN, [f"Patient: {ANOTHER}"])


def test_no_patient_where_one_was_asked_for_is_a_record_no_longer_held() -> None:
    with pytest.raises(NotHeldError):
        answer(allergy())
    assert answer(allergy(), patient_asked=False, labels=False).person_label is None


def test_a_number_whose_check_digit_fails_sets_the_patient_aside_and_serves_the_rest() -> None:
    found = answer(patient(birthDate="1984", identifier=identified(WRONG_NUMBER)), allergy())
    assert by_field(found.fragments) == {"health-summary.allergies": {"substance": "Latex"}}
    assert reasons(found) == ["Patient: NHS number fails its check digit"]
    assert found.person_label is Label.UNRESTRICTED


def test_a_patient_is_found_by_number_and_the_others_by_the_patient() -> None:
    found = answer(
        patient(birthDate="1984", identifier=identified(f"{NUMBER[:3]} {NUMBER[3:6]} {NUMBER[6:]}")),
        allergy(),
        reference=NUMBER,
        kind="nhs-number",
    )
    assert sorted(by_field(found.fragments)) == ["health-summary.allergies", "identity.birth_date"]
    other = answer(patient(identifier=identified(NUMBER)), reference="9990000026", kind="nhs-number")
    assert reasons(other) == [f"Patient: {ANOTHER}"]


def test_two_patients_for_one_number_resolve_to_nobody() -> None:
    twin = {**patient(identifier=identified(NUMBER), birthDate="1984"), "id": "p-2", "meta": labelled("R")}
    found = answer(
        patient(identifier=identified(NUMBER)), twin, allergy(), reference=NUMBER, kind="nhs-number"
    )
    assert found.fragments == ()
    assert found.person_label is Label.RESTRICTED
    assert reasons(found) == ["Patient: more than one patient for one reference"]


@pytest.mark.parametrize(
    "elements",
    [
        {
            "meta": {
                "profile": [
                    "https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-AllergyIntolerance-1"
                ]
            }
        },
        {"extension": [{"url": "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-CareConnect-X-1"}]},
        {"clinicalStatus": "active"},
        {"verificationStatus": "confirmed"},
        {"taken": "y"},
    ],
)
def test_stu3_is_refused_with_a_clear_reason(elements: JsonObject) -> None:
    found = answer(patient(), {**allergy(), **elements})
    assert found.fragments == ()
    assert reasons(found) == [f"AllergyIntolerance: {STU3}"]


@pytest.mark.parametrize(
    "elements", [{"modifierExtension": [{"url": "urn:negated"}]}, {"implicitRules": "urn:rules"}]
)
def test_a_modifier_that_is_not_understood_keeps_a_resource_out(elements: JsonObject) -> None:
    found = answer(patient(), allergy(**elements))
    assert found.fragments == ()
    assert reasons(found) == ["AllergyIntolerance: has a modifier that is not understood"]


def test_what_was_not_asked_for_is_dropped_even_when_it_comes() -> None:
    everything_there = [
        patient(birthDate="1984", gender="female"),
        allergy(),
        resource("CarePlan", status="active", intent="plan"),
        resource("Flag", status="active", code={"text": "x"}, category=[coded("NRAF")]),
        resource("Observation", status="final"),
        {"id": "no type"},
    ]
    found = answer(*everything_there, wanted=wanting("identity.gender"))
    assert by_field(found.fragments) == {"identity.gender": "female"}
    assert found.quarantined == ()
