"""FHIR R4 datatypes as we read them (https://hl7.org/fhir/R4/datatypes.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from adapters.assembly import UnusableError
from adapters.reading import child, children, string
from core.vocabulary import JsonObject, Label

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
_UNREMARKABLE: Final = frozenset({"N", "U"})
_DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_SNOMED_PREFIX: Final = re.compile(r"^\d{6,18}\s*\|\s*")


def words(concept: JsonObject) -> str | None:
    """What a CodeableConcept says to people: its text, or else the display of the coding the user chose, or the first.

    A SNOMED CT identifier that leads the text (as in UK Core's transfer-degraded records) is not for people.
    """
    text = string(concept, "text")
    if text is not None:
        return _SNOMED_PREFIX.sub("", text) or None
    codings = sorted(children(concept, "coding"), key=lambda coding: coding.get("userSelected") is not True)
    return next((display for coding in codings if (display := string(coding, "display"))), None)


def codes(concept: JsonObject) -> tuple[str, ...]:
    """The codes of a CodeableConcept, whatever their systems."""
    return tuple(code for coding in children(concept, "coding") if (code := string(coding, "code")))


def known_code(concept: JsonObject, known: frozenset[str], what: str) -> str | None:
    """The one code of a status that we know, None where there is none.

    Raises `UnusableError` for a status that is there and not understood: statuses are modifier elements, which may
    turn the meaning of the rest around (https://hl7.org/fhir/R4/conformance-rules.html#isModifier).
    """
    if not concept:
        return None
    found = [code for code in codes(concept) if code in known]
    if not found:
        raise UnusableError(f"{what} is not understood")
    return found[0]


def date_part(text: str | None) -> str | None:
    """The date of a FHIR date, dateTime or instant: YYYY, YYYY-MM or YYYY-MM-DD."""
    match = _DATE.match(text or "")
    return match.group() if match else None


def full_date(text: str | None) -> str | None:
    """As `date_part`, where the day is known."""
    part = date_part(text)
    return part if part is not None and len(part) == 10 else None


def instant(text: str | None, otherwise: datetime) -> datetime:
    """A FHIR instant or dateTime as a timezone-aware time (UTC where it names no zone)."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def in_force(item: JsonObject, today: str) -> bool:
    """Whether an item's `period` covers the day (YYYY-MM-DD); a partial date covers all that it may mean."""
    period = child(item, "period")
    start, end = date_part(string(period, "start")), date_part(string(period, "end"))
    return (start is None or start <= today[: len(start)]) and (end is None or end >= today[: len(end)])


def extensions(element: JsonObject, url: str) -> Iterator[JsonObject]:
    """The extensions with the URL."""
    return (extension for extension in children(element, "extension") if extension.get("url") == url)


def extension(element: JsonObject, url: str) -> JsonObject:
    """The first extension with the URL, or an empty one."""
    return next(extensions(element, url), {})


def security_codes(resource: JsonObject) -> frozenset[str]:
    """The codes in `meta.security`; `unknown` for a label without a code, which must not pass as no label."""
    security = child(resource, "meta").get("security")
    if security is None:
        return frozenset()
    labelled = list(children(child(resource, "meta"), "security"))
    if not isinstance(security, list) or len(labelled) != len(security):
        return frozenset({Label.UNKNOWN.value, *(string(label, "code") or "" for label in labelled)}) - {""}
    return frozenset(string(label, "code") or Label.UNKNOWN.value for label in labelled)


def remarkable(labels: frozenset[str]) -> frozenset[str]:
    """The labels that ask for care: all but N and U."""
    return labels - _UNREMARKABLE


def contained(resource: JsonObject, reference: JsonObject, resource_type: str) -> JsonObject:
    """The contained resource that a Reference of the form `#id` names, or an empty one."""
    target = string(reference, "reference") or ""
    if not target.startswith("#"):
        return {}
    return next(
        (
            inner
            for inner in children(resource, "contained")
            if inner.get("id") == target[1:] and inner.get("resourceType") == resource_type
        ),
        {},
    )


def nhs_numbers(resource: JsonObject) -> tuple[str, ...]:
    """The NHS numbers among a resource's identifiers, spaces left out."""
    return tuple(
        value.replace(" ", "")
        for identifier in children(resource, "identifier")
        if identifier.get("system") == NHS_NUMBER and (value := string(identifier, "value"))
    )
