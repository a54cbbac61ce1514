"""Where a referral stands as a FHIR Task, and what the two organisations do about it, in and out. Pure.

The receiver answers with a message servicerequest-response whose Task is accepted, rejected or completed; the sender takes a
referral back, as BaRS has it, with an update whose ServiceRequest is revoked. A Task says nothing of the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.bundle import Message, open_message
from gateway.referrals.bars.elements import (
    an_object,
    codes,
    nothing_else,
    objects,
    text,
    told_as_not_taken,
)
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import (
    NEW,
    OUTCOME,
    REASON,
    REFERENCE,
    REFERRAL_ID,
    REQUEST,
    RESPONSE,
    TASK_STATUS,
    UPDATE,
)
from gateway.referrals.bars.parties import Parties, Party, write_party
from gateway.referrals.bars.reading import event_of, reason_of, sender_of
from gateway.referrals.bars.request import referral_of
from gateway.referrals.bars.writing import Naming, moment, write_bundle, write_header
from gateway.referrals.states import Outcome, Place, Reason, Status, Step

_PATH: Final = "Task"
_KNOWN: Final = frozenset(
    {
        "authoredOn", "focus", "identifier", "intent", "lastModified", "output", "owner", "requester", "status",
        "statusReason",
    }
)  # fmt: skip
_STEPS: Final = {
    TASK_STATUS[one]: one for one in (Status.COLLECTED, Status.ACCEPTED, Status.REFUSED, Status.CLOSED)
}
_TAKEN_BACK: Final = frozenset({"revoked", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Change:
    """A step that a message asks for. referral: our id of it."""

    referral: str
    step: Step


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a referral stands, as a message tells it: nothing of the person. reference: for the sender alone."""

    referral: str
    sender: Party
    receiver: Party
    place: Place
    sent_at: datetime
    changed_at: datetime
    reference: str | None = None


def is_change(bundle: JsonObject) -> bool:
    """Whether a message is about a referral that was sent before; what is no message is none."""
    entries = bundle.get("entry")
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    if not isinstance(header, dict):
        return False
    try:
        with told_as_not_taken():
            event = text(an_object(header, "eventCoding", "") or {}, "code", "")
            return event == RESPONSE or reason_of(header) == UPDATE
    except NotTakenError:
        return False


def read_change(bundle: JsonObject, parties: Parties, sender: str) -> Change:
    """The step that a message asks for. sender: the organisation that sends it. Raises `NotTakenError`."""
    with told_as_not_taken():
        message = open_message(bundle)
        header = message.one("MessageHeader", "one is expected")
        message.nothing_else()
        if sender_of(header, message, parties) != sender:
            raise NotTakenError("MessageHeader.sender", "it must be the organisation that sends the message")
        if "Task" in message.by_kind:
            event_of(header, RESPONSE)
            return _answered(message)
        event_of(header, REQUEST)
        return _taken_back(message)


def write_standing(standing: Standing) -> dict[str, Json]:
    """The message Bundle that tells where a referral stands."""
    place = standing.place
    name = Naming(f"{standing.referral}/{place.status.value}")
    numbers = ((REFERRAL_ID, standing.referral), (REFERENCE, standing.reference))
    task: dict[str, Json] = {
        "resourceType": _PATH,
        "identifier": [{"system": system, "value": value} for system, value in numbers if value is not None],
        "status": TASK_STATUS[place.status],
        "intent": "order",
        "focus": {
            "type": "ServiceRequest",
            "identifier": {"system": REFERRAL_ID, "value": standing.referral},
        },
        "authoredOn": moment(standing.sent_at),
        "lastModified": moment(standing.changed_at),
        "requester": name.to("sender"),
        "owner": name.to("receiver"),
    }
    if place.reason is not None:
        task["statusReason"] = {"coding": [{"system": REASON, "code": place.reason.value}]}
    if place.outcomes:
        task["output"] = [
            {
                "type": {"text": "outcome"},
                "valueCodeableConcept": {"coding": [{"system": OUTCOME, "code": outcome.value}]},
            }
            for outcome in sorted(place.outcomes)
        ]
    header = write_header(name, "OnceTold", RESPONSE, NEW, _PATH)
    organisations = [("sender", write_party(standing.sender)), ("receiver", write_party(standing.receiver))]
    return write_bundle(name, standing.changed_at, [("MessageHeader", header), (_PATH, task), *organisations])


def _answered(message: Message) -> Change:
    task = message.one(_PATH, "one is expected")
    nothing_else(task, _PATH, _KNOWN)
    to = _STEPS.get(text(task, "status", _PATH) or "")
    if to is None:
        raise NotTakenError(f"{_PATH}.status", f"one of {', '.join(_STEPS)} is expected")
    focus = an_object(task, "focus", _PATH) or {}
    named = an_object(focus, "identifier", f"{_PATH}.focus") or {}
    where = f"{_PATH}.focus.identifier"
    referral = text(named, "value", where)
    if text(named, "system", where) != REFERRAL_ID or referral is None:
        raise NotTakenError(where, f"name the referral, by {REFERRAL_ID} and its id")
    return Change(referral, Step(to, _reason(task, to), _outcomes(task, to)))


def _reason(task: JsonObject, to: Status) -> Reason | None:
    where = f"{_PATH}.statusReason"
    concept = an_object(task, "statusReason", _PATH)
    found = () if concept is None else codes(concept, where)
    reasons = {code for system, code in found if system == REASON}
    if to is not Status.REFUSED:
        if concept is not None:
            raise NotTakenError(where, "it goes with rejected alone")
        return None
    if len(reasons) != 1 or not reasons <= set(Reason):
        raise NotTakenError(where, f"say why, by {REASON}: {', '.join(Reason)}")
    return Reason(reasons.pop())


def _outcomes(task: JsonObject, to: Status) -> frozenset[Outcome]:
    found: set[Outcome] = set()
    where = f"{_PATH}.output"
    for place, one in objects(task, "output", _PATH):
        concept = an_object(one, "valueCodeableConcept", place) or {}
        for system, code in codes(concept, f"{place}.valueCodeableConcept"):
            if system != OUTCOME or code not in set(Outcome):
                raise NotTakenError(place, f"say it by {OUTCOME}: {', '.join(Outcome)}")
            found.add(Outcome(code))
    if (to is Status.CLOSED) != bool(found):
        raise NotTakenError(where, "say what came of it with completed, and with nothing else")
    return frozenset(found)


def _taken_back(message: Message) -> Change:
    request = message.one("ServiceRequest", "one is expected")
    if text(request, "status", "ServiceRequest") not in _TAKEN_BACK:
        raise NotTakenError(
            "ServiceRequest.status", "of a referral that was sent, revoked is all that can be said"
        )
    referral = referral_of(request)
    if referral is None:
        raise NotTakenError("ServiceRequest.identifier", f"name the referral, by {REFERRAL_ID} and its id")
    return Change(referral, Step(Status.WITHDRAWN))
