"""Reading the elements of a resource that may say anything: of the right type, and none that is not understood. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from consent.fhir.concordance import Code
from consent.fhir.errors import UnrepresentableError
from core.vocabulary import Json, JsonObject

LONDON: Final = ZoneInfo("Europe/London")
_PARTIAL: Final = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII
)
UNDERSTOOD_ANYWHERE: Final = frozenset({"id"})
"""Elements that change no meaning wherever they stand."""

NAMED: Final = frozenset(
    {
        "code", "data", "dataPeriod", "extension", "implicitRules", "language", "modifierExtension", "policyRule",
        "provision", "securityLabel",
    }
)  # fmt: skip
"""Elements of R4 that are refused by name; any other might be anything, so its name is not repeated."""


def only(element: JsonObject, path: str, known: frozenset[str]) -> None:
    """Refuse an element that holds something not in `known`: what is not understood may turn the rest's meaning around."""
    for name in element:
        if name not in known and name not in UNDERSTOOD_ANYWHERE:
            where = f"{path}.{name}" if name in NAMED else path
            what = "this element" if name in NAMED else "an element in it"
            raise UnrepresentableError(where, f"{what} cannot be held here")


def objects(element: JsonObject, name: str, path: str) -> tuple[tuple[str, JsonObject], ...]:
    """The objects of a repeating element, each with its path."""
    value = element.get(name, ())
    where = f"{path}.{name}"
    if isinstance(value, str) or not isinstance(value, Sequence) or (name in element and not value):
        raise UnrepresentableError(where, "a list with something in it is expected")
    found = []
    for number, one in enumerate(value):
        if not isinstance(one, Mapping):
            raise UnrepresentableError(f"{where}[{number}]", "an object is expected")
        found.append((f"{where}[{number}]", one))
    return tuple(found)


def an_object(element: JsonObject, name: str, path: str) -> JsonObject | None:
    """An element's object, None where it is absent."""
    value = element.get(name)
    if value is None or isinstance(value, Mapping):
        return value
    raise UnrepresentableError(f"{path}.{name}", "an object is expected")


def text(element: JsonObject, name: str, path: str) -> str | None:
    """An element's text, None where it is absent."""
    value: Json = element.get(name)
    if value is None or (isinstance(value, str) and value):
        return value
    raise UnrepresentableError(f"{path}.{name}", "a text is expected")


def coding(element: JsonObject, path: str) -> Code:
    """System and code of a Coding; its display says the same in words."""
    only(element, path, frozenset({"system", "version", "code", "display", "userSelected"}))
    system, code = text(element, "system", path), text(element, "code", path)
    if system is None or code is None:
        raise UnrepresentableError(path, "a coding needs system and code")
    return system, code


def concept(element: JsonObject, path: str) -> tuple[Code, ...]:
    """The codings of a CodeableConcept: several ways to say one thing. One in words alone is refused."""
    only(element, path, frozenset({"coding", "text"}))
    found = tuple(coding(one, where) for where, one in objects(element, "coding", path))
    if not found:
        raise UnrepresentableError(path, "a code is needed")
    return found


def identifier(element: JsonObject, path: str) -> Code | None:
    """System and value of a Reference's identifier or of an Identifier element's; None where there is none."""
    if not element:
        return None
    only(element, path, frozenset({"use", "type", "system", "value", "period", "assigner"}))
    system, value = text(element, "system", path), text(element, "value", path)
    if system is None or value is None:
        raise UnrepresentableError(path, "an identifier needs system and value")
    return system, value


def span(element: JsonObject, path: str) -> tuple[datetime | None, datetime | None]:
    """A Period as from (inclusive) and until (exclusive). FHIR's `end` holds for all of the day or second that it names."""
    only(element, path, frozenset({"start", "end"}))
    start, end = text(element, "start", path), text(element, "end", path)
    if start is None and end is None:
        raise UnrepresentableError(path, "a period needs a start or an end")
    return (
        None if start is None else moments(start, f"{path}.start")[0],
        None if end is None else moments(end, f"{path}.end")[1],
    )


def moments(value: str, path: str) -> tuple[datetime, datetime]:
    """The first moment that a FHIR dateTime names, and the first after it. A day is a day in the United Kingdom."""
    try:
        partial = _PARTIAL.fullmatch(value)
        if partial is not None:
            return _days(int(partial["year"]), _number(partial["month"]), _number(partial["day"]))
        exact = _MOMENT.fullmatch(value)
        if exact is not None:
            begins = datetime.fromisoformat(value).astimezone(UTC)
            digits = len(exact["fraction"] or ".") - 1
            # Below a millisecond nothing is kept here.
            return begins, begins + max(timedelta(milliseconds=1), timedelta(seconds=10.0**-digits))
    except (ValueError, OverflowError) as error:
        raise UnrepresentableError(path, "not a time") from error
    raise UnrepresentableError(path, "not a time")


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)


def _days(year: int, month: int | None, day: int | None) -> tuple[datetime, datetime]:
    begins = datetime(year, month or 1, day or 1, tzinfo=LONDON)
    if day is not None:
        following = begins + timedelta(days=1)
        ends = datetime(following.year, following.month, following.day, tzinfo=LONDON)
    elif month is not None:
        ends = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=LONDON)
    else:
        ends = datetime(year + 1, 1, 1, tzinfo=LONDON)
    return begins.astimezone(UTC), ends.astimezone(UTC)
