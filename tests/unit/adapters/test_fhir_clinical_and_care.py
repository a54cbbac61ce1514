from __future__ import annotations

import pytest

from core.vocabulary import Json, JsonObject
from tests.support.adapter_kit import (
    UPDATED,
    answer,
    assert_fits,
    by_field,
    coded,
    patient,
    reasons,
    resource,
    values,
    wanting,
)


def allergy(**elements: Json) -> JsonObject:
    return resource("AllergyIntolerance", **{"code": coded("1", "Latex"), **elements})


def condition(**elements: Json) -> JsonObject:
    return resource("Condition", **{"code": coded("1", "Asthma"), **elements})


def medicine(**elements: Json) -> JsonObject:
    named: JsonObject = {"status": "active", "medicationCodeableConcept": {"text": "Amlodipine"}}
    return resource("MedicationStatement", **{**named, **elements})


def flag(**elements: Json) -> JsonObject:
    return resource("Flag", **{"status": "active", "code": {"text": "Two workers visit"}, **elements})


def plan(number: int = 1, **elements: Json) -> JsonObject:
    return {
        **resource("CarePlan", **{"status": "active", "intent": "plan", **elements}),
        "id": f"plan-{number}",
    }


def items(section: str, field: str, *resources: JsonObject) -> list[Json]:
    found = answer(patient(), *resources)
    assert_fits(found)
    assert found.quarantined == ()
    return values(found, section, field)


@pytest.mark.parametrize(
    ("clinical", "verification", "status"),
    [
        ("active", "confirmed", "active"),
        ("active", None, "active"),
        ("active", "unconfirmed", "active, unconfirmed"),
        ("inactive", "confirmed", "inactive"),
        ("resolved", "confirmed", "resolved"),
        (None, "refuted", "refuted"),
        ("active", "refuted", "refuted"),
        (None, None, None),
    ],
)
def test_an_allergy_is_shown_with_how_certain_and_how_current_it_is(
    clinical: str | None, verification: str | None, status: str | None
) -> None:
    said: dict[str, Json] = {}
    if clinical:
        said["clinicalStatus"] = coded(clinical)
    if verification:
        said["verificationStatus"] = coded(verification)
    expected = {"substance": "Latex"} | ({"status": status} if status else {})
    assert items("health-summary", "allergies", allergy(**said)) == [expected]


@pytest.mark.parametrize(
    ("elements", "severity"),
    [
        ({"reaction": [{"severity": "mild"}, {"severity": "severe"}]}, "severe"),
        ({"reaction": [{"severity": "mild"}], "criticality": "high"}, "mild, high criticality"),
        ({"reaction": [{"severity": "mild"}], "criticality": "low"}, "mild"),
        ({"criticality": "high"}, "high criticality"),
        ({"criticality": "unable-to-assess"}, None),
    ],
)
def test_the_worst_reaction_and_a_high_criticality_are_shown(
    elements: JsonObject, severity: str | None
) -> None:
    expected = {"substance": "Latex"} | ({"severity": severity} if severity else {})
    assert items("health-summary", "allergies", allergy(**elements)) == [expected]


def test_what_was_entered_in_error_never_existed() -> None:
    error = coded("entered-in-error")
    found = answer(
        patient(),
        allergy(verificationStatus=error),
        condition(verificationStatus=error),
        medicine(status="entered-in-error"),
        flag(status="entered-in-error"),
        plan(status="entered-in-error"),
    )
    assert (found.fragments, found.quarantined) == ((), ())


@pytest.mark.parametrize(
    ("clinical", "verification", "status"),
    [
        ("active", "confirmed", "active"),
        ("remission", "confirmed", "remission"),
        ("active", "provisional", "active, provisional"),
        ("active", "differential", "active, differential"),
    ],
)
def test_a_condition_is_shown_with_its_status(clinical: str, verification: str, status: str) -> None:
    found = items(
        "health-summary",
        "conditions",
        condition(
            clinicalStatus=coded(clinical),
            verificationStatus=coded(verification),
            severity=coded("6736007", "Moderate"),
        ),
    )
    assert found == [{"name": "Asthma", "severity": "Moderate", "status": status}]


