"""A FHIR server that others wrote, HAPI FHIR, holding examples that others published: our adapter reads them back.

The server parses strictly, answers three resources at a time, and cuts them to the elements that were asked for. The
numbers were counted by eye in the files.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import aiohttp
import orjson
import pytest

from adapters.contract import NotHeldError, SourceAnswer
from adapters.registry import Parts, build_sources
from core.vocabulary import Json, JsonObject, Label
from scripts import hapi_fhir
from tests.support.adapter_kit import SCHEMAS, StillClock, asking, assert_fits, by_field, reasons, values

# Only the first run downloads (69 MB); a registry may be slow.
pytestmark = pytest.mark.timeout(700)

FHIR = "{http://hl7.org/fhir}"
SMITH = "UKCore-Patient-RichardSmith-Example"
STU3 = "FHIR STU3 (CareConnect); only R4 (UK Core) is understood"
SECTIONS: list[Json] = [
    "identity",
    "contact",
    "communication-needs",
    "health-summary",
    "support-plan",
    "safeguarding-alerts",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base address of a HAPI FHIR server."""
    try:
        command = hapi_fhir.obtain()
    except hapi_fhir.UnavailableError as reason:
        pytest.skip(f"hapi-fhir: {reason}")
    log = tmp_path_factory.mktemp("hapi") / "log"
    with (
        log.open("wb") as complaints,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True) as process,
    ):
        assert process.stdout is not None
        try:
            ready = next((line for line in process.stdout if line.startswith("port ")), None)
            assert ready is not None, f"HAPI FHIR does not start: {log.read_text(errors='replace')[-2000:]}"
            yield f"http://127.0.0.1:{ready.split()[1]}/fhir"
        finally:
            process.terminate()


async def put(server: str, kind: str, identifier: str, content: bytes, syntax: str) -> str | None:
    """Store a resource; None, or the element and why the server's parser does not take it."""
    headers = {"Content-Type": f"application/fhir+{syntax}"}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session,
        session.put(f"{server}/{kind}/{identifier}", data=content, headers=headers) as answer,
    ):
        if answer.status in {200, 201}:
            return None
        assert answer.status == 400
        outcome = await answer.json(content_type=None)
        found = re.search(r"for element (\w+)|element '(\w+)'", outcome["issue"][0]["diagnostics"])
        assert found is not None
        return f"{kind}.{found[1] or found[2]}"


async def ask(server: str, reference: str, kind: str = "id") -> SourceAnswer:
    """Everything about one patient, through the adapter, as a source over this server would be configured."""
    entry: JsonObject = {
        "id": "src",
        "kind": "fhir",
        "base_url": server,
        "sections": SECTIONS,
        "options": {"labels": True, "reference": kind},
        # What is read is judged here, not how soon: a busy machine's server may take its time.
        "limits": {"timeout": 60.0, "probe_timeout": 60.0},
    }
    source = build_sources([entry], Parts(SCHEMAS, StillClock(), {}))["src"]
    try:
        await source.probe()
        answer = await source.fetch(asking(reference, source))
    finally:
        await source.close()
    assert_fits(answer)
    return answer


@pytest.fixture(scope="module")
def uk_core(server: str, real_data: Path) -> Counter[str]:
    """The UK Core examples, all of them, on the server; how many of each type it took."""
    return asyncio.run(load(server, sorted((real_data / "fhir-ukcore/examples").glob("*.xml"))))


async def load(server: str, paths: list[Path]) -> Counter[str]:
    """Store every example; one that the server does not take fails the test."""
    taken: Counter[str] = Counter()
    for path in paths:
        content = path.read_bytes()
        root = ET.fromstring(content)  # noqa: S314 - published examples, read by tests only
        kind, identifier = root.tag.removeprefix(FHIR), root.find(f"{FHIR}id")
        assert identifier is not None
        assert await put(server, kind, identifier.attrib["value"], content, "xml") is None, path.name
        taken[kind] += 1
    return taken


def published(folder: Path, kind: str, *patterns: str) -> list[JsonObject]:
    """All resources of a type in the JSON files of a folder, alone or in Bundles."""
    documents = [orjson.loads(path.read_bytes()) for one in patterns for path in sorted(folder.glob(one))]
    entries = [[entry["resource"] for entry in one.get("entry", ())] or [one] for one in documents]
    return [item for one in entries for item in one if item.get("resourceType") == kind]


async def test_every_uk_core_example_parses_as_r4(uk_core: Counter[str]) -> None:
    assert (uk_core.total(), len(uk_core)) == (65, 29)
    read = ("Patient", "AllergyIntolerance", "Condition", "MedicationStatement", "CarePlan", "Flag")
    assert [uk_core[kind] for kind in read] == [15, 7, 2, 1, 1, 1]


