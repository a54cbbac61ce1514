"""Patient and what a referral says about somebody, from one to the other. Pure.

Of what a Patient has beyond that, nothing is carried on: a receiver learns what the referral is for. What would change its
meaning is refused.
"""

from __future__ import annotations

import re
from typing import Final

from nhs_number.validate import is_valid

from core.vocabulary import Json, JsonObject
from gateway.referrals.bars.elements import codes, identifiers, objects, text
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import HANDLE, LANGUAGE, NHS_NUMBER
from gateway.referrals.values import About

_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}", re.ASCII)
_PATH: Final = "Patient"


def read_patient(patient: JsonObject) -> dict[str, Json]:
    """The members of `about` that a Patient tells."""
    for name in ("implicitRules", "modifierExtension", "link"):
        if name in patient:
            raise NotTakenError(f"{_PATH}.{name}", "it may change who is meant: leave it out")
    if patient.get("active") is False:
        raise NotTakenError(f"{_PATH}.active", "the record is not in use: send the one that is")
    if patient.get("deceasedBoolean", False) is not False or "deceasedDateTime" in patient:
        raise NotTakenError(f"{_PATH}.deceased", "nobody who died is referred")
    found: dict[str, Json] = {"name": _name(patient)}
    others: dict[str, str | None] = {
        "birth_date": _birth_date(patient),
        "nhs_number": _nhs_number(patient),
        "telephone": _telecom(patient, "phone"),
        "email": _telecom(patient, "email"),
        "address": _address(patient),
        "preferred_language": _language(patient),
    }
    return found | {name: value for name, value in others.items() if value is not None}


def handle_of(patient: JsonObject) -> str | None:
    """The sender's own handle of the person."""
    return next((value for _, (system, value) in identifiers(patient, _PATH) if system == HANDLE), None)


def write_patient(about: About, handle: str | None) -> dict[str, Json]:
    """The Patient, without what is said in notes."""
    names = [(NHS_NUMBER, about.nhs_number), (HANDLE, handle)]
    numbers: list[Json] = [{"system": system, "value": value} for system, value in names if value is not None]
    reached = [("phone", about.telephone), ("email", about.email)]
    telecom: list[Json] = [{"system": how, "value": value} for how, value in reached if value is not None]
    patient: dict[str, Json] = {"resourceType": "Patient", "name": [{"text": about.name}]}
    if numbers:
        patient["identifier"] = numbers
    if telecom:
        patient["telecom"] = telecom
    if about.birth_date is not None:
        patient["birthDate"] = about.birth_date.isoformat()
    if about.address is not None:
        patient["address"] = [{"text": about.address}]
    if about.preferred_language is not None:
        patient["communication"] = [{"language": _concept(about.preferred_language), "preferred": True}]
    return patient


def _concept(language: str) -> JsonObject:
    if _TAG.fullmatch(language):
        return {"coding": [{"system": LANGUAGE, "code": language}]}
    return {"text": language}


def _name(patient: JsonObject) -> str:
    names = [
        (where, one)
        for where, one in objects(patient, "name", _PATH)
        if one.get("use") not in {"old", "maiden"}
    ]
    names.sort(key=lambda found: found[1].get("use") != "official")
    for where, one in names:
        whole = text(one, "text", where)
        if whole is None:
            parts = (
                *_strings(one, "prefix", where),
                *_strings(one, "given", where),
                text(one, "family", where),
            )
            whole = " ".join(part for part in parts if part)
        if whole:
            return whole
    raise NotTakenError(f"{_PATH}.name", "a referral is of somebody with a name")


def _birth_date(patient: JsonObject) -> str | None:
    found = text(patient, "birthDate", _PATH)
    if found is not None and not _DAY.fullmatch(found):
        raise NotTakenError(f"{_PATH}.birthDate", "write the whole date, or leave it out")
    return found


def _nhs_number(patient: JsonObject) -> str | None:
    found = {
        "".join(value.split()): where
        for where, (system, value) in identifiers(patient, _PATH)
        if system == NHS_NUMBER
    }
    if len(found) > 1:
        raise NotTakenError(f"{_PATH}.identifier", "one person has one NHS number")
    for number, where in found.items():
        if not is_valid(number):
            raise NotTakenError(f"{where}.value", "the NHS number is not one: its check digit is wrong")
        return number
    return None


def _telecom(patient: JsonObject, system: str) -> str | None:
    """The one to try first: the lowest rank, then the first (http://hl7.org/fhir/R4/datatypes.html#ContactPoint)."""
    found = []
    for where, one in objects(patient, "telecom", _PATH):
        rank, value = one.get("rank"), text(one, "value", where)
        if one.get("system") == system and one.get("use") != "old" and value is not None:
            found.append((rank if isinstance(rank, int) else 1_000, value))
    return min(found, key=lambda ranked: ranked[0])[1] if found else None


def _address(patient: JsonObject) -> str | None:
    for where, one in objects(patient, "address", _PATH):
        if one.get("use") in {"old", "billing"}:
            continue
        whole = text(one, "text", where)
        if whole is None:
            rest = (text(one, part, where) for part in ("city", "district", "postalCode"))
            whole = ", ".join(part for part in (*_strings(one, "line", where), *rest) if part)
        if whole:
            return whole
    return None


def _language(patient: JsonObject) -> str | None:
    spoken = objects(patient, "communication", _PATH)
    for where, one in sorted(spoken, key=lambda found: found[1].get("preferred") is not True):
        language = one.get("language")
        if isinstance(language, dict):
            coded = codes(language, f"{where}.language")
            return next((code for _, code in coded), None) or text(language, "text", f"{where}.language")
    return None


def _strings(element: JsonObject, name: str, path: str) -> tuple[str, ...]:
    value = element.get(name, ())
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise NotTakenError(f"{path}.{name}", "a list of texts is expected")
    return tuple(str(one) for one in value)