def test_a_refuted_condition_is_not_one() -> None:
    assert items("health-summary", "conditions", condition(verificationStatus=coded("refuted"))) == []


def test_a_medicine_is_shown_with_its_dosage_and_status() -> None:
    dosage: list[Json] = [{"text": "1 each morning"}, {"patientInstruction": "with food"}, {}]
    assert items("health-summary", "medications", medicine(status="on-hold", dosage=dosage)) == [
        {"name": "Amlodipine", "dosage": "1 each morning; with food", "status": "on-hold"}
    ]


@pytest.mark.parametrize(("status", "shown"), [("active", "active, until 2021-05"), ("stopped", "stopped")])
def test_a_course_with_an_end_says_until_when(status: str, shown: str) -> None:
    found = items(
        "health-summary", "medications", medicine(status=status, effectivePeriod={"end": "2021-05"})
    )
    assert found == [{"name": "Amlodipine", "status": shown}]


@pytest.mark.parametrize(
    "elements",
    [
        {
            "medicationReference": {"reference": "#m"},
            "contained": [
                {"resourceType": "Medication", "id": "other"},
                {"resourceType": "Medication", "id": "m", "code": {"text": "Ramipril"}},
            ],
        },
        {"medicationReference": {"reference": "Medication/7", "display": "Ramipril"}},
    ],
)
def test_a_medicine_may_be_named_by_a_reference(elements: JsonObject) -> None:
    found = items("health-summary", "medications", medicine(medicationCodeableConcept=None, **elements))
    assert found == [{"name": "Ramipril", "status": "active"}]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (allergy(code={}), "AllergyIntolerance: code has no words"),
        (allergy(code=coded("372687004")), "AllergyIntolerance: code has no words"),
        (allergy(clinicalStatus=coded("sleeping")), "AllergyIntolerance: clinicalStatus is not understood"),
        (
            allergy(verificationStatus=coded("maybe")),
            "AllergyIntolerance: verificationStatus is not understood",
        ),
        (condition(code={}), "Condition: code has no words"),
        (
            condition(verificationStatus={"text": "refuted"}),
            "Condition: verificationStatus is not understood",
        ),
        (medicine(status="odd"), "MedicationStatement: status is missing or not understood"),
        (medicine(medicationCodeableConcept={}), "MedicationStatement: medication has no name in words"),
        (flag(status=None), "Flag: status is missing or not understood"),
        (flag(code={}), "Flag: code has no words"),
        (plan(status="odd"), "CarePlan: status is missing or not understood"),
        (plan(intent="directive"), "CarePlan: intent is missing or not understood"),
    ],
)
def test_what_cannot_be_understood_is_set_aside_with_its_reason(wrong: JsonObject, reason: str) -> None:
    found = answer(patient(), wrong)
    assert found.fragments == ()
    assert reasons(found) == [reason]


def test_the_words_of_a_concept_are_for_people() -> None:
    chosen: list[Json] = [{"display": "First"}, {"display": "Chosen", "userSelected": True}]
    substances = [
        allergy(code={"text": "9339101000001105 | Septrin", "coding": [{"display": "Transfer-degraded"}]}),
        allergy(code={"coding": chosen}),
        allergy(code={"text": "213020009 |", "coding": chosen}),
    ]
    numbered = [{**item, "id": str(at)} for at, item in enumerate(substances)]
    found = answer(patient(), *numbered)
    assert values(found, "health-summary", "allergies") == [{"substance": "Septrin"}, {"substance": "Chosen"}]
    assert reasons(found) == ["AllergyIntolerance: code has no words"]


