"""What IHE BALP 1.1 asks of an AuditEvent that claims one of its profiles of success: counted, by profile.

The package of its StructureDefinitions is in no registry that can be had here, so a validator cannot load it. These are the
rules of those profiles that we claim (https://profiles.ihe.net/ITI/BALP); the published examples are held to them too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PROFILE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
PERSON, SYSTEM_OBJECT, PATIENT, QUERY = "1", "2", "1", "24"
CLIENT, SERVER = "110153", "110152"


@dataclass(frozen=True)
class Rules:
    """interactions: of which the subtype names one. client, server: agent types, of which there is one each."""

    action: str
    interactions: frozenset[str]
    client: str = CLIENT
    server: str = SERVER


RULES = {
    "Query": Rules("E", frozenset({"search", "search-type", "search-system"})),
    "Create": Rules("C", frozenset({"create"})),
    "Update": Rules("U", frozenset({"update", "patch"})),
    "Delete": Rules("D", frozenset({"delete"}), "110150", "custodian"),
}


def faults(event: Mapping[str, Any]) -> list[str]:
    """What of the event its profile does not allow; `KeyError` for one that claims no profile of `RULES`."""
    (claimed,) = event["meta"]["profile"]
    name = claimed.removeprefix(PROFILE)
    return list(_faults(event, RULES[name.removeprefix("Patient")], name))


def _faults(event: Mapping[str, Any], rules: Rules, name: str) -> Iterator[str]:
    if event["type"]["code"] != "rest":
        yield "type"
    if {one["code"] for one in event["subtype"]}.isdisjoint(rules.interactions):
        yield "subtype"
    if event["action"] != rules.action:
        yield "action"
    if event["outcome"] != "0":
        yield "outcome: the profile is of success"
    yield from _agent_faults(event["agent"], rules)
    kinds = Counter(one["type"]["code"] for one in event["entity"])
    if kinds[SYSTEM_OBJECT] != 1:
        yield "entity: exactly one system object"
    if name.startswith("Patient") and kinds[PERSON] != 1:
        yield "entity: exactly one patient"
    for one in event["entity"]:
        yield from _entity_faults(one, query=name.endswith("Query"))


def _entity_faults(entity: Mapping[str, Any], *, query: bool) -> Iterator[str]:
    code, role = entity["type"]["code"], entity.get("role", {}).get("code")
    if code == SYSTEM_OBJECT and query:
        if role != QUERY or "query" not in entity or not {"what", "lifecycle", "detail"}.isdisjoint(entity):
            yield "entity: the question"
    elif code == SYSTEM_OBJECT and (role is None or "what" not in entity):
        yield "entity: what it was about"
    if code == PERSON and (role != PATIENT or "what" not in entity):
        yield "entity: the patient"
    if code == "XrequestId" and "value" not in entity["what"]["identifier"]:
        yield "entity: the id of the request"


def _agent_faults(agents: list[Mapping[str, Any]], rules: Rules) -> Iterator[str]:
    kinds = [{coding["code"] for coding in one.get("type", {}).get("coding", ())} for one in agents]
    for wanted in (rules.client, rules.server):
        found = [one for one, codes in zip(agents, kinds, strict=True) if wanted in codes]
        if len(found) != 1:
            yield f"agent: exactly one {wanted}"
        elif not {"who", "network"} <= found[0].keys() or "media" in found[0]:
            yield f"agent: {wanted} needs who and network"
