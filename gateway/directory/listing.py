"""The directory of a running gateway: loaded at its start, joined to the register of organisations when it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from adapters.openreferral.folder import read_directory
from adapters.openreferral.values import EMPTY, Quarantined, Service, ServiceDirectory
from gateway.directory.searching import Entry, Question, entry_of, search
from gateway.policy.register_values import Organisation, Registers

ORGANISATION: Final = "urn:oncetold:organisation"
ODS_SCHEMES: Final = frozenset({"https://fhir.nhs.uk/Id/ods-organization-code", "GB-NHS"})
"""How an ODS code is marked: in FHIR, and by org-id.guide."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A service as it is told. organisation: whose it is, by our register; None where none of ours, or hidden."""

    service: Service
    organisation: str | None


@dataclass(frozen=True, slots=True)
class Directory:
    """All services, and what was refused on the way."""

    entries: tuple[Entry, ...]
    services: Mapping[str, Service]
    quarantined: tuple[Quarantined, ...] = ()

    def find(self, question: Question) -> list[Service]:
        """The services that fit, best first, as they were published: `listed` makes them fit to be told."""
        return search(self.entries, question)

    def may_be(self, service: str, receiver: str, registers: Registers) -> bool:
        """Whether a referral for a service may go to an organisation, as far as the directory tells.

        An empty directory tells nothing. Of a service that is none of ours, or a hidden one's, it does not tell whose it is:
        so whether it is a hidden organisation's cannot be found out by trying.
        """
        if not self.services:
            return True
        found = self.services.get(service)
        return found is not None and listed(found, registers).organisation in {None, receiver}


def directory_of(read: ServiceDirectory) -> Directory:
    """The directory that can be searched."""
    return Directory(tuple(map(entry_of, read.services.values())), read.services, read.quarantined)


NO_DIRECTORY: Final = directory_of(EMPTY)


def open_directory(path: Path | None) -> Directory:
    """The directory of a file or folder; an empty one where none is set. Reads files. Raises `DirectoryError`."""
    return directory_of(EMPTY if path is None else read_directory(path))


def listed(service: Service, registers: Registers) -> Listing:
    """A service with whose it is. Of a hidden organisation neither the register's name for it nor any place is told."""
    owner = _owner(service, registers)
    if owner is None:
        return Listing(service, None)
    if owner.hidden:
        return Listing(replace(service, places=()), None)
    return Listing(service, owner.id)


def _owner(service: Service, registers: Registers) -> Organisation | None:
    identifiers = () if service.provider is None else service.provider.identifiers
    for one in identifiers:
        if one.scheme == ORGANISATION and one.value in registers.organisations:
            return registers.organisations[one.value]
        if one.scheme in ODS_SCHEMES:
            for organisation in registers.organisations.values():
                if organisation.ods_code == one.value:
                    return organisation
    return None