def test_a_safety_flag_is_an_alert_and_a_diet_flag_is_not() -> None:
    safety = flag(category=[coded("safety")], period={"start": "2026-08-06T10:00:00Z"})
    unsorted = flag(status="inactive")
    assert items("safeguarding-alerts", "flags", safety, unsorted, flag(category=[coded("diet")])) == [
        {"description": "Two workers visit", "status": "active", "since": "2026-08-06"},
        {"description": "Two workers visit", "status": "inactive"},
    ]


def test_an_active_adjustment_flag_is_an_adjustment_and_no_alert() -> None:
    adjustment = flag(category=[coded("NRAF")], code={"text": "Quiet room"})
    found = answer(patient(), adjustment, {**adjustment, "status": "inactive"})
    assert by_field(found.fragments) == {"communication-needs.adjustments": "Quiet room"}


def test_a_plan_is_told_with_its_goals_review_and_lead() -> None:
    contained: list[Json] = [{"resourceType": "Goal", "id": "g", "description": {"text": "Sleep well"}}]
    review: JsonObject = {
        "detail": {"code": {"text": "Care plan review"}, "scheduledPeriod": {"start": "2027-02-26"}}
    }
    found = answer(
        patient(),
        plan(
            category=[{}, {"text": "Managing money"}],
            period={"start": "2026-01-11"},
            contained=contained,
            goal=[{"reference": "#g"}, {"display": "Walk"}],
            activity=[{"detail": {"code": {"text": "Walk"}}}, review],
            careTeam=[{"reference": "CareTeam/1", "display": "Reablement team"}],
        ),
    )
    assert_fits(found)
    told = by_field(found.fragments)
    assert values(found, "support-plan", "goals") == ["Sleep well", "Walk"]
    assert {key.removeprefix("support-plan."): value for key, value in told.items()} == {
        "category": "Managing money",
        "status": "active",
        "start_date": "2026-01-11",
        "review_date": "2027-02-26",
        "lead_role": "Reablement team",
        "goals": "Walk",
    }


def test_a_goal_without_words_is_set_aside_and_the_rest_of_the_plan_told() -> None:
    goals = plan(goal=[{"reference": "Goal/7"}, {"display": "Walk"}])
    found = answer(patient(), goals)
    assert by_field(found.fragments) == {"support-plan.status": "active", "support-plan.goals": "Walk"}
    assert reasons(found) == ["CarePlan: a goal has no words"]
    assert answer(patient(), goals, wanted=wanting("support-plan.status")).quarantined == ()


@pytest.mark.parametrize(
    ("author", "lead"),
    [
        ({"display": "Housing support worker"}, "Housing support worker"),
        ({"display": "Dr A. Name", "reference": "Practitioner/1"}, None),
        ({"display": "Dr A. Name", "type": "Practitioner"}, None),
        ({"display": "Nurse", "reference": "PractitionerRole/1"}, "Nurse"),
        ({}, None),
    ],
)
def test_the_lead_is_a_role_and_never_the_name_of_a_person(author: JsonObject, lead: str | None) -> None:
    assert by_field(answer(patient(), plan(author=author)).fragments).get("support-plan.lead_role") == lead


def test_of_several_plans_one_is_told_and_they_do_not_mix() -> None:
    found = answer(
        patient(),
        plan(1, status="completed", period={"start": "2026-10-01"}, category=[{"text": "Done"}]),
        plan(2, period={"start": "2025-01-01"}, category=[{"text": "Older"}]),
        plan(3, period={"start": "2026-02-01"}),
        plan(4, intent="proposal", period={"start": "2026-09-01"}),
    )
    assert by_field(found.fragments) == {
        "support-plan.status": "active",
        "support-plan.start_date": "2026-02-01",
    }


def test_of_two_plans_begun_together_the_latest_written_is_told() -> None:
    later: JsonObject = {"lastUpdated": UPDATED.replace("2026", "2027")}
    found = answer(patient(), plan(1), {**plan(2, category=[{"text": "Newer"}]), "meta": later})
    assert by_field(found.fragments)["support-plan.category"] == "Newer"
