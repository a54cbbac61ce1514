"""Our exported AuditEvents before HAPI FHIR's validator: R4 as HL7 publishes it, for every kind of entry.

The profiles of IHE BALP are in no package that can be had here: tests/unit/audit/export/test_balp.py holds us to them.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from audit.entries import Draft, Kind, seal_entry
from audit.export.packing import pack_signing
from audit.export.rows import ExportRows, Selection
from audit.export.writing import everybody
from audit.log import Append
from core.unit_of_work import only
from core.vocabulary import Json
from gateway.exporting import Exports
from scripts import fhir_validator
from scripts.hapi_fhir import UnavailableError
from tests.support.house import House, house, sqlite_urls

# Only the first run downloads (140 MB); a registry may be slow.
pytestmark = pytest.mark.timeout(900)

COUNTY, CITY = "norfolk-county-council", "norwich-city-council"
LOOK: dict[str, Json] = {
    "person": "ABCD-2345",
    "practitioner": "hal",
    "client": "triage-app",
    "correlation": "req_1",
    "asked": ["tenancy"],
    "sections": {CITY: {"tenancy": ["status"]}},
}
OFFICER: dict[str, Json] = {"officer": "olu", "client": "county-app", "correlation": "req_2", "entry": 3}


def drafts() -> tuple[Draft, ...]:
    """An entry of each kind, and of each shape that a kind has."""

    def draft(kind: Kind, outcome: str, detail: dict[str, Json], role: str | None = "triager") -> Draft:
        return Draft(kind, outcome, frozenset({COUNTY}), detail, COUNTY, role, "early-help-triage")

    nobody = {name: value for name, value in LOOK.items() if name != "person"}
    return (
        draft(Kind.DISCLOSURE, "disclosed", LOOK),
        draft(Kind.DISCLOSURE, "confirmed", LOOK),
        draft(Kind.REFUSAL, "empty", nobody),
        draft(Kind.REFUSAL, "no-agreement", nobody),
        draft(Kind.BREAK_GLASS, "disclosed", LOOK),
        draft(Kind.CONSENT, "given", {"person": "ABCD-2345"}, None),
        draft(Kind.CONSENT, "withdrawn", {"person": "ABCD-2345"}, None),
        draft(Kind.POINTER, "registered", {"client": "city-source"}, None),
        draft(Kind.POINTER, "revoked", {"client": "city-source"}, None),
        draft(Kind.SIGN_IN, "signed-in", {"door": "console", "officer": "olu"}, "officer"),
        draft(Kind.AUDIT_READ, "opened", OFFICER, "officer"),
        draft(Kind.AUDIT_READ, "refused", OFFICER, "officer"),
        Draft(Kind.ADMINISTRATION, "policy-in-force", frozenset(), {}),
    )


@pytest.fixture(scope="module")
def validate() -> Callable[[Sequence[Mapping[str, Any]]], list[list[dict[str, str]]]]:
    """The validator: from resources to what it found of each."""
    try:
        command = fhir_validator.obtain()
    except UnavailableError as reason:
        pytest.skip(f"fhir-validator: {reason}")

    def run(resources: Sequence[Mapping[str, Any]]) -> list[list[dict[str, str]]]:
        lines = "".join(json.dumps(one) + "\n" for one in resources)
        ended = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=600, check=False)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return [json.loads(line) for line in ended.stdout.splitlines()]

    return run


def exported(home: House) -> dict[str, Any]:
    """A log with an entry of each kind, exported as FHIR: once with what opens it, once after the person was erased."""
    for draft in drafts():
        home.log.append(Append(only(None, seal_entry(draft, home.keys.get_or_create("p_ada")))))
    exports = Exports(ExportRows(home.database, home.keys), pack_signing(home.signer), home.clock)
    out = io.BytesIO()
    exports.write(out, "fhir", Selection(), everybody)
    bundle: dict[str, Any] = json.loads(out.getvalue())
    home.keys.erase("p_ada", 1)
    out = io.BytesIO()
    exports.write(out, "fhir", Selection(), everybody)
    return {"known": bundle, "erased": json.loads(out.getvalue())}


def errors(found: list[dict[str, str]]) -> list[str]:
    return [f"{one['where']}: {one['what']}" for one in found if one["severity"] in {"error", "fatal"}]


def test_every_kind_of_entry_is_a_valid_audit_event_of_r4(
    validate: Callable[[Sequence[Mapping[str, Any]]], list[list[dict[str, str]]]], tmp_path: Path
) -> None:
    with house(*sqlite_urls(tmp_path)) as home:
        bundles = exported(home)
    events = [entry["resource"] for bundle in bundles.values() for entry in bundle["entry"]]
    assert len(events) == 2 * len(drafts())
    assert {one["subtype"][-1]["code"].partition("/")[0] for one in events} == {kind.value for kind in Kind}
    broken = {**events[0], "action": "X", "agent": []}
    *found, noticed = validate([*events, *bundles.values(), broken])
    assert len(found) == len(events) + len(bundles)
    assert [errors(one) for one in found] == [[]] * len(found)
    assert any("action" in one for one in errors(noticed)), "the companion: it does notice what is wrong"
