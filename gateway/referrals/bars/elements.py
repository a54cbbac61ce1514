"""Reading the elements of a message's resources: of the right type, and nothing passed over that could matter. Pure.

Types are read as consents are (`consent.fhir.elements`). An element that a referral cannot hold is refused by its name where
R4 has it on that resource; any other name might be anything, and is not repeated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from consent.fhir.elements import an_object, moments, objects, text
from consent.fhir.errors import UnrepresentableError
from core.vocabulary import JsonObject
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import Code

__all__ = [
    "an_object",
    "codes",
    "identifiers",
    "moments",
    "nothing_else",
    "objects",
    "text",
    "told_as_not_taken",
]

ALWAYS: Final = frozenset({"resourceType", "id", "meta", "language", "text"})
"""Elements that every resource may have and that say nothing of the referral; a narrative repeats what the rest says."""
_NAMED: Final[Mapping[str, frozenset[str]]] = {
    "ServiceRequest": frozenset(
        {
            "asNeededBoolean", "asNeededCodeableConcept", "bodySite", "code", "doNotPerform", "instantiatesCanonical",
            "instantiatesUri", "insurance", "locationCode", "locationReference", "occurrenceDateTime", "occurrencePeriod",
            "occurrenceTiming", "orderDetail", "patientInstruction", "performerType", "quantityQuantity", "quantityRange",
            "quantityRatio", "reasonReference", "relevantHistory", "replaces", "requisition", "specimen", "supportingInfo",
        }
    ),
    "CarePlan": frozenset({"activity", "addresses", "category", "goal", "note", "partOf", "replaces", "supportingInfo"}),
    "Consent": frozenset({"organization", "performer", "policy", "sourceAttachment", "sourceReference", "verification"}),
    "Consent.provision": frozenset({"action", "actor", "data", "dataPeriod", "purpose", "securityLabel"}),
    "MessageHeader": frozenset({"eventUri", "response"}),
}  # fmt: skip
_ANYWHERE: Final = frozenset({"contained", "extension", "implicitRules", "modifierExtension"})
_MEND: Final = "a referral cannot carry this element: leave it out, or say it in ServiceRequest.reasonCode"


@contextmanager
def told_as_not_taken() -> Iterator[None]:
    """What a reader of types refuses, in the words of messages."""
    try:
        yield
    except UnrepresentableError as error:
        raise NotTakenError(error.element, error.why) from error


def nothing_else(element: JsonObject, path: str, known: frozenset[str], kind: str = "") -> None:
    """Refuse an element that holds something else than `known`: it may turn the rest's meaning around."""
    named = _NAMED.get(kind or path, frozenset()) | _ANYWHERE
    for name in element:
        if name not in known and name not in ALWAYS:
            raise NotTakenError(f"{path}.{name}" if name in named else path, _MEND)


def codes(element: JsonObject, path: str) -> tuple[Code, ...]:
    """System and code of each coding of a CodeableConcept."""
    found = []
    for where, one in objects(element, "coding", path):
        system, code = text(one, "system", where), text(one, "code", where)
        if system is not None and code is not None:
            found.append((system, code))
    return tuple(found)


def identifiers(resource: JsonObject, path: str) -> tuple[tuple[str, Code], ...]:
    """System and value of each identifier that is in use, with its path."""
    found = []
    for where, one in objects(resource, "identifier", path):
        system, value = text(one, "system", where), text(one, "value", where)
        if system is not None and value is not None and one.get("use") != "old":
            found.append((where, (system, value)))
    return tuple(found)
