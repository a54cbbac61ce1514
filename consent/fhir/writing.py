"""A permission or preference as a FHIR R4 Consent that another system, or `reading`, reads with the same meaning. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, cast
from uuid import NAMESPACE_URL, uuid5

from consent.fhir.concordance import FIELD, KIND, ORGANISATION, POLICY, PURPOSE, SECTION, Code
from consent.fhir.people import CAPACITIES
from consent.fhir.reading import CUSTODIAN, NHS_NUMBER, PRIVACY, RECIPIENT
from consent.permissions import ANY, Permission
from core.vocabulary import Json, JsonObject

PROFILE: Final = "https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentFoundation"
_CATEGORY: Final[Code] = ("http://loinc.org", "59284-0")
_MILLISECOND = timedelta(milliseconds=1)


def write_consent(
    permission: Permission,
    organisations: Mapping[str, tuple[Code, str]],
    nhs_number: str | None,
    said: datetime | None = None,
) -> dict[str, Json]:
    """The resource. organisations: id -> identifier (ODS where there is one) and name. said: when it was decided."""
    contained: list[Json] = []
    patient: JsonObject = {"identifier": {"system": NHS_NUMBER, "value": nhs_number or ""}}
    if nhs_number is None:
        contained.append({"resourceType": "Patient", "id": "patient"})
        patient = {"reference": "#patient"}
    performer, related = _performer(permission, patient)
    contained += related
    resource: dict[str, Json] = {
        "resourceType": "Consent",
        "identifier": [{"system": "urn:oncetold:permission", "value": permission.id}],
        "status": "active",
        "scope": _concept(PRIVACY),
        "category": [_concept(_CATEGORY, (KIND, permission.kind.value))],
        "patient": patient,
        "dateTime": _moment(said or permission.from_),
        "performer": [performer],
        "policy": [{"uri": POLICY}],
        "provision": _provision(permission, organisations),
    }
    if contained:
        resource["contained"] = contained
    if "*" not in permission.sources:
        resource["organization"] = [_organisation(one, organisations) for one in sorted(permission.sources)]
    return resource


def write_bundle(consents: Sequence[JsonObject]) -> dict[str, Json]:
    """Several of them as a Bundle; each entry's address follows from its identifier."""
    entries: list[Json] = []
    for one in consents:
        (named,) = cast("Sequence[Mapping[str, str]]", one["identifier"])
        address = uuid5(NAMESPACE_URL, f"{named['system']}:{named['value']}")
        entries.append({"fullUrl": f"urn:uuid:{address}", "resource": one})
    return {"resourceType": "Bundle", "type": "collection"} | ({"entry": entries} if entries else {})


def _provision(permission: Permission, organisations: Mapping[str, tuple[Code, str]]) -> dict[str, Json]:
    rule: dict[str, Json] = {"type": "deny" if permission.kind.refuses else "permit"}
    # The end that FHIR writes is the last moment at which it holds.
    rule["period"] = {"start": _moment(permission.from_)} | (
        {} if permission.until is None else {"end": _moment(permission.until - _MILLISECOND)}
    )
    actors = [
        *_actors(permission.recipients, RECIPIENT, organisations),
        *_actors(permission.sources, CUSTODIAN, organisations),
    ]
    if actors:
        rule["actor"] = actors
    if "*" not in permission.purposes:
        rule["purpose"] = [{"system": PURPOSE, "code": one} for one in sorted(permission.purposes)]
    if permission.sections != {"*": ANY}:
        rule["class"] = [
            {"system": system, "code": code} for system, code in sorted(_classes(permission.sections))
        ]
    return rule


def _classes(sections: Mapping[str, frozenset[str]]) -> Iterable[Code]:
    for section, fields in sections.items():
        for name in fields:
            yield (SECTION, section) if name == "*" else (FIELD, f"{section}.{name}")


def _actors(
    names: frozenset[str], role: Code, organisations: Mapping[str, tuple[Code, str]]
) -> Iterable[Json]:
    if "*" in names:
        return ()
    return [{"role": _concept(role), "reference": _organisation(one, organisations)} for one in sorted(names)]


def _organisation(name: str, organisations: Mapping[str, tuple[Code, str]]) -> dict[str, Json]:
    (system, value), title = organisations.get(name, ((ORGANISATION, name), ""))
    found: dict[str, Json] = {"type": "Organization", "identifier": {"system": system, "value": value}}
    return found | {"display": title} if title else found


def _performer(permission: Permission, patient: JsonObject) -> tuple[JsonObject, list[Json]]:
    """Who decided, and what has to be contained to say by what authority."""
    capacity = permission.given.capacity
    if capacity not in CAPACITIES:
        return patient, []
    related: JsonObject = {
        "resourceType": "RelatedPerson",
        "id": "performer",
        "patient": patient,
        "relationship": [_concept(CAPACITIES[capacity])],
    }
    return {"reference": "#performer"}, [related]


def _concept(*codes: Code) -> dict[str, Json]:
    return {"coding": [{"system": system, "code": code} for system, code in codes]}


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
