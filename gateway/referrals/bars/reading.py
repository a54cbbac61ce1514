"""From a BaRS message to a referral, in the form in which POST /v1/referrals takes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.agreement import read_agreement
from gateway.referrals.bars.bundle import Message, open_message
from gateway.referrals.bars.elements import an_object, codes, nothing_else, objects, text, told_as_not_taken
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import EVENTS, EVENTS_BEFORE, NEW, REASONS, REASONS_BEFORE, REQUEST
from gateway.referrals.bars.parties import Parties, read_party
from gateway.referrals.bars.person import handle_of, read_patient
from gateway.referrals.bars.request import is_referral, read_plan, read_request, read_service, subject_is

_PATH: Final = "MessageHeader"
_KNOWN: Final = frozenset(
    {
        "author", "definition", "destination", "enterer", "eventCoding", "extension", "focus", "reason", "responsible",
        "sender", "source",
    }
)  # fmt: skip

ELEMENTS: Final[Mapping[str, str]] = {
    "about.name": "Patient.name",
    "about.birth_date": "Patient.birthDate",
    "about.nhs_number": "Patient.identifier",
    "about.telephone": "Patient.telecom",
    "about.email": "Patient.telecom",
    "about.address": "Patient.address",
    "about.preferred_language": "Patient.communication",
    "about.safe_contact": "ServiceRequest.note",
    "about.needs": "ServiceRequest.note",
    "person": "Patient.identifier",
    "why": "ServiceRequest.reasonCode",
    "what_matters": "CarePlan.description",
    "purpose": "ServiceRequest.category",
    "reference": "ServiceRequest.identifier",
    "service": "HealthcareService.identifier",
    "agreed.said_at": "Consent.dateTime",
    "agreed.words": "Consent.policyRule",
    "sharing.sections": "Consent.provision.class",
    "sharing.days": "Consent.provision.period",
}
"""Member of a referral -> the element that it is read from."""


def read_message(bundle: JsonObject, parties: Parties, sender: str) -> dict[str, Json]:
    """The body of POST /v1/referrals that a message says. sender: the organisation that sends it.

    Raises `NotTakenError`. Lengths and forms of texts are for whoever checks the body (`element_of` tells where they stand).
    """
    with told_as_not_taken():
        message = open_message(bundle)
        header = message.one(_PATH, "one is expected")
        event_of(header, REQUEST)
        nothing_else(header, _PATH, _KNOWN)
        if reason_of(header) != NEW:
            raise NotTakenError(f"{_PATH}.reason", "only a new request is taken here")
        if not is_referral(message.one("ServiceRequest", "one is expected: one referral, one message")):
            raise NotTakenError("ServiceRequest.category", "only a referral is taken here")
        message.nothing_else()
        to = receiver_of(header, message, parties)
        if sender_of(header, message, parties) != sender:
            raise NotTakenError(f"{_PATH}.sender", "it must be the organisation that sends the message")
        request = message.one("ServiceRequest", "one is expected: one referral, one message")
        patient = message.one("Patient", "one is expected: one referral, one person")
        consent = message.one("Consent", "one is expected: nobody is referred who did not agree")
        if "Task" in message.by_kind:
            raise NotTakenError("Task", "a new referral has none")
        subject_is(request, patient, message)
        body, said = read_request(request)
        body |= {"to": to, "about": {**read_patient(patient), **said}}
        body |= read_plan(message.at_most_one("CarePlan"))
        body |= read_agreement(consent, patient, message)
        others = {"service": read_service(request, message), "person": handle_of(patient)}
        return {**body, **{name: value for name, value in others.items() if value is not None}}


def element_of(member: str) -> str:
    """The element that a member of the body was read from."""
    return ELEMENTS.get(member, "Bundle")


def event_of(header: JsonObject, expected: str) -> None:
    """Raise unless the message is about this event."""
    event = an_object(header, "eventCoding", _PATH) or {}
    where = f"{_PATH}.eventCoding"
    if text(event, "system", where) not in {EVENTS, EVENTS_BEFORE} or text(event, "code", where) != expected:
        raise NotTakenError(where, f"{expected} is expected")


def reason_of(header: JsonObject) -> str:
    """Why the message is sent: `new`, `update`."""
    reason = an_object(header, "reason", _PATH) or {}
    found = [code for system, code in codes(reason, f"{_PATH}.reason") if system in {REASONS, REASONS_BEFORE}]
    if len(found) != 1:
        raise NotTakenError(f"{_PATH}.reason", "say whether it is new or an update")
    return found[0]


def sender_of(header: JsonObject, message: Message, parties: Parties) -> str:
    """The organisation that the message says it is from."""
    where = f"{_PATH}.sender"
    return read_party(message.target(an_object(header, "sender", _PATH), where), parties, where)


def receiver_of(header: JsonObject, message: Message, parties: Parties) -> str:
    """The one organisation that the message is for."""
    destinations = objects(header, "destination", _PATH)
    if len(destinations) != 1:
        raise NotTakenError(f"{_PATH}.destination", "one receiver is expected")
    place, destination = destinations[0]
    where = f"{place}.receiver"
    return read_party(message.target(an_object(destination, "receiver", place), where), parties, where)
