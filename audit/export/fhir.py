"""Entries as FHIR R4 AuditEvents in the shapes of IHE Basic Audit Log Patterns (BALP 1.1, CC BY 4.0). Pure.

Profiles of BALP are claimed only where all that they ask for is known, and never of what was refused: they are of success.
The person appears by the code that officers know them by, never by an identifier; once their key is erased, not at all.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.entries import Kind, Opening
from audit.export.rows import Row
from audit.leaf import canonical
from audit.reader import StoredEntry
from core.times import from_ms
from core.vocabulary import Json

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
_PROVENANCE = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_URN = "urn:oncetold:"
_UUIDS = uuid.uuid5(uuid.NAMESPACE_URL, "https://c2sp.org/tlog-checkpoint")

BREAK_THE_GLASS = "BTG"
OUTCOME_GOOD, OUTCOME_REFUSED = "0", "8"
_LOOKS = (Kind.DISCLOSURE, Kind.REFUSAL, Kind.BREAK_GLASS)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What kind of event: type, action, subtype, and the profile if there is one."""

    type: Json
    action: str
    subtype: Sequence[Json] = ()
    profile: str | None = None


def audit_event(row: Row, opening: Opening | None, origin: str) -> dict[str, Json]:
    """The AuditEvent of an entry. origin: the log's name. opening: where it may be known and still can be."""
    stored = row.stored
    identity = str(uuid.uuid5(_UUIDS, f"{origin}#{row.index}"))
    if stored is None:
        raise ValueError("nothing stands beside this leaf")
    detail = _mapping(None if opening is None else opening.detail.get("detail"))
    person = detail.get("person")
    shape, refused = _shape(stored, known=isinstance(person, str)), _is_refused(stored)
    event: dict[str, Json] = {"resourceType": "AuditEvent", "id": identity}
    if shape.profile is not None and not refused:
        event["meta"] = {"profile": [BALP + shape.profile]}
    event |= {
        "type": shape.type,
        "subtype": [*shape.subtype, _coding(_URN + "outcome", f"{stored.kind}/{stored.outcome}")],
        "action": shape.action,
        "recorded": from_ms(stored.at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "outcome": OUTCOME_REFUSED if refused else OUTCOME_GOOD,
        "outcomeDesc": stored.outcome,
    }
    purposes = _purposes(stored)
    if purposes:
        event["purposeOfEvent"] = purposes
    event["agent"] = _agents(stored, detail, origin, purposes)
    event["source"] = {
        "site": origin,
        "observer": _named("organisation", "oncetold", "OnceTold gateway"),
        "type": [
            _coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server")
        ],
    }
    event["entity"] = _entities(row, stored, detail, origin)
    return event


def bundle_start(origin: str, total: int | None = None) -> dict[str, Json]:
    """A Bundle (collection) of AuditEvents, its entries left out."""
    bundle: dict[str, Json] = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": _URN + "log", "value": origin},
    }
    return bundle if total is None else {**bundle, "total": total}


def _shape(stored: StoredEntry, *, known: bool) -> _Shape:
    rest = _coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation")
    # The profiles about a patient ask for one; who was erased, or is nobody, has none.
    about = "Patient" if known else ""
    match stored.kind, stored.outcome:
        case (("disclosure" | "refusal" | "break-glass"), _):
            return _Shape(rest, "E", [_coding(_REST, "search-type", "search")], f"{about}Query")
        case ("consent", "given" | "objected" | "dissented") | ("pointer", "registered"):
            return _Shape(rest, "C", [_coding(_REST, "create", "create")], f"{about}Create")
        case "consent", _:
            return _Shape(rest, "U", [_coding(_REST, "update", "update")], f"{about}Update")
        case "pointer", _:
            return _Shape(rest, "D", [_coding(_REST, "delete", "delete")], f"{about}Delete")
        case "sign-in", _:
            subtype = [_coding(_DCM, "110122", "Login")]
            return _Shape(_coding(_DCM, "110114", "User Authentication"), "E", subtype)
        case "audit-read", _:
            return _Shape(_coding(_DCM, "110101", "Audit Log Used"), "R")
    return _Shape(_coding(_DCM, "110100", "Application Activity"), "E")


def _is_refused(stored: StoredEntry) -> bool:
    return stored.kind == Kind.REFUSAL or stored.outcome == "refused"


def _purposes(stored: StoredEntry) -> list[Json]:
    codings: list[Json] = []
    if stored.kind == Kind.BREAK_GLASS:
        codings.append(_coding(_ACT_REASON, BREAK_THE_GLASS, "break the glass"))
    if stored.purpose is not None:
        codings.append(_coding(_URN + "purpose", stored.purpose))
    return [{"coding": codings}] if codings else []


