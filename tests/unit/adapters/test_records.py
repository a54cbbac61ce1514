from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.assembly import Assembly
from adapters.contract import SourceAnswer
from adapters.records import MappingError, Record, by_name, by_path, compile_map, moment
from core.vocabulary import Json, JsonObject
from tests.support.adapter_kit import NOW, SCHEMAS, by_field, reasons, values, wanting

CODES: JsonObject = {"1": "flat"}


def read(fields: JsonObject, record: Record, *wanted: str) -> SourceAnswer:
    compiled = compile_map({"reference": "ref", "fields": fields}, SCHEMAS)
    out = Assembly("council", wanting(*(wanted or fields)), SCHEMAS)
    compiled.read(record, by_path, wanting(*(wanted or fields)), out, NOW)
    return out.answer()


def test_values_are_found_by_path_and_converted() -> None:
    fields: JsonObject = {
        "tenancy.uprn": {"from": "property.uprn", "as": "uprn"},
        "tenancy.property_type": {"from": "property.type", "as": "code", "codes": CODES},
        "tenancy.landlord": {"from": ["nowhere.at.all", "tenancy.landlord"]},
    }
    record: Record = {"property": {"uprn": 100023336956, "type": 1}, "tenancy": {"landlord": "Council"}}
    assert by_field(read(fields, record).fragments) == {
        "tenancy.uprn": "100023336956",
        "tenancy.property_type": "flat",
        "tenancy.landlord": "Council",
    }


def test_only_what_is_wanted_is_read() -> None:
    fields: JsonObject = {"tenancy.landlord": {"from": "a"}, "tenancy.status": {"from": "b"}}
    found = read(fields, {"a": "x", "b": "y"}, "tenancy.status", "debts.arrears_band")
    assert by_field(found.fragments) == {"tenancy.status": "y"}


def test_an_unreadable_value_is_set_aside_and_the_rest_is_served() -> None:
    fields: JsonObject = {
        "tenancy.start_date": {"from": "start", "as": "day"},
        "tenancy.status": {"from": "status"},
    }
    found = read(fields, {"start": "31/02/2026", "status": "active"})
    assert by_field(found.fragments) == {"tenancy.status": "active"}
    assert reasons(found) == ["start: is not a date written dd/mm/yyyy or yyyy-mm-dd"]


def test_a_value_that_does_not_fit_the_schema_is_set_aside_without_being_repeated() -> None:
    found = read({"debts.arrears_band": {"from": "band"}}, {"band": "432.10"})
    assert found.fragments == ()
    assert reasons(found) == ["debts: debts.arrears_band does not fit the section's schema"]


def test_each_object_of_an_array_is_an_item_unless_its_code_leaves_it_out() -> None:
    fields: JsonObject = {
        "home-condition.open_repairs": {
            "each": "repairs",
            "unless": {"state": ["CMP"]},
            "item": {"category": {"from": "trade"}, "reported_on": {"from": "on", "as": "day"}},
        }
    }
    record: Record = {
        "repairs": [
            {"trade": "roof", "on": "01/02/2026", "state": "RPT"},
            {"trade": "door", "on": "01/02/2025", "state": "CMP"},
            {"trade": "wall", "on": "soon"},
            {},
            "nonsense",
        ]
    }
    found = read(fields, record)
    assert values(found, "home-condition", "open_repairs") == [
        {"category": "roof", "reported_on": "2026-02-01"},
        {"category": "wall"},
    ]
    assert read(fields, {"repairs": None}).fragments == ()


def test_parts_of_a_text_are_items() -> None:
    fields: JsonObject = {
        "involved-services.services": {
            "parted": "other",
            "item": {"name": {"from": "0"}, "kind": {"from": "1"}, "since": {"from": "2", "as": "day"}},
        }
    }
    found = read(fields, {"other": "Pantry | food | 01/02/2025; Hub|advice ; "})
    assert values(found, "involved-services", "services") == [
        {"name": "Pantry", "kind": "food", "since": "2025-02-01"},
        {"name": "Hub", "kind": "advice"},
    ]


