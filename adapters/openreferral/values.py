"""A service as the directory tells of it: frozen values, and what was refused on the way to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """HSDS `service.status`."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


@dataclass(frozen=True, slots=True)
class Identifier:
    """What an organisation is called in a register. scheme: of org-id.guide or of our own (docs/directory.md)."""

    scheme: str
    value: str


@dataclass(frozen=True, slots=True)
class Provider:
    """The organisation that provides a service (HSDS `organization`)."""

    id: str
    name: str
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """What a service is about (HSDS `attribute` with its `taxonomy_term`). taxonomy: its name.

    code: the term's own; of a theme of ours, which Open Referral UK writes by `term_uri`, the theme; else the term's id.
    """

    code: str
    name: str
    taxonomy: str | None = None


@dataclass(frozen=True, slots=True)
class Eligibility:
    """For whom a service is. Ages in years, both ends included; None where it says nothing."""

    minimum_age: int | None = None
    maximum_age: int | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a service is offered (HSDS physical `location` with its `address`)."""

    name: str | None
    address: str | None
    town: str | None
    postcode: str | None


@dataclass(frozen=True, slots=True)
class Service:
    """One service. areas: the names of the areas that it serves. places: where it is; none where it must not be found.

    Contact details are the service's own. Names of people that a directory publishes are left out.
    """

    id: str
    name: str
    status: Status
    description: str | None = None
    url: str | None = None
    email: str | None = None
    telephone: str | None = None
    provider: Provider | None = None
    terms: tuple[Term, ...] = ()
    eligibility: Eligibility = Eligibility()
    areas: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that does not fit. file: its name in the folder, or the path in the feed. record: kind and id.

    field: of the record; empty for the record as a whole. reason: what is wrong, with nothing of what stood there.
    """

    file: str
    record: str
    field: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.record}.{self.field}" if self.field else self.record
        return f"{self.file}: {where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ServiceDirectory:
    """All that was read: services by id, in the order of their names; and what was refused."""

    services: Mapping[str, Service]
    quarantined: tuple[Quarantined, ...] = ()


EMPTY = ServiceDirectory({})
