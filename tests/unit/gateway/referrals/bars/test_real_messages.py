"""The published examples of the Booking and Referral Standard: what becomes of every file."""

from __future__ import annotations

import copy
import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import HOW, PURPOSE, WORDING
from tests.unit.gateway.referrals.bars.letters import ODS, read, resource

EXAMPLES = "bars/examples1.4.0"

# File -> the element by which it is refused. None of the published messages is a referral: four book an appointment, one
# asks for a validation and one answers; every other file is a resource of the API beside messages.
TABLE = (
    ("process_message/request/Booking*", "MessageHeader.eventCoding"),
    ("process_message/request/ValidationResponse*", "MessageHeader.eventCoding"),
    ("process_message/response/Booking*", "MessageHeader.eventCoding"),
    ("process_message/response/ValidationRequest*", "ServiceRequest.category"),
    ("process_message/POST-*", "MessageHeader.eventCoding"),
    ("*/success_bundle.json", "Bundle.type"),
    ("appointment/GET-success.json", "Bundle.type"),
    ("slots/GET-success.json", "Bundle.type"),
    ("message_definition/*", "Bundle.type"),
    ("*/*_Atomic.json", "resourceType"),
    ("OperationOutcome/*", "resourceType"),
    ("appointment/*", "resourceType"),
    ("document_reference/*", "resourceType"),
    ("metadata/*", "resourceType"),
    ("service_request/*", "resourceType"),
)


def texts(value: object) -> set[str]:
    """Everything written in a document that could be somebody's: longer than a code, or with a space or digits."""
    match value:
        case dict():
            return set().union(*map(texts, value.values())) if value else set()
        case list():
            return set().union(*map(texts, value)) if value else set()
        case str() if re.search(r"\s|\d{3}", value):
            return {value}
        case _:
            return set()


def test_every_published_example_is_refused_by_an_element_and_no_word_of_it(real_data: Path) -> None:
    folder = real_data / EXAMPLES
    files = sorted(folder.rglob("*.json"))
    assert len(files) == 41
    met = set()
    for file in files:
        name = file.relative_to(folder).as_posix()
        line = next(one for one in TABLE if fnmatch(name, one[0]))
        met.add(line)
        document = orjson.loads(file.read_bytes())
        with pytest.raises(NotTakenError) as refused:
            read(document)
        assert (name, refused.value.element) == (name, line[1])
        assert not any(one in str(refused.value) for one in texts(document))
    assert met == set(TABLE)


def named(bundle: dict[str, Any], kind: str, **members: Any) -> None:
    resource(bundle, kind).update(members)


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def test_the_published_request_becomes_a_referral_once_what_was_told_is_mended(real_data: Path) -> None:
    """As its sender would do it: mend what the refusal names, send again."""
    file = real_data / EXAMPLES / "process_message/response/ValidationRequest (HTTP Response) .json"
    bundle: dict[str, Any] = orjson.loads(file.read_bytes())
    request, patient = resource(bundle, "ServiceRequest"), resource(bundle, "Patient")
    subject = copy.deepcopy(request["subject"])

    def leave_out(*kinds: str) -> None:
        bundle["entry"] = [one for one in bundle["entry"] if one["resource"]["resourceType"] not in kinds]

    def organisations(receiver: str, sender: str) -> None:
        for one in bundle["entry"]:
            name = {"Receiver Organization": receiver, "Sender Organization": sender}.get(
                str(one["resource"].get("name"))
            )
            if name is not None:
                one["resource"]["identifier"] = [{"system": ODS, "value": name}]

    def agreed() -> None:
        consent = {
            "resourceType": "Consent",
            "status": "active",
            "scope": coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
            "category": [coded(HOW, "spoken")],
            "patient": subject,
            "dateTime": "2021-11-26T14:55:00+00:00",
            "policyRule": coded(WORDING, "easy-read-2"),
            "provision": {
                "type": "deny",
                "provision": [
                    {"type": "permit", "code": [coded("urn:oncetold:referral-consent", "contact-details")]}
                ],
            },
        }
        bundle["entry"].append(
            {"fullUrl": "urn:uuid:1e91008e-96d0-438b-873c-c6d2c007fc29", "resource": consent}
        )

    referral = coded("https://fhir.nhs.uk/CodeSystem/message-category-servicerequest", "referral")
    mends = (
        ("ServiceRequest.category", lambda: request.update(category=[referral])),
        ("Bundle.entry[7].resource", lambda: leave_out("Location")),
        ("Bundle.entry[9].resource", lambda: leave_out("Observation")),
        ("Bundle.entry[9].resource", lambda: leave_out("Flag")),
        ("Organization.identifier", lambda: organisations(" Z9W01", "Z9W01")),
        ("Consent", agreed),
        ("ServiceRequest.occurrencePeriod", lambda: request.pop("occurrencePeriod")),
        ("ServiceRequest.locationReference", lambda: request.pop("locationReference")),
        ("ServiceRequest.category", lambda: request["category"].append(coded(PURPOSE, "agreed-referral"))),
        # Its check digit is wrong, which the published number's is too.
        ("Patient.identifier[0].value", lambda: patient["identifier"][0].update(value="999 000 0018")),
        (
            "ServiceRequest.performer[0]",
            lambda: request["performer"][0].update(
                reference=f"urn:uuid:{request['performer'][0]['reference']}"
            ),
        ),
    )
    for element, mend in mends:
        with pytest.raises(NotTakenError) as refused:
            read(bundle)
        assert refused.value.element == element
        mend()
    found = read(bundle)
    assert found["to"] == "practice"
    assert found["why"] == "SD Code example"
    assert found["sharing"] == {"sections": [], "days": None}
    assert found["about"] == {
        "name": "Mrs Julie Jones",
        "birth_date": "1959-05-04",
        "nhs_number": "9990000018",
        "telephone": "01138698975",
        "address": "22 Brightside Crescent, Overtown, West Yorkshire, LS10 4YU",
        "preferred_language": "en-GB",
    }
