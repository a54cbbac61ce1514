"""What a JSON document of Open Referral holds: a service, a page or list of them, an organisation's, tables. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from adapters.openreferral.elements import FieldError, children
from adapters.openreferral.services import Refusals, read_service, read_service_at_location
from adapters.openreferral.tables import TABLES_ENDING, nested_services
from adapters.openreferral.values import Service
from core.vocabulary import Json, JsonObject

_PAGE: Final = "contents"
_OF_SERVICES: Final = frozenset(
    {
        "assured_date", "cost_options", "eligibility_description", "fees", "maximum_age", "minimum_age", "organization",
        "service_areas", "service_at_locations", "status",
    }
)  # fmt: skip
"""Members by which a service is known, one without its status too."""


def read_document(value: Json, refusals: Refusals) -> tuple[Service, ...]:
    """The services in a document, in its order. What is none (a taxonomy, an organisation alone) holds none."""
    return tuple(_services(value, refusals))


def is_page(value: Json) -> bool:
    """Whether it is a page of an API's list."""
    return isinstance(value, Mapping) and _PAGE in value


def fullest(services: Iterable[Service]) -> dict[str, Service]:
    """One record for each service, sorted by name and id: of several the one that tells most, the first of equals."""
    found: dict[str, Service] = {}
    for one in services:
        known = found.get(one.id)
        if known is None or _told(one) > _told(known):
            found[one.id] = one
    return {one.id: one for one in sorted(found.values(), key=lambda one: (one.name.casefold(), one.id))}


def _services(value: Json, refusals: Refusals) -> Iterator[Service]:
    if isinstance(value, Mapping):
        yield from _of_object(value, refusals)
        return
    if isinstance(value, str) or not isinstance(value, Sequence):
        refusals.note("document", {}, "", "an object or a list of objects is expected")
        return
    for one in value:
        if isinstance(one, Mapping):
            yield from _of_object(one, refusals)
        else:
            refusals.note("document", {}, "", "a list of objects is expected")


def _of_object(value: JsonObject, refusals: Refusals) -> Iterator[Service]:
    if _PAGE in value:
        for one in _nested(value, _PAGE, "page", refusals):
            yield from _of_object(one, refusals)
    elif any(name.endswith(TABLES_ENDING) for name in value):
        for one in nested_services(value, refusals):
            yield from _whole(read_service(one, refusals))
    elif "service_at_locations" not in value and "location" in value:
        yield from _whole(read_service_at_location(value, refusals))
    elif not _OF_SERVICES.isdisjoint(value):
        yield from _whole(read_service(value, refusals))
    elif "services" in value:
        # An organisation in full: its services do not repeat whose they are.
        owner = {name: one for name, one in value.items() if name != "services"}
        for one in _nested(value, "services", "organization", refusals):
            yield from _whole(read_service({"organization": owner, **one}, refusals))


def _nested(value: JsonObject, name: str, kind: str, refusals: Refusals) -> tuple[JsonObject, ...]:
    try:
        return tuple(children(value, name))
    except FieldError as error:
        refusals.note(kind, value, error.field, error.reason)
        return ()


def _whole(service: Service | None) -> Iterator[Service]:
    if service is not None:
        yield service


def _told(service: Service) -> int:
    """How much a record tells."""
    said = (service.description, service.url, service.email, service.telephone, service.provider)
    ages = (service.eligibility.minimum_age, service.eligibility.maximum_age, service.eligibility.words)
    parts = len(service.terms) + len(service.areas) + len(service.places)
    return sum(one is not None for one in (*said, *ages)) + parts
