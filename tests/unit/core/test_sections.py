from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from core.sections import SectionSchemaError, load_sections, policies_folder

SECTIONS = load_sections(policies_folder() / "sections")
FIELDS = {
    "identity": "name birth_date gender deceased",
    "contact": "telephone email address postcode uprn safe_contact preferred_channel",
    "communication-needs": "preferred_language interpreter_required adjustments",
    "household": "members",
    "tenancy": "tenancy_type landlord status start_date property_type bedrooms address uprn",
    "home-condition": "open_repairs adaptations damp_and_mould heating",
    "debts": "arrears_band repayment_plan",
    "health-summary": "allergies conditions medications",
    "support-plan": "category status goals start_date review_date lead_role",
    "safeguarding-alerts": "flags",
    "involved-services": "services",
    "my-story": "what_matters how_to_reach_me told_already adjustments",
    "council-benefits": "status kinds decided_on review_on",
    "dwp-benefits": "status kinds deductions award_ends_on",
    "employment-education": "status hours seasonal place_of_learning attendance_concern",
    "homelessness": "situation since home_lost_by duty council found_at",
    "hospital-stay": "status admitted_on expected_home_on ward hospital needs_at_home",
    "housing-application": "status band applied_on bedrooms_needed medical_need",
    "mental-health-support": "status team_kind lead_role what_helps crisis_plan next_contact_on",
    "offence-risk": "risk kinds supervised_until conditions places_to_stay_away_from",
    "social-care": "status care_kinds lead_role review_on carer_assessed",
    "staff-safety": "visit_in_pairs visit_advice review_on after_offence",
    "substance-use": "status help_kinds stays_safe_by lead_role next_contact_on",
    "support-network": "supporters emergency_contacts cares_for_someone",
}


def test_the_published_sections_have_exactly_the_agreed_fields() -> None:
    assert {name: set(schema.fields) for name, schema in SECTIONS.items()} == {
        name: set(fields.split()) for name, fields in FIELDS.items()
    }


def test_location_and_sensitive_fields_are_marked() -> None:
    located = {f"{name}.{field}" for name, schema in SECTIONS.items() for field in schema.location_fields}
    assert located == {
        "contact.address",
        "contact.postcode",
        "contact.uprn",
        "employment-education.place_of_learning",
        "homelessness.found_at",
        "hospital-stay.hospital",
        "hospital-stay.ward",
        "my-story.how_to_reach_me",
        "offence-risk.places_to_stay_away_from",
        "tenancy.address",
        "tenancy.uprn",
    }
    wholly = {name for name, schema in SECTIONS.items() if schema.sensitive_fields == schema.fields}
    assert wholly == {
        "health-summary",
        "safeguarding-alerts",
        "involved-services",
        "hospital-stay",
        "mental-health-support",
        "social-care",
        "substance-use",
        "my-story",
    }
    partly = {
        name: set(schema.sensitive_fields)
        for name, schema in SECTIONS.items()
        if schema.sensitive_fields and name not in wholly
    }
    # Why benefits are paid, and why a home is needed, tell of an illness.
    assert partly == {"dwp-benefits": {"kinds"}, "housing-application": {"medical_need"}}


@pytest.mark.parametrize("name", FIELDS)
def test_every_property_tells_people_what_it_is(name: str) -> None:
    document = SECTIONS[name].document
    properties = document["properties"]
    assert isinstance(properties, dict)
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "required" not in document
    assert all(prop["title"] and prop["description"] for prop in properties.values())


def test_only_the_names_of_what_does_not_validate_are_told() -> None:
    contact = SECTIONS["contact"]
    assert contact.validate({"uprn": "100023336956", "postcode": "NR1 3DD"}) == ()
    assert contact.validate({"uprn": "not-a-number", "postcode": "nr1", "shoe_size": 9}) == (
        "postcode",
        "shoe_size",
        "uprn",
    )
    repairs = SECTIONS["home-condition"]
    assert repairs.validate({"open_repairs": [{"category": "damp", "note": "private"}]}) == ("open_repairs",)


def test_a_day_that_is_not_in_the_calendar_does_not_validate() -> None:
    assert SECTIONS["tenancy"].validate({"start_date": "2026-02-30"}) == ("start_date",)


def test_one_value_can_be_judged_by_itself_as_item_or_scalar() -> None:
    goals, identity = SECTIONS["support-plan"], SECTIONS["identity"]
    assert goals.admits("goals", "Walk daily")
    assert not goals.admits("goals", ["Walk daily"])
    assert identity.admits("birth_date", "1984-03")
    assert not identity.admits("birth_date", "03/1984")


def test_the_newest_version_of_a_section_holds(tmp_path: Path) -> None:
    for version, field in ((1, "old"), (10, "newest"), (9, "newer")):
        _write(tmp_path / f"pets.v{version}.json", {field: {"type": "string"}})
    found = load_sections(tmp_path)["pets"]
    assert (found.version, set(found.fields)) == (10, {"newest"})


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("Pets.json", b"{}", "the name is not"),
        ("pets.v1.json", b"{", "JSONDecodeError"),
        ("pets.v1.json", b"[]", "TypeError"),
        ("pets.v1.json", b'{"type": "object"}', "KeyError"),
        (
            "pets.v1.json",
            b'{"type": "object", "properties": {}, "additionalProperties": true}',
            "not a closed",
        ),
        (
            "pets.v1.json",
            b'{"type": "object", "properties": {"a": {"type": 1}}, "additionalProperties": false}',
            "ValidationError",
        ),
    ],
)
def test_a_file_that_is_no_section_schema_is_refused(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SectionSchemaError, match=reason):
        load_sections(tmp_path)


def test_an_empty_folder_is_refused_rather_than_read_as_no_sections(tmp_path: Path) -> None:
    with pytest.raises(SectionSchemaError, match="no section schema"):
        load_sections(tmp_path)


def _write(path: Path, properties: object) -> None:
    document = {"type": "object", "additionalProperties": False, "properties": properties}
    path.write_bytes(orjson.dumps(document))
