"""Where each record's row is, and which rows cannot be used: all that stays in memory of a dropped file (promise 6).

A reference is kept as a keyed digest, a row as its place: no name, number or content. Every row is read with the whole
mapping once, so that a row which would mislead is known before anybody asks for it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from nhs_number.validate import is_valid

from adapters.assembly import Assembly
from adapters.contract import Quarantine
from adapters.converters import Raw, plain
from adapters.records import Record, RecordMap, by_name
from adapters.tabular.files import ROWS_MAXIMUM, FileError, Row, Table
from core.sections import SectionSchema

_KEY: Final = secrets.token_bytes(32)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table looks like and means.

    headings: number of the row with the column names. required: columns that every usable row fills. nhs_numbers:
    columns that hold a valid NHS number or nothing.
    """

    headings: int
    required: tuple[str, ...]
    nhs_numbers: tuple[str, ...]
    records: RecordMap

    def columns(self) -> frozenset[str]:
        """The columns that there must be."""
        named = (self.records.reference, self.records.as_of, *self.required, *self.nhs_numbers)
        return frozenset(name for name in named if name) | self.records.keys(self.records.all_fields())


@dataclass(slots=True)
class Index:
    """What is known of one file.

    positions: column -> its place in a row, of the needed columns. width: cells of a whole row. places: digest of a
    reference -> place of its row. unusable: digest -> why nothing is served. set_aside: row number -> why.
    """

    positions: Mapping[str, int]
    width: int
    places: dict[bytes, int] = field(default_factory=dict)
    unusable: dict[bytes, Quarantine] = field(default_factory=dict)
    set_aside: dict[int, Quarantine] = field(default_factory=dict)

    def record(self, cells: Sequence[Raw]) -> Record:
        """The needed columns of a row."""
        return {name: cells[at] for name, at in self.positions.items() if at < len(cells)}


def digest(reference: str) -> bytes:
    """What is kept of a reference: 16 bytes that mean nothing outside this process."""
    return hashlib.blake2b(reference.encode(), key=_KEY, digest_size=16).digest()


def build(path: Path, table: Table, layout: Layout, schemas: Mapping[str, SectionSchema]) -> Index:
    """Read the whole file once. Raises `FileError` where it is not the file that the mapping is about, OSError."""
    rows = table.rows(path)
    found = _headings(rows, layout)
    first_rows: dict[bytes, tuple[Row, bytes]] = {}
    for row in rows:
        if row.number > ROWS_MAXIMUM:
            raise FileError("the file has too many rows")
        record = found.record(row.cells)
        reference = digest(_reference(record, layout) or "")
        problem = _problem(row, record, found, layout, schemas)
        content = digest(repr([plain(value) for value in record.values()])) if not problem else b""
        earlier, told = first_rows.setdefault(reference, (row, content))
        if not problem and (told != content or reference in found.unusable):
            problem = "another row has the same reference and says something else"
            _set_aside(found, reference, earlier.number, problem)
        if problem:
            _set_aside(found, reference, row.number, problem)
        else:
            found.places.setdefault(reference, row.place)
    return found


def reference_of(record: Record, layout: Layout) -> bytes:
    """The digest of a record's own id."""
    return digest(_reference(record, layout) or "")


def _reference(record: Record, layout: Layout) -> str | None:
    return plain(record.get(layout.records.reference))


def _headings(rows: Iterator[Row], layout: Layout) -> Index:
    """The columns, from the row with their names; the rows above it are passed over."""
    for row in rows:
        if row.number >= layout.headings:
            names = [str(cell).strip() if cell is not None else "" for cell in row.cells]
            if any(names.count(name) != 1 for name in layout.columns()):
                raise FileError("a column of the mapping is missing or stands twice")
            return Index({name: names.index(name) for name in sorted(layout.columns())}, len(names))
    raise FileError("the file has no column names")


def _set_aside(found: Index, reference: bytes, number: int, problem: str) -> None:
    quarantine = found.set_aside.setdefault(number, Quarantine(f"row {number}", problem))
    found.places.pop(reference, None)
    found.unusable.setdefault(reference, quarantine)


def _problem(
    row: Row, record: Record, found: Index, layout: Layout, schemas: Mapping[str, SectionSchema]
) -> str:
    """The first thing that is wrong with a row, "" for a usable one. Names columns, never what stands in them."""
    if row.problem:
        return row.problem
    if row.whole and len(row.cells) < found.width:
        return "the row ends before its last column"
    if any(cell not in {None, ""} for cell in row.cells[found.width :]):
        return "the row has more cells than there are columns"
    for name in (layout.records.reference, *layout.required):
        if record.get(name) is None or not str(record.get(name)).strip():
            return f"{name} is empty"
    for name in layout.nhs_numbers:
        number = (plain(record.get(name)) or "").replace(" ", "")
        if number and not is_valid(number):
            return f"{name} fails its check digit"
    out = Assembly("", layout.records.all_fields(), schemas)
    layout.records.read(record, by_name, layout.records.all_fields(), out, _EPOCH)
    return next((f"{wrong.where}: {wrong.reason}" for wrong in out.answer().quarantined), "")
