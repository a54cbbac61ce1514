"""Declarative mappings: how one kind of record (a row, a JSON document) becomes section fields, said as data.

A mapping document (JSON) is read once into a `RecordMap`; a mistake in it is a `MappingError` at the start, never a
surprise with somebody's record. Its `fields` name `section.field` and say where the value is and how it is converted
(converters.py):

    "tenancy.start_date": {"from": "tenancy.commencementDate", "as": "day"}
    "tenancy.tenancy_type": {"from": "tenancy.tenancyTypeCode", "as": "code", "codes": {"SEC": "secure"}}

and for lists of objects what makes an item: `each` object of an array (`unless` a code leaves it out), the parts of a
text (`parted`: items by `;`, values by `|`, keys "0", "1", ...), numbered columns (`numbered: [2, 8]` with `{n}` in
the keys), or else the record itself:

    "home-condition.open_repairs": {"each": "repairs", "unless": {"jobStatusCode": ["CMP"]}, "item": {...}}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, TypeAlias

from adapters.assembly import Assembly, UnusableError
from adapters.contract import Wanted
from adapters.converters import CONVERTERS, Codes, Converter, Raw, plain
from adapters.reading import child, string, strings
from core.errors import OnceToldError
from core.sections import SectionSchema
from core.vocabulary import Json, JsonObject

Record: TypeAlias = Mapping[str, Raw]
Get: TypeAlias = Callable[[Record, str], Raw]
"""How a key is looked up in a record: by name in a row, by dotted path in a document."""

_MOMENT: Final = re.compile(r"(\d{2})/(\d{2})/(\d{4})(?: (\d{2}):(\d{2}))?")


class MappingError(OnceToldError):
    """A mapping document says something that cannot be done; the message names the part."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One value: the keys it is made of, and how."""

    keys: tuple[str, ...]
    convert: Converter
    codes: Codes

    def read(self, record: Record, get: Get) -> Json:
        """The value, None where there is none. Raises `UnusableError`."""
        return self.convert([get(record, key) for key in self.keys], self.codes)


