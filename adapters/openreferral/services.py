"""From an HSDS service record with all that is nested in it to a `Service`. Pure.

What is wrong with the service itself refuses the service; what is wrong with a record nested in it (a telephone, a location,
a term) refuses that one, and the service is told of without it. Each refusal names file, record and field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from adapters.openreferral.elements import (
    FieldError,
    age,
    child,
    children,
    email,
    identity,
    needed,
    telephone,
    text,
    web_address,
)
from adapters.openreferral.values import (
    Eligibility,
    Identifier,
    Place,
    Provider,
    Quarantined,
    Service,
    Status,
    Term,
)
from core.vocabulary import JsonObject

Read = TypeVar("Read")
THEME: Final = "urn:oncetold:theme:"
"""How a term says that it is a theme of ours."""
_UNNAMED: Final = "?"


@dataclass(slots=True)
class Refusals:
    """Where refusals of one file are gathered."""

    file: str
    found: list[Quarantined] = field(default_factory=list)

    def attempt(self, kind: str, record: JsonObject, read: Callable[[JsonObject], Read]) -> Read | None:
        """What `read` makes of the record; None, and a refusal noted, where it does not fit."""
        try:
            return read(record)
        except FieldError as error:
            self.note(kind, record, error.field, error.reason)
            return None

    def note(self, kind: str, record: JsonObject, name: str, reason: str) -> None:
        """Note a refusal. A record is named by its id only where that is one: it could be anything else."""
        try:
            named = identity(record)
        except FieldError:
            named = _UNNAMED
        self.found.append(Quarantined(self.file, f"{kind} {named}", name, reason))


def read_service(record: JsonObject, refusals: Refusals) -> Service | None:
    """The service; None where it was refused."""
    return refusals.attempt("service", record, lambda one: _service(one, refusals))


def read_service_at_location(record: JsonObject, refusals: Refusals) -> Service | None:
    """The service of a `service_at_location` record, with that location; None where it tells of none."""

    def read(one: JsonObject) -> Service | None:
        service = child(one, "service")
        if service is None:
            return None
        here = {"id": identity(one), "location": child(one, "location")}
        return read_service({**service, "service_at_locations": [here]}, refusals)

    return refusals.attempt("service_at_location", record, read)


def _service(record: JsonObject, refusals: Refusals) -> Service:
    organisation = child(record, "organization")
    phones = list(_phones(record, refusals))
    terms = list(_terms(record, refusals))
    return Service(
        id=identity(record),
        name=needed(record, "name"),
        status=_status(record),
        description=text(record, "description"),
        url=web_address(record, "url"),
        email=email(record, "email"),
        telephone=phones[0] if phones else None,
        provider=None
        if organisation is None
        else refusals.attempt("organization", organisation, lambda one: _provider(one, refusals)),
        terms=tuple(dict.fromkeys(term for term, who in terms if not who)),
        eligibility=_eligibility(record, [term.name for term, who in terms if who]),
        areas=tuple(dict.fromkeys(_areas(record, refusals))),
        places=tuple(dict.fromkeys(_places(record, refusals))),
    )


def _status(record: JsonObject) -> Status:
    try:
        return Status(needed(record, "status"))
    except ValueError:
        known = ", ".join(Status)
        raise FieldError("status", f"one of {known} is expected") from None


def _provider(record: JsonObject, refusals: Refusals) -> Provider:
    identifiers = (
        refusals.attempt("organization_identifier", one, _identifier)
        for one in children(record, "organization_identifiers")
    )
    return Provider(
        identity(record), needed(record, "name"), tuple(one for one in identifiers if one is not None)
    )


def _identifier(record: JsonObject) -> Identifier:
    identity(record)
    scheme = text(record, "identifier_scheme", 300) or needed(record, "identifier_type")
    return Identifier(scheme, needed(record, "identifier"))


def _eligibility(record: JsonObject, groups: list[str]) -> Eligibility:
    """groups: who is named by a term; Open Referral UK has no text of its own for it."""
    lowest, highest = age(record, "minimum_age"), age(record, "maximum_age")
    if lowest is not None and highest is not None and lowest > highest:
        raise FieldError("maximum_age", "it is below minimum_age")
    words = text(record, "eligibility_description") or "; ".join(dict.fromkeys(groups)) or None
    return Eligibility(lowest, highest, words)


def _phones(record: JsonObject, refusals: Refusals) -> Iterator[str]:
    """The service's own numbers first, then those of its contacts."""
    contacts = (
        one for one in children(record, "contacts") if refusals.attempt("contact", one, identity) is not None
    )
    for holder in (record, *contacts):
        for one in children(holder, "phones"):
            found = refusals.attempt("phone", one, _number)
            if found is not None:
                yield found


def _number(record: JsonObject) -> str:
    identity(record)
    found = telephone(record, "number")
    if found is None:
        raise FieldError("number", "it is required and missing")
    return found


def _terms(record: JsonObject, refusals: Refusals) -> Iterator[tuple[Term, bool]]:
    """Each term, and whether it says for whom the service is."""
    for attribute in children(record, "attributes"):
        linked = refusals.attempt("attribute", attribute, _linked)
        if linked is None:
            continue
        term, link = linked
        found = None if term is None else refusals.attempt("taxonomy_term", term, _term)
        if found is not None:
            yield found, "eligib" in link.lower()


def _linked(record: JsonObject) -> tuple[JsonObject | None, str]:
    identity(record)
    return child(record, "taxonomy_term"), text(record, "link_type", 300) or ""


def _term(record: JsonObject) -> Term:
    named = identity(record)
    uri = text(record, "term_uri", 2_000) or ""
    theme = uri.removeprefix(THEME) if uri.startswith(THEME) else None
    code = text(record, "code", 300) or theme or named
    return Term(code, needed(record, "name"), text(record, "taxonomy", 300))


def _areas(record: JsonObject, refusals: Refusals) -> Iterator[str]:
    for area in children(record, "service_areas"):
        found = refusals.attempt("service_area", area, _area)
        if found is not None:
            yield found


def _area(record: JsonObject) -> str | None:
    identity(record)
    return text(record, "name", 2_000) or text(record, "service_area", 2_000)


def _places(record: JsonObject, refusals: Refusals) -> Iterator[Place]:
    for at in children(record, "service_at_locations"):
        location = refusals.attempt("service_at_location", at, _location_of)
        found = (
            None
            if location is None
            else refusals.attempt("location", location, lambda one: _place(one, refusals))
        )
        if found is not None:
            yield found


def _location_of(record: JsonObject) -> JsonObject | None:
    identity(record)
    return child(record, "location")


def _place(record: JsonObject, refusals: Refusals) -> Place | None:
    identity(record)
    kind = needed(record, "location_type")
    if kind not in {"physical", "postal", "virtual"}:
        raise FieldError("location_type", "one of physical, postal, virtual is expected")
    if kind != "physical":
        # Nobody can go there.
        return None
    name = text(record, "name", 2_000)
    addresses = (
        refusals.attempt("address", one, lambda found: _address(found, name))
        for one in children(record, "addresses")
    )
    return next((one for one in addresses if one is not None), Place(name, None, None, None))


def _address(record: JsonObject, name: str | None) -> Place:
    identity(record)
    lines = (text(record, "address_1", 300), text(record, "address_2", 300))
    return Place(
        name=name,
        address=", ".join(one for one in lines if one is not None) or None,
        town=text(record, "city", 300),
        postcode=text(record, "postal_code", 20),
    )