def _agents(
    stored: StoredEntry, detail: Mapping[str, Json], origin: str, purposes: Sequence[Json]
) -> list[Json]:
    """Who asked (the practitioner in their role), through which client, and the server that answered."""
    client = detail.get("client")
    practitioner = detail.get("practitioner") or detail.get("officer")
    asker, server = _ends(stored)
    agents: list[Json] = [
        {
            "type": {"coding": [asker]},
            "who": _named("client", client, "")
            if isinstance(client, str)
            else _named("organisation", stored.recipient, ""),
            "requestor": not isinstance(practitioner, str),
            "network": {
                "address": client if isinstance(client, str) else stored.recipient or origin,
                "type": "1",
            },
        },
        {
            "type": {"coding": [server]},
            "who": _named("organisation", "oncetold", "OnceTold gateway"),
            "requestor": False,
            "network": {"address": origin, "type": "5"},
        },
    ]
    if isinstance(practitioner, str):
        user: dict[str, Json] = {
            "type": {"coding": [_coding(_PARTICIPATION, "IRCP", "information recipient")]},
            "who": _named("practitioner", practitioner, ""),
            "requestor": True,
        }
        if stored.role is not None:
            user["role"] = [{"coding": [_coding(_URN + "role", stored.role)]}]
        if purposes:
            user["purposeOfUse"] = list(purposes)
        agents.append(user)
    if stored.recipient is not None and isinstance(client, str):
        agents.append(
            {
                "type": {"coding": [_coding("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV")]},
                "who": _named("organisation", stored.recipient, ""),
                "requestor": False,
            }
        )
    return agents


def _ends(stored: StoredEntry) -> tuple[Json, Json]:
    """What the asker and the server are called: BALP has words of its own for a deletion."""
    if (stored.kind, stored.outcome) == (Kind.POINTER.value, "revoked"):
        return _coding(_DCM, "110150", "Application"), _coding(_PROVENANCE, "custodian", "Custodian")
    return _coding(_DCM, "110153", "Source Role ID"), _coding(_DCM, "110152", "Destination Role ID")


def _entities(row: Row, stored: StoredEntry, detail: Mapping[str, Json], origin: str) -> list[Json]:
    person, correlation = detail.get("person"), detail.get("correlation")
    entities: list[Json] = []
    if isinstance(person, str):
        what: dict[str, Json] = {
            "type": "Patient",
            "identifier": {"system": _URN + "person-code", "value": person},
        }
        entities.append(_entity("1", "Person", "1", "Patient", what))
    if stored.kind in {kind.value for kind in _LOOKS}:
        query = _entity("2", "System Object", "24", "Query", None)
        asked = {"purpose": stored.purpose, "sections": detail.get("asked")}
        entities.append({**query, "query": base64.b64encode(canonical(asked)).decode()})
        for source, sections in sorted(_mapping(detail.get("sections")).items()):
            names = ", ".join(sorted(_mapping(sections)))
            # An organisation: of system objects the profile knows one, which is the question.
            entities.append(
                _entity("3", "Organization", "4", "Domain Resource", _named("organisation", source, names))
            )
    elif stored.kind in {Kind.CONSENT.value, Kind.POINTER.value}:
        kind = "Consent" if stored.kind == Kind.CONSENT.value else "DocumentReference"
        what = {
            "type": kind,
            "identifier": {"system": _URN + "log-entry", "value": f"{origin}#{row.index}"},
        }
        entities.append(_entity("2", "System Object", "4", "Domain Resource", what))
    else:
        what = {"identifier": {"system": _URN + "log-entry", "value": f"{origin}#{row.index}"}}
        entities.append(_entity("2", "System Object", "13", "Security Resource", what))
    if isinstance(correlation, str):
        entities.append(
            {
                "type": _coding(_BALP_ENTITY, "XrequestId"),
                "what": {"identifier": {"value": correlation}},
            }
        )
    return entities


def _entity(kind: str, words: str, role: str, role_words: str, what: Json) -> dict[str, Json]:
    entity: dict[str, Json] = {
        "type": _coding(_ENTITY_TYPE, kind, words),
        "role": _coding(_ENTITY_ROLE, role, role_words),
    }
    return entity if what is None else {**entity, "what": what}


def _named(system: str, value: str | None, display: str) -> dict[str, Json]:
    if value is None:
        return {"display": "nobody outside"}
    named: dict[str, Json] = {"identifier": {"system": _URN + system, "value": value}}
    return {**named, "display": display} if display else named


def _coding(system: str, code: str, display: str = "") -> dict[str, Json]:
    coding: dict[str, Json] = {"system": system, "code": code}
    return {**coding, "display": display} if display else coding


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
