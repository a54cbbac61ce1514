"""Who decided: the patient, or somebody with an authority that the resource states. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from consent.fhir.concordance import Code
from consent.fhir.elements import an_object, concept, objects, only, text
from consent.fhir.errors import UnrepresentableError
from core.vocabulary import JsonObject

_ROLE: Final = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
CAPACITIES: Final[Mapping[str, Code]] = {
    "attorney": (_ROLE, "POWATT"),
    "deputy": (_ROLE, "GUARD"),
    "parental-responsibility": (_ROLE, "PRN"),
}
"""A power of attorney; whom a court appointed; a parent. How each is written; read are these and the narrower ones."""

_READ: Final[Mapping[Code, str]] = {
    **{code: capacity for capacity, code in CAPACITIES.items()},
    **dict.fromkeys([(_ROLE, code) for code in ("HPOWATT", "DPOWATT", "SPOWATT")], "attorney"),
    **dict.fromkeys([(_ROLE, code) for code in ("MTH", "FTH")], "parental-responsibility"),
}


def performed_by(resource: JsonObject) -> str:
    """The capacity in which it was decided. Raises `UnrepresentableError` for an authority not stated or not known."""
    patient = an_object(resource, "patient", "Consent") or {}
    capacities = {
        _capacity(resource, patient, where, one) for where, one in objects(resource, "performer", "Consent")
    }
    if len(capacities) != 1:
        raise UnrepresentableError("Consent.performer", "one who decided is needed")
    return capacities.pop()


def _capacity(resource: JsonObject, patient: JsonObject, path: str, performer: JsonObject) -> str:
    only(performer, path, frozenset({"reference", "type", "identifier", "display"}))
    literal = text(performer, "reference", path)
    if literal is not None and literal == patient.get("reference"):
        return "self"
    named = an_object(performer, "identifier", path)
    if named is not None and named == patient.get("identifier"):
        return "self"
    for where, inner in objects(resource, "contained", "Consent"):
        if literal == f"#{inner.get('id')}" and inner.get("resourceType") == "RelatedPerson":
            for place, relationship in objects(inner, "relationship", where):
                for code in concept(relationship, place):
                    if code in _READ:
                        return _READ[code]
    raise UnrepresentableError(
        path, "by what authority they decided is not stated in a way that is known here"
    )