def test_numbered_columns_are_items_and_so_may_the_record_be() -> None:
    fields: JsonObject = {
        "household.members": {
            "numbered": [2, 3],
            "item": {"age_band": {"from": "age{n}", "as": "age-band"}, "relationship": {"from": "rel{n}"}},
        },
        "home-condition.adaptations": {"item": {"type": {"from": "wheelchair"}}},
    }
    found = read(fields, {"age2": 30, "rel2": "partner", "age3": None, "wheelchair": "ramp"})
    assert values(found, "household", "members") == [{"age_band": "25-to-44", "relationship": "partner"}]
    assert values(found, "home-condition", "adaptations") == [{"type": "ramp"}]


def test_the_items_of_a_list_of_texts_come_one_by_one() -> None:
    found = read({"support-plan.goals": {"from": "goals", "as": "listed"}}, {"goals": "Walk; Sleep"})
    assert values(found, "support-plan", "goals") == ["Walk", "Sleep"]


def test_a_mapping_knows_which_keys_the_wanted_fields_need() -> None:
    document: JsonObject = {
        "reference": "ref",
        "as_of": "asAt",
        "fields": {
            "tenancy.status": {"from": "tenancy.status"},
            "tenancy.landlord": {"from": ["tenancy.landlord", "property.landlord"]},
            "home-condition.open_repairs": {
                "each": "repairs",
                "unless": {"state": ["CMP"]},
                "item": {"category": {"from": "trade"}},
            },
            "involved-services.services": {"parted": "other", "item": {"name": {"from": "0"}}},
            "home-condition.adaptations": {"item": {"type": {"from": "wheelchair"}}},
        },
    }
    compiled = compile_map(document, SCHEMAS)
    assert compiled.keys(wanting("tenancy.landlord")) == {"tenancy.landlord", "property.landlord"}
    assert compiled.keys(wanting("home-condition.open_repairs")) == {"repairs.trade", "repairs.state"}
    assert compiled.keys(wanting("involved-services.services")) == {"other"}
    assert compiled.keys(wanting("home-condition.adaptations")) == {"wheelchair"}
    assert compiled.sections == {"tenancy", "home-condition", "involved-services"}
    assert compiled.all_fields()["tenancy"] == {"status", "landlord"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "reference"),
        ({"reference": "r", "fields": {"tenancy.shoe": {"from": "a"}}}, "no field of a published section"),
        ({"reference": "r", "fields": {"pets.name": {"from": "a"}}}, "no field of a published section"),
        ({"reference": "r", "fields": {"tenancy.status": {}}}, "`from` names keys"),
        ({"reference": "r", "fields": {"tenancy.status": {"from": "a", "as": "magic"}}}, "`from` names keys"),
        (
            {
                "reference": "r",
                "fields": {"household.members": {"numbered": [3, 2], "item": {"age_band": {"from": "a"}}}},
            },
            "numbered",
        ),
    ],
)
def test_a_mistake_in_a_mapping_is_found_when_it_is_read(document: JsonObject, reason: str) -> None:
    with pytest.raises(MappingError, match=reason):
        compile_map(document, SCHEMAS)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("30/10/2026 09:15", datetime(2026, 10, 30, 9, 15, tzinfo=UTC)),
        ("30/10/2026", datetime(2026, 10, 30, tzinfo=UTC)),
        ("2026-10-30T09:15:00Z", datetime(2026, 10, 30, 9, 15, tzinfo=UTC)),
        (datetime(2026, 10, 30), datetime(2026, 10, 30, tzinfo=UTC)),  # noqa: DTZ001 - as a spreadsheet holds it
        ("40/10/2026", NOW),
        ("lately", NOW),
        (None, NOW),
    ],
)
def test_when_a_record_was_true_is_read_or_else_the_time_of_the_fetch(raw: Json, expected: datetime) -> None:
    assert moment(raw, NOW) == expected


def test_a_flat_record_is_read_by_name_even_where_names_hold_dots() -> None:
    assert by_name({"No. of beds": 2}, "No. of beds") == 2
    assert by_path({"a": {"b": 2}}, "a.b.c") is None
