"""What the council's housing API answers, without any HTTP: bodies in, bytes out, blocks serialised once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import orjson

from adapters.sandbox.housing_records import BLOCKS, Block, blocks, surplus
from adapters.sandbox.person import Person
from core.vocabulary import JsonObject

T = TypeVar("T")

_REMEMBERED: Final = 20_000


class QueryError(ValueError):
    """A question that has no answer. code and status: what the API says; never anything of the record."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class _Resident:
    head: bytes
    blocks: Mapping[str, Block]
    surplus: Mapping[str, Block]
    serialised: Mapping[str, bytes]


class HousingStore:
    """The council's records by person reference, tenancy reference and UPRN."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._residents: dict[str, _Resident] = {}
        self._tenancies: dict[str, JsonObject] = {}
        self._properties: dict[str, JsonObject] = {}
        self._repairs: dict[str, tuple[JsonObject, ...]] = {}
        self._remembered: dict[bytes, bytes] = {}
        for person in people:
            record = person.council
            if record is None:
                continue
            found = blocks(person, record)
            as_at = record.updated.strftime("%d/%m/%Y %H:%M")
            head = orjson.dumps({"personReference": record.reference, "asAt": as_at})[:-1]
            serialised = {name: _member(name, block) for name, block in found.items()}
            self._residents[record.reference] = _Resident(head, found, surplus(person, record), serialised)
            self._keep(person.address.uprn, found)

    def _keep(self, uprn: str, found: Mapping[str, Block]) -> None:
        match found:
            case {"property": dict() as dwelling, "tenancy": letting, "repairs": tuple() as jobs}:
                self._properties[uprn] = dwelling
                if isinstance(letting, dict):
                    self._tenancies[letting["tenancyRef"]] = letting
                    self._repairs[letting["tenancyRef"]] = jobs

    def query(self, body: bytes, *, excess: bool = False) -> bytes:
        """Answer `POST /v1/residents/query`; raises QueryError."""
        known = None if excess else self._remembered.get(body)
        if known is not None:
            return known
        reference, include, fields = _parse(body)
        resident = self._residents.get(reference)
        if resident is None:
            raise QueryError("resident-not-found", 404)
        if excess:
            members = [_member(name, block) for name, block in resident.surplus.items()]
        else:
            members = [
                _member(name, _selected(resident.blocks[name], fields[name]))
                if name in fields
                else resident.serialised[name]
                for name in include
            ]
        answer = b"".join((resident.head, *members, b"}"))
        if not excess:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            self._remembered[body] = answer
        return answer

    def tenancy(self, reference: str, fields: str) -> bytes:
        """Answer `GET /v1/tenancies/{reference}`; raises QueryError."""
        return orjson.dumps(
            _selected(_known(self._tenancies, reference, "tenancy-not-found"), _names(fields))
        )

    def property_of(self, uprn: str, fields: str) -> bytes:
        """Answer `GET /v1/properties/{uprn}`; raises QueryError."""
        return orjson.dumps(_selected(_known(self._properties, uprn, "property-not-found"), _names(fields)))

    def repairs(self, tenancy: str, fields: str) -> bytes:
        """Answer `GET /v1/repairs?tenancy=`; raises QueryError."""
        jobs = _known(self._repairs, tenancy, "tenancy-not-found")
        return orjson.dumps({"repairs": _selected(jobs, _names(fields))})


def _known(held: Mapping[str, T], key: str, code: str) -> T:
    found = held.get(key)
    if found is None:
        raise QueryError(code, 404)
    return found


def _names(fields: str) -> frozenset[str] | None:
    return frozenset(name.strip() for name in fields.split(",") if name.strip()) or None


def _parse(body: bytes) -> tuple[str, tuple[str, ...], Mapping[str, frozenset[str]]]:
    """Reference, blocks in the order asked (once each), wanted fields by block; raises QueryError."""
    try:
        asked = orjson.loads(body)
    except ValueError:
        raise QueryError("not-json") from None
    match asked:
        case {"reference": str() as reference, "include": list() as include, **others}:
            pass
        case _:
            raise QueryError("reference-and-include-wanted")
    if not all(name in BLOCKS for name in include):
        raise QueryError("unknown-block")
    fields = others.get("fields", {})
    if not isinstance(fields, dict) or not all(isinstance(names, list) for names in fields.values()):
        raise QueryError("fields-by-block-wanted")
    wanted = {str(block): frozenset(map(str, names)) for block, names in fields.items()}
    return reference, tuple(dict.fromkeys(include)), wanted


def _selected(block: Block, names: frozenset[str] | None) -> Block:
    """The wanted fields of a block, or of each item of a list."""
    if names is None or block is None:
        return block
    if isinstance(block, Mapping):
        return {name: value for name, value in block.items() if name in names}
    return tuple({name: value for name, value in item.items() if name in names} for item in block)


def _member(name: str, block: Block) -> bytes:
    """A block as it stands inside the answer's object: a comma, its name and its value."""
    return b"," + orjson.dumps(name) + b":" + orjson.dumps(block)
