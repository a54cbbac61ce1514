"""Organisations as messages name them, and as the register knows them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from consent.fhir.concordance import ODS, ORGANISATION
from core.vocabulary import Json, JsonObject
from gateway.policy.register_values import Registers
from gateway.referrals.bars.elements import identifiers
from gateway.referrals.bars.errors import NotTakenError
from gateway.referrals.bars.names import Code

_PATH: Final = "Organization.identifier"


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation. identifier: its ODS code where it has one, else our id of it."""

    id: str
    identifier: Code
    title: str


Parties = Mapping[str, Party]
"""Organisation -> how it is named."""


def parties_of(registers: Registers) -> Parties:
    """All organisations of the register."""
    return {
        one.id: Party(one.id, (ODS, one.ods_code) if one.ods_code else (ORGANISATION, one.id), one.title)
        for one in registers.organisations.values()
    }


def read_party(organisation: JsonObject, parties: Parties, what: str) -> str:
    """Our id of an organisation. what: the element that names it."""
    by_code = {_key(one.identifier): one.id for one in parties.values()}
    by_code |= {(ORGANISATION, one): one for one in parties}
    for _, code in identifiers(organisation, "Organization"):
        if _key(code) in by_code:
            return by_code[_key(code)]
    raise NotTakenError(
        _PATH, f"of {what}: name it by its ODS code, or by {ORGANISATION} and its id of GET /v1/organisations"
    )


def write_party(party: Party) -> dict[str, Json]:
    """The Organization."""
    system, value = party.identifier
    return {
        "resourceType": "Organization",
        "identifier": [{"system": system, "value": value}],
        "name": party.title,
    }


def _key(code: Code) -> Code:
    # BaRS writes .../id/..., the rest of the NHS .../Id/...: the same register.
    system, value = code
    return (ODS, value.strip()) if system.casefold() == ODS.casefold() else code
