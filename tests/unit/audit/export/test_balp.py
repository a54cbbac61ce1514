"""Whatever claims a profile of IHE BALP keeps its rules; the published examples are held to the same ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from audit.entries import Kind, Opening
from audit.export import fhir
from audit.export.rows import Row
from audit.reader import StoredEntry
from core.vocabulary import Json
from tests.support.balp import PROFILE, RULES, faults

COUNTY, CITY, CHARITY = "norfolk-county-council", "norwich-city-council", "harbour-charity"
DETAIL: dict[str, Json] = {
    "person": "ABCD-2345",
    "practitioner": "hal",
    "client": "triage-app",
    "correlation": "req_1",
    "asked": ["tenancy"],
    "sections": {CITY: {"tenancy": ["status"]}, CHARITY: {"contact": ["telephone"]}},
}
CLAIMING = (
    (Kind.DISCLOSURE, "disclosed", "Query"),
    (Kind.DISCLOSURE, "confirmed", "Query"),
    (Kind.BREAK_GLASS, "disclosed", "Query"),
    (Kind.BREAK_GLASS, "empty", "Query"),
    (Kind.CONSENT, "given", "Create"),
    (Kind.CONSENT, "withdrawn", "Update"),
    (Kind.POINTER, "registered", "Create"),
    (Kind.POINTER, "revoked", "Delete"),
)


def event(kind: Kind, outcome: str, detail: dict[str, Json] | None) -> dict[str, Any]:
    stored = StoredEntry(
        7, b"leaf", 1_790_000_000_123, kind.value, outcome, COUNTY, "triager", "food", b"", b""
    )
    opening = None if detail is None else Opening(bytes(32), {"detail": detail})
    made: dict[str, Any] = json.loads(
        json.dumps(fhir.audit_event(Row(7, b"leaf", stored, (COUNTY,)), opening, "oncetold.test/log"))
    )
    return made


@pytest.mark.parametrize(("kind", "outcome", "profile"), CLAIMING)
@pytest.mark.parametrize("known", ["known", "nobody", "erased"])
def test_what_claims_a_profile_keeps_its_rules(kind: Kind, outcome: str, profile: str, known: str) -> None:
    nobody = {name: value for name, value in DETAIL.items() if name != "person"}
    made = event(kind, outcome, {"known": DETAIL, "nobody": nobody, "erased": None}[known])
    about = "Patient" if known == "known" else ""
    assert made["meta"]["profile"] == [f"{PROFILE}{about}{profile}"]
    assert faults(made) == []


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [(Kind.REFUSAL, "empty"), (Kind.REFUSAL, "no-agreement"), (Kind.AUDIT_READ, "refused")],
)
def test_a_refusal_claims_no_profile_of_success(kind: Kind, outcome: str) -> None:
    made = event(kind, outcome, DETAIL)
    assert made["outcome"] == fhir.OUTCOME_REFUSED
    assert "meta" not in made


def test_the_published_examples_keep_the_rules(real_data: Path) -> None:
    """Or the rules were stricter than BALP's own."""
    held = 0
    for path in sorted((real_data / "ihe-balp").glob("*.json")):
        example: Mapping[str, Any] = json.loads(path.read_bytes())
        if example["meta"]["profile"][0].removeprefix(PROFILE).removeprefix("Patient") in RULES:
            held += 1
            assert faults(example) == [], path.name
    assert held == 23


def spoilt(**changed: object) -> dict[str, Any]:
    return {**event(Kind.DISCLOSURE, "disclosed", DETAIL), **changed}


def test_the_rules_notice_what_breaks_them() -> None:
    """The companion: each rule can fail."""
    good = spoilt()
    entities, agents = good["entity"], good["agent"]
    source = next(one for one in entities if one["type"]["code"] == "3")
    question = next(one for one in entities if one["type"]["code"] == "2")
    as_before = {**source, "type": {**source["type"], "code": "2"}}
    nameless = deepcopy(entities)
    del nameless[-1]["what"]["identifier"]["value"]
    for broken in (
        spoilt(type={"code": "110112"}),
        spoilt(subtype=[{"code": "read"}]),
        spoilt(action="R"),
        spoilt(outcome="8"),
        spoilt(agent=agents[1:]),
        spoilt(agent=[{**agents[0], "media": {}}, *agents[1:]]),
        spoilt(entity=[*entities, as_before]),
        spoilt(entity=[one for one in entities if one["type"]["code"] != "1"]),
        spoilt(entity=[*(one for one in entities if one is not question), {**question, "what": {}}]),
        spoilt(entity=[{**one, "role": {"code": "4"}} for one in entities]),
        spoilt(entity=nameless),
        {**event(Kind.CONSENT, "given", DETAIL), "entity": [question]},
    ):
        assert faults(broken), broken
