"""UK Core Patient (and the Personal Demographics Service's, which differs in its extensions).

What is out of date is left out: an old telephone number or address may reach someone else than the person. Only a name
is shown when all names have ended, because a person always has one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from typing import Final, TypeAlias

from adapters.assembly import UnusableError
from adapters.fhir.datatypes import codes, date_part, extension, extensions, in_force, words
from adapters.reading import boolean, child, children, string, strings
from core.vocabulary import Json, JsonObject

Value: TypeAlias = tuple[str, str, Json]
"""Section, field, value."""

_UK: Final = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
_INTERPRETER: Final = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
_CHANNELS: Final = {
    "1": "letter",
    "2": "visit",
    "3": "telephone",
    "4": "email",
    "5": "minicom",
    "6": "proxy",
    "7": "sign-language",
    "8": "no-telephone",
}
"""UKCore-PreferredContactMethod."""

_NAME_USES: Final = ("usual", "official", "", "temp", "nickname", "anonymous", "old", "maiden")
_ADDRESS_USES: Final = ("home", "", "temp")
_PHONE_USES: Final = ("mobile", "home", "", "temp", "work")
_POSTCODE: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
_DAYS: Final = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}
_TIMES: Final = {
    "MORN": "in the morning",
    "AFT": "in the afternoon",
    "EVE": "in the evening",
    "NIGHT": "at night",
}


def values(patient: JsonObject, today: str, sections: Container[str]) -> Iterator[Value]:
    """What a Patient says of those of its sections that are named. today: YYYY-MM-DD."""
    if "identity" in sections:
        yield "identity", "name", _name(patient, today)
        yield "identity", "birth_date", date_part(string(patient, "birthDate"))
        yield "identity", "gender", string(patient, "gender")
        yield "identity", "deceased", _deceased(patient)
    if "contact" in sections:
        yield from _contact(patient, today)
    if "communication-needs" in sections:
        yield "communication-needs", "preferred_language", _language(patient)
        yield "communication-needs", "interpreter_required", _interpreter(patient)
        for wanted in _preferences(patient, "PreferredWrittenCommunicationFormat"):
            yield "communication-needs", "adjustments", words(child(wanted, "valueCodeableConcept"))


def postcode(text: str) -> str:
    """A UK postcode in capitals with its space. Raises `UnusableError`."""
    match = _POSTCODE.fullmatch(text.upper().replace(" ", ""))
    if match is None:
        raise UnusableError("postcode is not a UK postcode")
    return " ".join(match.groups())


def _contact(patient: JsonObject, today: str) -> Iterator[Value]:
    points = [point for point in children(patient, "telecom") if in_force(point, today)]
    yield "contact", "telephone", _point(points, "phone")
    yield "contact", "email", _point(points, "email")
    address = _preferred(patient, "address", _ADDRESS_USES, lambda item: in_force(item, today))
    if address is not None:
        yield "contact", "address", _line(address)
        yield "contact", "postcode", string(address, "postalCode")
        yield "contact", "uprn", _uprn(address)
    for method in _preferences(patient, "PreferredContactMethod"):
        for code in codes(child(method, "valueCodeableConcept")):
            yield "contact", "preferred_channel", _CHANNELS.get(code, "other")
    times = [text for item in _preferences(patient, "PreferredContactTimes") if (text := _times(item))]
    if times:
        yield "contact", "safe_contact", "; ".join(times)


def _preferred(
    patient: JsonObject, element: str, uses: tuple[str, ...], usable: Callable[[JsonObject], bool]
) -> JsonObject | None:
    """The first usable item by the order of uses; an item of another use is passed over."""
    items = [
        item for item in children(patient, element) if (string(item, "use") or "") in uses and usable(item)
    ]
    return min(items, key=lambda item: uses.index(string(item, "use") or ""), default=None)


def _name(patient: JsonObject, today: str) -> str | None:
    name = _preferred(patient, "name", _NAME_USES, lambda item: in_force(item, today))
    if name is None:
        name = _preferred(patient, "name", _NAME_USES, lambda _: True)
    if name is None:
        return None
    parts = (
        *strings(name, "prefix"),
        *strings(name, "given"),
        string(name, "family"),
        *strings(name, "suffix"),
    )
    return " ".join(part for part in parts if part) or string(name, "text")


def _deceased(patient: JsonObject) -> bool | None:
    if string(patient, "deceasedDateTime") is not None:
        return True
    return boolean(patient, "deceasedBoolean")


def _point(points: list[JsonObject], system: str) -> str | None:
    """The value to use: by rank where the source ranks, else by use; old ones and those without a value never."""
    usable = [
        point
        for point in points
        if point.get("system") == system
        and string(point, "value")
        and (string(point, "use") or "") in _PHONE_USES
    ]
    best = min(usable, key=_order_of_point, default=None)
    return None if best is None else string(best, "value")


def _order_of_point(point: JsonObject) -> tuple[int, int]:
    rank = point.get("rank")
    return (rank if isinstance(rank, int) else 99, _PHONE_USES.index(string(point, "use") or ""))


def _line(address: JsonObject) -> str | None:
    """The parts that are there; the postcode is a field of its own."""
    parts = (*strings(address, "line"), string(address, "city"), string(address, "district"))
    return ", ".join(part for part in parts if part) or string(address, "text")


def _uprn(address: JsonObject) -> str | None:
    for key in extensions(address, _UK + "AddressKey"):
        kind = extension(key, "type")
        coded = (string(child(kind, "valueCoding"), "code"), *codes(child(kind, "valueCodeableConcept")))
        if "UPRN" in coded:
            return string(extension(key, "value"), "valueString")
    return None


def _preferences(patient: JsonObject, part: str) -> Iterator[JsonObject]:
    for preference in extensions(patient, _UK + "ContactPreference"):
        yield from extensions(preference, part)


def _times(item: JsonObject) -> str | None:
    """PDS writes the times in words, UK Core as a Timing."""
    repeat = child(child(item, "valueTiming"), "repeat")
    days = [_DAYS[day] for day in strings(repeat, "dayOfWeek") if day in _DAYS]
    whens = _whens(repeat)
    return string(item, "valueString") or " ".join(part for part in (", ".join(days), whens) if part) or None


def _whens(repeat: JsonObject) -> str:
    several = list(strings(repeat, "when")) or [string(repeat, "when") or ""]
    return " or ".join(_TIMES[when] for when in several if when in _TIMES)


def _language(patient: JsonObject) -> str | None:
    """The language marked as preferred, or the only one there is; of several unmarked ones none is preferred."""
    spoken = list(children(patient, "communication"))
    marked = [item for item in spoken if item.get("preferred") is True]
    chosen = marked or (spoken if len(spoken) == 1 else [])
    for item in chosen[:1]:
        return _language_words(child(item, "language"))
    return _language_words(
        child(extension(extension(patient, _UK + "NHSCommunication"), "language"), "valueCodeableConcept")
    )


def _language_words(language: JsonObject) -> str | None:
    return words(language) or next(iter(codes(language)), None)


def _interpreter(patient: JsonObject) -> bool | None:
    stated = boolean(extension(patient, _INTERPRETER), "valueBoolean")
    if stated is not None:
        return stated
    communication = extension(patient, _UK + "NHSCommunication")
    return boolean(extension(communication, "interpreterRequired"), "valueBoolean")
