"""The table that anybody's tools read, and AuditEvents in the shapes of IHE BALP."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from audit.entries import Kind, Opening
from audit.export import fhir, table
from audit.export.rows import Row, Selection
from audit.reader import StoredEntry
from core.vocabulary import Json

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
DETAIL: Json = {
    "person": "ABCD-2345",
    "practitioner": "hal",
    "client": "triage-app",
    "correlation": "c-1",
    "asked": ["tenancy"],
    "sections": {CITY: {"tenancy": ["status"]}},
}


def row(kind: Kind, outcome: str = "disclosed", purpose: str | None = "early-help-triage") -> Row:
    stored = StoredEntry(
        7, b"leaf", 1_790_000_000_123, kind.value, outcome, COUNTY, "triager", purpose, b"", b""
    )
    return Row(7, b"leaf", stored, (COUNTY, CITY))


def opening(detail: Json = DETAIL) -> Opening:
    return Opening(bytes(32), {"detail": detail})


def event(kind: Kind, outcome: str = "disclosed", known: Opening | None = None) -> Mapping[str, Json]:
    made = fhir.audit_event(row(kind, outcome), known, "oncetold.test/log")
    read: Mapping[str, Json] = json.loads(json.dumps(made))
    return read


def codes(value: Json) -> set[str]:
    """Every code that stands anywhere in it."""
    if isinstance(value, Mapping):
        own = {value["code"]} if isinstance(value.get("code"), str) else set()
        return own.union(*map(codes, value.values()))  # type: ignore[return-value]
    return set().union(*map(codes, value)) if isinstance(value, list) else set()


def test_the_table_has_a_line_for_each_entry_and_metadata_that_names_its_columns() -> None:
    text = table.header() + table.row_text(row(Kind.DISCLOSURE)) + table.row_text(Row(8, b"leaf", None, ()))
    first, second = csv.DictReader(io.StringIO(text))
    assert first["time"] == "2026-09-21T14:13:20.123Z"
    assert first["organisations"] == f"{COUNTY} {CITY}"
    assert (second["index"], second["kind"]) == ("8", "")
    named = table.metadata("x.csv")["tableSchema"]
    assert isinstance(named, dict)
    columns = named["columns"]
    assert isinstance(columns, list)
    assert [one["name"] for one in columns if isinstance(one, dict)] == text.splitlines()[0].split(",")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    spoilt = row(Kind.DISCLOSURE, outcome=cell)
    assert next(csv.reader(io.StringIO(table.row_text(spoilt))))[3] == f"'{cell}"


def test_a_look_is_a_query_about_a_patient_by_the_code_that_officers_know() -> None:
    made = event(Kind.DISCLOSURE, known=opening())
    assert made["meta"] == {"profile": [fhir.BALP + "PatientQuery"]}
    assert (made["action"], made["outcome"], made["recorded"]) == ("E", "0", "2026-09-21T14:13:20.123Z")
    assert {"rest", "search-type", "110153", "110152", "IRCP", "24", "1", "early-help-triage"} <= codes(made)
    text = json.dumps(made)
    assert "ABCD-2345" in text
    assert CITY in text
    assert "BTG" not in text


def test_a_refusal_is_a_serious_failure_and_an_emergency_breaks_the_glass() -> None:
    assert event(Kind.REFUSAL, "empty", opening())["outcome"] == "8"
    assert event(Kind.AUDIT_READ, "refused")["outcome"] == "8"
    made = event(Kind.BREAK_GLASS, known=opening())
    assert made["outcome"] == "0"
    assert "BTG" in codes(made["purposeOfEvent"])
    agents = made["agent"]
    assert isinstance(agents, list)
    users = [one for one in agents if isinstance(one, dict) and one["requestor"] is True]
    assert [("BTG" in codes(one["purposeOfUse"])) for one in users] == [True]


@pytest.mark.parametrize(
    ("kind", "outcome", "profile", "action"),
    [
        (Kind.CONSENT, "given", "PatientCreate", "C"),
        (Kind.CONSENT, "withdrawn", "PatientUpdate", "U"),
        (Kind.POINTER, "registered", "PatientCreate", "C"),
        (Kind.POINTER, "revoked", "PatientDelete", "D"),
    ],
)
def test_changes_have_their_shapes(kind: Kind, outcome: str, profile: str, action: str) -> None:
    made = event(kind, outcome, opening({"person": "ABCD-2345"}))
    assert made["meta"] == {"profile": [fhir.BALP + profile]}
    assert made["action"] == action


@pytest.mark.parametrize(
    ("kind", "code"),
    [(Kind.SIGN_IN, "110122"), (Kind.AUDIT_READ, "110101"), (Kind.ADMINISTRATION, "110100")],
)
def test_what_is_about_no_record_claims_no_profile(kind: Kind, code: str) -> None:
    made = event(kind, "signed-in", opening({"officer": "olga"}))
    assert "meta" not in made
    assert code in codes(made)


def test_whoever_was_erased_is_not_in_it() -> None:
    made = event(Kind.DISCLOSURE)
    assert made["meta"] == {"profile": [fhir.BALP + "Query"]}
    assert "Patient" not in json.dumps(made["entity"])
    with pytest.raises(ValueError, match="nothing stands beside"):
        fhir.audit_event(Row(7, b"leaf", None, ()), None, "x")


def test_an_event_has_one_id_wherever_it_is_exported() -> None:
    assert event(Kind.DISCLOSURE)["id"] == event(Kind.REFUSAL)["id"]
    assert fhir.bundle_start("x", 3)["total"] == 3


def test_the_shapes_are_those_of_the_published_examples(real_data: Path) -> None:
    """Every element that a published example has in each place, ours has too; and no system of ours is misspelt."""
    example = json.loads((real_data / "ihe-balp" / "AuditEvent-ex-auditBasicQueryPost.json").read_bytes())
    made = event(Kind.DISCLOSURE, known=opening())
    assert set(example) - {"text"} <= set(made)
    assert codes(example["type"]) == codes(made["type"])
    assert codes(example["subtype"]) <= codes(made["subtype"])
    assert codes(example["agent"]) <= codes(made["agent"])
    assert codes(example["entity"]) <= codes(made["entity"])
    assert example["meta"]["profile"] == dict(made["meta"])["profile"]  # type: ignore[arg-type]


def test_a_selection_of_everything_is_the_whole_log() -> None:
    assert Selection().whole
    assert not Selection(kind="refusal").whole
