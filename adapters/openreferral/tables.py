"""HSDS in tables (CSV files, or the tables of a data package): joined into the nested form by their ids. Pure.

https://docs.openreferral.org/en/v3.0.1/hsds/schema_reference.html. HSDS calls a table in the plural; the published UK
examples in either form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from adapters.openreferral.services import Refusals
from core.vocabulary import Json, JsonObject

TABLES_ENDING: Final = ".csv"
NUMBERS: Final = frozenset({"minimum_age", "maximum_age"})
"""Columns that hold numbers, of those that are read."""

Tables: TypeAlias = Mapping[str, Json]
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "services": ("services", "service"),
    "organizations": ("organizations", "organization"),
    "organization_identifiers": ("organization_identifiers", "organization_identifier"),
    "service_areas": ("service_areas", "service_area"),
    "service_at_locations": ("service_at_locations", "service_at_location"),
    "locations": ("locations", "location"),
    "addresses": ("addresses", "address"),
    "contacts": ("contacts", "contact"),
    "phones": ("phones", "phone"),
    "attributes": ("attributes", "attribute"),
    "taxonomy_terms": ("taxonomy_terms", "taxonomy_term"),
}
WANTED: Final = frozenset(name for names in _NAMES.values() for name in names)
"""The names of tables that are read, without `.csv`."""


def number(value: str) -> Json:
    """A cell of a column of numbers; what is none stays text, and is refused as such by whoever reads it."""
    try:
        return float(value)
    except ValueError:
        return value


def nested_services(tables: Tables, refusals: Refusals) -> Iterator[JsonObject]:
    """The services of the tables, each with what belongs to it nested as in the API's full form. Keys end in `.csv`."""
    rows = {name: _rows(tables, names, refusals) for name, names in _NAMES.items()}
    organizations = _by_id(
        _holding(rows["organizations"], rows["organization_identifiers"], "organization_id")
    )
    locations = _by_id(_holding(rows["locations"], rows["addresses"], "location_id"))
    terms = _by_id(rows["taxonomy_terms"])
    contacts = _by(_holding(rows["contacts"], rows["phones"], "contact_id"), "service_id")
    phones = _by([one for one in rows["phones"] if not one.get("contact_id")], "service_id")
    attributes = _by(_naming(rows["attributes"], "taxonomy_term", terms), "link_id")
    places = _by(_naming(rows["service_at_locations"], "location", locations), "service_id")
    areas = _by(rows["service_areas"], "service_id")
    for service in rows["services"]:
        named, provider = _key(service.get("id")), service.get("organization_id")
        if provider is not None and _key(provider) not in organizations:
            refusals.note(
                "service", service, "organization_id", "no organisation of that id is in the tables"
            )
        yield {
            **service,
            "organization": organizations.get(_key(provider)),
            "contacts": contacts[named],
            "phones": phones[named],
            "attributes": attributes[named],
            "service_at_locations": places[named],
            "service_areas": areas[named],
        }


def _rows(tables: Tables, names: Sequence[str], refusals: Refusals) -> list[JsonObject]:
    """The rows of a table under any of its names; a row that stands under both counts once."""
    found: list[JsonObject] = []
    for name in names:
        value = tables.get(name + TABLES_ENDING, ())
        if isinstance(value, str) or not isinstance(value, Sequence):
            refusals.note(name, {}, "", "a list of rows is expected")
            continue
        known = {_key(one.get("id")) for one in found}
        for one in value:
            if not isinstance(one, Mapping):
                refusals.note(name, {}, "", "a row is an object")
            elif _key(one.get("id")) is None or _key(one.get("id")) not in known:
                found.append(one)
    return found


def _holding(holders: Sequence[JsonObject], held: Sequence[JsonObject], column: str) -> list[JsonObject]:
    """Each holder with the rows that name it in a column, under that relation's name in the nested form."""
    by_holder, name = _by(held, column), _NESTED[column]
    return [{**one, name: by_holder[_key(one.get("id"))]} for one in holders]


_NESTED: Final = {
    "organization_id": "organization_identifiers",
    "location_id": "addresses",
    "contact_id": "phones",
}


def _naming(
    rows: Sequence[JsonObject], name: str, named: Mapping[str | None, JsonObject]
) -> list[JsonObject]:
    """Each row with the row that it names by `<name>_id`."""
    return [{**one, name: named.get(_key(one.get(f"{name}_id")))} for one in rows]


def _by_id(rows: Sequence[JsonObject]) -> dict[str | None, JsonObject]:
    return {_key(one.get("id")): one for one in rows}


def _by(rows: Sequence[JsonObject], column: str) -> defaultdict[str | None, list[JsonObject]]:
    found: defaultdict[str | None, list[JsonObject]] = defaultdict(list)
    for one in rows:
        found[_key(one.get(column))].append(one)
    return found


def _key(value: Json) -> str | None:
    return value if isinstance(value, str) else None