@pytest.mark.parametrize(("reference", "kind"), [(SMITH, "id"), ("9912003888", "nhs-number")])
@pytest.mark.usefixtures("uk_core")
async def test_a_uk_core_patient_is_read_back_whole_through_the_servers_pages(
    server: str, reference: str, kind: str
) -> None:
    answer = await ask(server, reference, kind)
    # Nobody labelled the example, and a source that labels its patients owes each of them a label.
    assert (answer.quarantined, answer.person_label) == ((), Label.UNKNOWN)
    # Seven allergies stand there in three pages; one is marked as entered in error.
    assert sorted(values(answer, "health-summary", "allergies"), key=str) == [
        {"substance": "Allergy to egg protein", "status": "active"},
        {"substance": "Amoxicillin 250mg capsules", "status": "active"},
        {"substance": "Amoxicillin", "severity": "mild", "status": "active"},
        {"substance": "Latex", "status": "active"},
        {"substance": "No known drug allergy (situation)", "status": "active"},
        {"substance": "Septrin", "status": "active"},
    ]
    assert sorted(values(answer, "health-summary", "conditions"), key=str) == [
        {"name": "Bleeding from ear", "status": "active"},
        {"name": "Loosening of total hip replacement", "status": "active"},
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
    assert told["health-summary.medications"] == {
        "name": "Amoxicillin 250mg capsules",
        "dosage": "2 capsules 4 times a day.",
        "status": "active, until 2021-05-15",
    }


@pytest.mark.usefixtures("uk_core")
async def test_each_of_the_other_uk_core_patients_is_served_with_their_own_fields_only(server: str) -> None:
    expected: dict[str, set[str]] = {
        "Extension-UKCore-AddressKey-Example": {"contact.address", "contact.postcode"},
        "Extension-UKCore-ContactPreference-Example": {
            "contact.preferred_channel",
            "contact.safe_contact",
            "communication-needs.adjustments",
        },
        # The only name, number and gender on this one are of somebody to be told.
        "Extension-UKCore-CopyCorrespondenceIndicator-Example": set(),
        # "Removed": the notice of the death was taken back.
        "Extension-UKCore-DeathNotificationStatus-Example": set(),
        "Extension-UKCore-EthnicCategory-Example": set(),
        "Extension-UKCore-InterpreterRequired-Example": {"communication-needs.interpreter_required"},
        "Extension-UKCore-NHSNumberUnavailableReason-Example": {"identity.name"},
        "Extension-UKCore-NHSNumberVerificationStatus-Example": set(),
        # A textphone of the system "other", which our sections do not know.
        "Extension-UKCore-OtherContactSystem-Example": set(),
        "Extension-UKCore-ResidentialStatus-Example": set(),
        "UKCore-Patient-Sn-Makaton-Example": {"identity.name", "communication-needs.preferred_language"},
        # Two languages, neither of them preferred.
        "UKCore-Patient-Sn-MultipleLanguages-Example": {"identity.name"},
        "UKCore-Patient-Sn-Photo-Example": set(),
        "UKCore-Patient-Sn-SingleLanguage-Example": {
            "identity.name",
            "communication-needs.preferred_language",
        },
    }
    for reference, fields in expected.items():
        answer = await ask(server, reference)
        assert (set(by_field(answer.fragments)), answer.quarantined) == (fields, ()), reference


@pytest.mark.parametrize(("reference", "kind"), [("nobody", "id"), ("9990000018", "nhs-number")])
async def test_a_patient_whom_the_server_does_not_hold_is_not_held(
    server: str, reference: str, kind: str
) -> None:
    with pytest.raises(NotHeldError):
        await ask(server, reference, kind)


async def test_the_published_pds_patients_come_back_with_their_labels(server: str, real_data: Path) -> None:
    labels: Counter[Label | None] = Counter()
    set_aside: Counter[str] = Counter()
    for patient in published(real_data / "pds-fhir", "Patient", "s*/**/*.json"):
        identifier = str(patient["id"])
        assert await put(server, "Patient", identifier, orjson.dumps(patient), "json") is None
        answer = await ask(server, identifier)
        labels[answer.person_label] += 1
        set_aside.update(reasons(answer))
    assert labels == {Label.UNRESTRICTED: 31, Label.RESTRICTED: 4}
    assert set_aside == {
        "Patient: NHS number fails its check digit": 1,
        "Patient.address: postcode is not a UK postcode": 1,
    }


async def test_gp_connects_stu3_is_refused_by_the_server_or_where_it_passes_there_by_us(
    server: str, real_data: Path
) -> None:
    refused: Counter[str] = Counter()
    for kind in ("Patient", "AllergyIntolerance", "MedicationStatement"):
        for one in published(real_data / "gpconnect", kind, "**/*.json"):
            identifier = str(one["id"])
            reason = await put(server, kind, identifier, orjson.dumps(one), "json")
            if reason is None:
                answer = await ask(server, identifier)
                assert answer.fragments == ()
                reason = ", ".join(reasons(answer))
            refused[reason] += 1
    assert refused == {
        # Of another shape than in R4.
        "Patient.generalPractitioner": 4,
        "AllergyIntolerance.verificationStatus": 3,
        "MedicationStatement.basedOn": 2,
        # Unknown in R4.
        "AllergyIntolerance.assertedDate": 1,
        # These would pass for R4; their profile tells.
        f"Patient: {STU3}": 3,
    }
