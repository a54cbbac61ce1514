"""A message Bundle taken apart: its resources by kind, and what its references lead to. Pure.

http://hl7.org/fhir/R4/messaging.html: of type message, the MessageHeader first, references by `fullUrl`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.vocabulary import JsonObject
from gateway.referrals.bars.elements import an_object, objects, text
from gateway.referrals.bars.errors import NotTakenError

ENTRIES_MAXIMUM: Final = 50
TAKEN: Final = frozenset(
    {
        "MessageHeader",
        "ServiceRequest",
        "Patient",
        "Consent",
        "Organization",
        "HealthcareService",
        "CarePlan",
        "Task",
    }
)
PASSED_OVER: Final = frozenset({"Encounter", "Practitioner", "PractitionerRole"})
"""What BaRS wants of every message and a referral has no use for: who sends it is told by their access token."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message's resources by kind, and each by what references call it. others: entries that no referral can hold."""

    by_kind: Mapping[str, tuple[JsonObject, ...]]
    by_name: Mapping[str, JsonObject]
    others: tuple[str, ...]

    def nothing_else(self) -> None:
        """Raise where a resource would be lost: whoever sends one means it to be read."""
        for path in self.others:
            mend = "a referral carries no such resource: leave it out, or say it in ServiceRequest.reasonCode"
            raise NotTakenError(f"{path}.resource", mend)

    def one(self, kind: str, mend: str) -> JsonObject:
        """The one resource of its kind. Raises `NotTakenError` where there is none or another."""
        found = self.by_kind.get(kind, ())
        if len(found) != 1:
            raise NotTakenError(kind, mend)
        return found[0]

    def at_most_one(self, kind: str) -> JsonObject | None:
        """The resource of its kind, if any."""
        found = self.by_kind.get(kind, ())
        if len(found) > 1:
            raise NotTakenError(kind, "one at most can be carried")
        return found[0] if found else None

    def target(self, reference: JsonObject | None, path: str) -> JsonObject:
        """What a reference leads to; in the message itself."""
        literal = None if reference is None else text(reference, "reference", path)
        found = None if literal is None else self.by_name.get(literal)
        if found is None:
            raise NotTakenError(path, "a reference to a resource of the message, by its fullUrl, is expected")
        return found


def open_message(bundle: JsonObject) -> Message:
    """Take a Bundle apart. Raises `NotTakenError`, `UnrepresentableError`."""
    if bundle.get("resourceType") != "Bundle":
        raise NotTakenError("resourceType", "send a Bundle of type message")
    if text(bundle, "type", "Bundle") != "message":
        raise NotTakenError("Bundle.type", "send a Bundle of type message")
    entries = objects(bundle, "entry", "Bundle")
    if not 1 <= len(entries) <= ENTRIES_MAXIMUM:
        raise NotTakenError("Bundle.entry", f"1 to {ENTRIES_MAXIMUM} entries are expected")
    by_kind: dict[str, tuple[JsonObject, ...]] = {}
    by_name: dict[str, JsonObject] = {}
    others: tuple[str, ...] = ()
    for number, (path, entry) in enumerate(entries):
        kind, resource = _resource(entry, path)
        if (number == 0) != (kind == "MessageHeader"):
            raise NotTakenError(f"{path}.resource", "the MessageHeader comes first, and once")
        if kind not in TAKEN:
            others += () if kind in PASSED_OVER else (path,)
            continue
        by_kind[kind] = (*by_kind.get(kind, ()), resource)
        for name in _names(entry, resource, kind, path):
            if name in by_name:
                raise NotTakenError(f"{path}.fullUrl", "two resources of one name cannot be told apart")
            by_name[name] = resource
    return Message(by_kind, by_name, others)


def _resource(entry: JsonObject, path: str) -> tuple[str, JsonObject]:
    """An entry's kind of resource, and the resource."""
    resource = an_object(entry, "resource", path)
    kind = None if resource is None else text(resource, "resourceType", f"{path}.resource")
    if resource is None or kind is None:
        raise NotTakenError(f"{path}.resource", "a resource is expected")
    return kind, resource


def _names(entry: JsonObject, resource: JsonObject, kind: str, path: str) -> set[str]:
    """What a reference may call it."""
    full, logical = text(entry, "fullUrl", path), text(resource, "id", kind)
    return {name for name in (full, logical and f"{kind}/{logical}") if name}
