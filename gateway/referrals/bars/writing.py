"""From a referral to a BaRS message. Pure: the same referral is the same message, ids included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid5

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.agreement import write_agreement
from gateway.referrals.bars.names import (
    BUNDLE_PROFILE,
    DEFINITION,
    EVENTS,
    NEW,
    PROFILES,
    REASONS,
    REFERENCE,
    REFERRAL_ID,
    REQUEST,
    REQUEST_PROFILE,
    RESPONSE,
    RESPONSE_DEFINITION,
    RESPONSE_PROFILE,
    SERVICE,
)
from gateway.referrals.bars.parties import Party, write_party
from gateway.referrals.bars.person import write_patient
from gateway.referrals.bars.request import write_plan, write_request
from gateway.referrals.values import Agreed, Content, Sharing

_HEADERS: Final = {
    REQUEST: (REQUEST_PROFILE, DEFINITION),
    RESPONSE: (RESPONSE_PROFILE, RESPONSE_DEFINITION),
}
_SPACE: Final = UUID("4b1f6d0e-8f52-5c1f-9f0e-2f0b0c6d7a11")


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A referral as a message tells it. referral: our id of it. person: a handle of whoever reads it.

    agreed: None where the reader is not told how. reference: the sender's own, for the sender alone. enclosed: extensions of
    the header, what comes with the letter and is none of it.
    """

    referral: str
    sender: Party
    receiver: Party
    sent_at: datetime
    purpose: str
    content: Content
    service: str | None = None
    person: str | None = None
    agreed: Agreed | None = None
    sharing: Sharing = field(default_factory=Sharing)
    reference: str | None = None
    enclosed: tuple[JsonObject, ...] = ()


def write_message(letter: Letter) -> dict[str, Json]:
    """The message Bundle of a new referral."""
    name = Naming(letter.referral)
    patient = write_patient(letter.content.about, letter.person)
    request = write_request(letter.content, letter.purpose)
    numbers = ((REFERRAL_ID, letter.referral), (REFERENCE, letter.reference))
    request |= {
        "identifier": [{"system": system, "value": value} for system, value in numbers if value is not None],
        "subject": name.to("Patient"),
        "authoredOn": moment(letter.sent_at),
        "requester": name.to("sender"),
        "performer": [name.to("receiver" if letter.service is None else "service")],
    }
    resources: list[tuple[str, dict[str, Json]]] = [("ServiceRequest", request), ("Patient", patient)]
    if letter.content.what_matters is not None:
        request["basedOn"] = [name.to("CarePlan")]
        plan = write_plan(letter.content.what_matters)
        resources.append(("CarePlan", {**plan, "subject": name.to("Patient")}))
    if letter.agreed is not None:
        consent = write_agreement(letter.agreed, letter.sharing)
        resources.append(("Consent", {**consent, "patient": name.to("Patient")}))
    if letter.service is not None:
        resources.append(("service", _service(letter.service, name)))
    resources += [("sender", write_party(letter.sender)), ("receiver", write_party(letter.receiver))]
    header = write_header(name, letter.sender.title, REQUEST, NEW, "ServiceRequest")
    if letter.enclosed:
        header["extension"] = letter.enclosed
    return write_bundle(name, letter.sent_at, [("MessageHeader", header), *resources])


@dataclass(frozen=True, slots=True)
class Naming:
    """What the resources of one message are called: UUIDs made of what the message is about (RFC 9562 section 5.5)."""

    subject: str

    def uuid(self, role: str) -> str:
        """The id of a resource in its role."""
        return str(uuid5(_SPACE, f"{self.subject}/{role}"))

    def to(self, role: str) -> JsonObject:
        """A reference to it."""
        return {"reference": f"urn:uuid:{self.uuid(role)}"}


def write_header(name: Naming, sender: str, event: str, reason: str, focus: str) -> dict[str, Json]:
    """The MessageHeader. sender: its name."""
    profile, definition = _HEADERS[event]
    return {
        "resourceType": "MessageHeader",
        "meta": {"profile": [profile]},
        "eventCoding": {"system": EVENTS, "code": event},
        "destination": [{"endpoint": f"urn:uuid:{name.uuid('receiver')}", "receiver": name.to("receiver")}],
        "sender": name.to("sender"),
        "source": {"name": sender, "software": "OnceTold", "endpoint": f"urn:uuid:{name.uuid('sender')}"},
        "reason": {"coding": [{"system": REASONS, "code": reason}]},
        "focus": [name.to(focus)],
        "definition": definition,
    }


def write_bundle(name: Naming, at: datetime, resources: Sequence[tuple[str, JsonObject]]) -> dict[str, Json]:
    """The message of resources by role, the header first."""
    return {
        "resourceType": "Bundle",
        "id": name.uuid("Bundle"),
        "meta": {"profile": [BUNDLE_PROFILE]},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{name.uuid('Bundle')}"},
        "type": "message",
        "timestamp": moment(at),
        "entry": [
            {"fullUrl": f"urn:uuid:{name.uuid(role)}", "resource": _resource(name.uuid(role), one)}
            for role, one in resources
        ],
    }


def moment(value: datetime) -> str:
    """A FHIR instant."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds")


def _resource(logical: str, resource: JsonObject) -> JsonObject:
    kind = str(resource["resourceType"])
    profiled: dict[str, Json] = {"meta": {"profile": [PROFILES[kind]]}} if kind in PROFILES else {}
    return {"resourceType": kind, "id": logical, **profiled, **resource}


def _service(service: str, name: Naming) -> dict[str, Json]:
    return {
        "resourceType": "HealthcareService",
        "identifier": [{"system": SERVICE, "value": service}],
        "providedBy": name.to("receiver"),
    }