ItemRules: TypeAlias = tuple[tuple[str, Rule], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of objects. array, text: the key of what is divided into items ("" for neither); rows: the rules of an
    item, one set for each item where the record itself is read; unless: key -> codes that leave an item out.
    """

    array: str
    text: str
    rows: tuple[ItemRules, ...]
    unless: Mapping[str, frozenset[str]]

    def keys(self) -> frozenset[str]:
        """The keys of the record that the items are made of."""
        divided = self.array or self.text
        if self.text:
            return frozenset({self.text})
        inner = (
            frozenset(key for rules in self.rows for _, rule in rules for key in rule.keys)
            | self.unless.keys()
        )
        return frozenset(f"{divided}.{key}" for key in inner) if divided else inner

    def read(self, record: Record, get: Get) -> Iterator[tuple[Record, Get, ItemRules]]:
        """What each item is to be read from."""
        if self.array:
            for item in _objects(get(record, self.array)):
                if not any(plain(item.get(key)) in codes for key, codes in self.unless.items()):
                    yield item, by_name, self.rows[0]
        elif self.text:
            for part in (plain(get(record, self.text)) or "").split(";"):
                yield {str(at): value for at, value in enumerate(part.split("|"))}, by_name, self.rows[0]
        else:
            for rules in self.rows:
                yield record, get, rules


_WantedKey: TypeAlias = frozenset[tuple[str, frozenset[str]]]
_Chosen: TypeAlias = tuple[str, str, "Rule | Items", bool]
"""Section, field, how it is read, and whether the field is a list."""


@dataclass(frozen=True, slots=True)
class RecordMap:
    """A mapping, compiled. reference: the key of the record's own id; as_of: the key of its time, "" for none."""

    reference: str
    as_of: str
    fields: Mapping[tuple[str, str], Rule | Items]
    list_fields: frozenset[tuple[str, str]]
    # What is wanted depends on agreements and wishes, so there are few of them, and each is chosen once.
    _chosen: Callable[[_WantedKey], tuple[_Chosen, ...]] = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_chosen", lru_cache(maxsize=1024)(self._choose))

    @property
    def sections(self) -> frozenset[str]:
        """The sections that the mapping can fill."""
        return frozenset(section for section, _ in self.fields)

    def all_fields(self) -> Wanted:
        """Everything that the mapping can fill."""
        return {name: frozenset(field for at, field in self.fields if at == name) for name in self.sections}

    def keys(self, wanted: Wanted) -> frozenset[str]:
        """The keys that the wanted fields are made of; id and time are not among them."""
        found: set[str] = set()
        for _, _, rule, _ in self._chosen(frozenset(wanted.items())):
            found.update(rule.keys() if isinstance(rule, Items) else rule.keys)
        return frozenset(found)

    def read(self, record: Record, get: Get, wanted: Wanted, out: Assembly, as_of: datetime) -> None:
        """Put the wanted fields of the record into the assembly; what cannot be read is quarantined under its key."""
        for section, field, rule, is_list in self._chosen(frozenset(wanted.items())):
            if isinstance(rule, Items):
                for item, item_get, rules in rule.read(record, get):
                    value = _item(item, item_get, rules, out)
                    if value:
                        out.add(section, section, field, value, as_of)
                continue
            value_read = _value(rule, record, get, out)
            for one in value_read if is_list and isinstance(value_read, list) else (value_read,):
                out.add(section, section, field, one, as_of)

    def _choose(self, wanted: _WantedKey) -> tuple[_Chosen, ...]:
        return tuple(
            (section, field, self.fields[section, field], (section, field) in self.list_fields)
            for section, names in sorted(wanted)
            for field in sorted(names)
            if (section, field) in self.fields
        )


def by_name(record: Record, key: str) -> Raw:
    """Look a key up in a flat record."""
    return record.get(key)


@lru_cache(maxsize=4096)
def _parts(path: str) -> tuple[str, ...]:
    """The parts of a mapping's own dotted path; never a value of a record."""
    return tuple(path.split("."))


def by_path(record: Record, key: str) -> Raw:
    """Look a dotted path up in a document; None where it leads nowhere."""
    value: Raw = None
    found: Record = record
    for part in _parts(key):
        value = found.get(part)
        found = value if isinstance(value, dict) else {}
    return value


def moment(raw: Raw, otherwise: datetime) -> datetime:
    """When a record was true: dd/mm/yyyy with or without hh:mm, ISO 8601, or a spreadsheet's own; UTC by default."""
    text = plain(raw)
    british = _MOMENT.fullmatch(text or "")
    try:
        if british is not None:
            day, month, year, hour, minute = (int(part or 0) for part in british.groups())
            found = datetime(year, month, day, hour, minute, tzinfo=UTC)
        else:
            found = datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def compile_map(document: JsonObject, schemas: Mapping[str, SectionSchema]) -> RecordMap:
    """Read a mapping document. Raises `MappingError`."""
    reference = string(document, "reference")
    if reference is None:
        raise MappingError("a mapping names the key of the record's own id as `reference`")
    fields: dict[tuple[str, str], Rule | Items] = {}
    for name in child(document, "fields"):
        section, _, field = name.partition(".")
        if section not in schemas or field not in schemas[section].fields:
            raise MappingError(f"{name} is no field of a published section")
        fields[section, field] = _compile_field(name, child(child(document, "fields"), name))
    lists = frozenset((section, field) for section, field in fields if field in schemas[section].list_fields)
    return RecordMap(reference, string(document, "as_of") or "", fields, lists)


def _compile_field(name: str, said: JsonObject) -> Rule | Items:
    item = child(said, "item")
    if not item:
        return _compile_rule(name, said, "")
    numbers = said.get("numbered")
    rows: Sequence[str] = ("",)
    if isinstance(numbers, list):
        match numbers:
            case [int() as first, int() as last] if 0 <= first <= last <= 99:
                rows = [str(number) for number in range(first, last + 1)]
            case _:
                raise MappingError(f"{name}: `numbered` is the first and the last number")
    return Items(
        array=string(said, "each") or "",
        text=string(said, "parted") or "",
        rows=tuple(
            tuple((key, _compile_rule(f"{name}.{key}", child(item, key), number)) for key in item)
            for number in rows
        ),
        unless={key: frozenset(strings(child(said, "unless"), key)) for key in child(said, "unless")},
    )


def _compile_rule(name: str, said: JsonObject, number: str) -> Rule:
    one = string(said, "from")
    keys = (one,) if one is not None else tuple(strings(said, "from"))
    converter = CONVERTERS.get(string(said, "as") or "text")
    if not keys or converter is None:
        raise MappingError(f"{name}: `from` names keys and `as` one of {', '.join(CONVERTERS)}")
    return Rule(tuple(key.replace("{n}", number) for key in keys), converter, child(said, "codes"))


def _objects(value: Raw) -> Iterator[Record]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield item


def _item(record: Record, get: Get, rules: ItemRules, out: Assembly) -> dict[str, Json]:
    found = {name: _value(rule, record, get, out) for name, rule in rules}
    return {name: value for name, value in found.items() if value is not None}


def _value(rule: Rule, record: Record, get: Get, out: Assembly) -> Json:
    try:
        return rule.read(record, get)
    except UnusableError as error:
        out.quarantine(rule.keys[0], str(error))
        return None
