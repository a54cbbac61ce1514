"""A `Source` over a file that an organisation drops and replaces: the file is read anew for every question."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.assembly import Assembly, UnusableError
from adapters.contract import FetchRequest, NotHeldError, Quarantine, SourceAnswer, SourceError
from adapters.converters import Raw
from adapters.reading import child, parse_object, strings
from adapters.records import MappingError, Record, by_name, compile_map, moment
from adapters.tabular.files import FileError, Table
from adapters.tabular.index import Index, Layout, build, digest, reference_of
from core.clock import Clock
from core.sections import SectionSchema

MAPPINGS: Final = Path(__file__).parent / "mappings"
_Signature = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class TabularMapping:
    """A mapping document of a table, read; `sections` are those it can fill."""

    layout: Layout

    @property
    def sections(self) -> frozenset[str]:
        """The sections that the mapping can fill."""
        return self.layout.records.sections


def load_tabular_mapping(name: str, schemas: Mapping[str, SectionSchema]) -> TabularMapping:
    """A mapping that comes with OnceTold, by name, or one of the operator's, by path. Raises `MappingError`."""
    path = Path(name) if name.endswith(".json") else MAPPINGS / f"{name}.json"
    try:
        document = parse_object(path.read_bytes())
    except OSError as error:
        raise MappingError(f"the mapping {path.name} cannot be read: {error.strerror}") from error
    if document is None:
        raise MappingError(f"the mapping {path.name} is not a JSON object")
    table = child(document, "table")
    headings = table.get("headings")
    if not isinstance(headings, int) or not 1 <= headings <= 20:
        raise MappingError(f"the mapping {path.name} says in which row (1 to 20) the column names stand")
    return TabularMapping(
        Layout(
            headings=headings,
            required=tuple(strings(table, "required")),
            nhs_numbers=tuple(strings(table, "nhs_numbers")),
            records=compile_map(document, schemas),
        )
    )


class TabularSource:
    """A `Source` over one dropped file. A fetch costs a thread's hop and one row; a workbook is read up to the row."""

    def __init__(
        self,
        source_id: str,
        sections: frozenset[str],
        path: Path,
        table: Table,
        mapping: TabularMapping,
        schemas: Mapping[str, SectionSchema],
        clock: Clock,
    ) -> None:
        self._id = source_id
        self._sections = sections
        self._path = path
        self._table = table
        self._layout = mapping.layout
        self._schemas = schemas
        self._clock = clock
        self._lock = threading.Lock()
        self._known: tuple[_Signature, Index] | None = None

    @property
    def id(self) -> str:
        """See `Source.id`."""
        return self._id

    @property
    def sections(self) -> frozenset[str]:
        """See `Source.sections`."""
        return self._sections

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """See `Source.fetch`."""
        # Only the file is looked at in the thread; what it says is mapped here, without two threads in each other's way.
        found = await asyncio.to_thread(self._look, request.reference)
        out = Assembly(self._id, request.wanted, self._schemas)
        if isinstance(found, Quarantine):
            out.quarantine(found.where, found.reason)
        else:
            as_of = moment(found.get(self._layout.records.as_of), self._clock.now())
            self._layout.records.read(found, by_name, request.wanted, out, as_of)
        return out.answer()

    async def probe(self) -> None:
        """See `Source.probe`. The file must be there and be the one that the mapping is about."""
        await asyncio.to_thread(self._index)

    async def close(self) -> None:
        """See `Source.close`."""
        self._known = None

    def quarantined(self) -> tuple[Quarantine, ...]:
        """The rows of the file that are not served, with their reasons. Blocking. Raises `SourceError`."""
        return tuple(found for _, found in sorted(self._index().set_aside.items()))

    def _look(self, reference: str) -> Record | Quarantine:
        """The needed columns of the reference's row, or why it is not served. Blocking. Raises `SourceError`."""
        wanted_row = digest(reference)
        for _ in range(2):
            index = self._index()
            unusable = index.unusable.get(wanted_row)
            if unusable is not None:
                return unusable
            place = index.places.get(wanted_row)
            if place is None:
                raise NotHeldError(self._id)
            record = index.record(self._row(place))
            if reference_of(record, self._layout) == wanted_row:
                return record
            # The file was replaced between looking and reading; the index is made anew.
            self._known = None
        raise SourceError(self._id, "malformed")

    def _row(self, place: int) -> Sequence[Raw]:
        failure = "malformed"
        try:
            return self._table.row(self._path, place)
        except OSError:
            failure = "unreachable"
        except (FileError, UnusableError):
            pass
        raise SourceError(self._id, failure)

    def _index(self) -> Index:
        """The index of the file as it is now, made anew when the file changed. One thread makes it for all."""
        failure = ""
        with self._lock:
            try:
                signature = self._signature()
                if self._known is None or self._known[0] != signature:
                    self._known = (signature, build(self._path, self._table, self._layout, self._schemas))
                return self._known[1]
            except OSError:
                failure = "unreachable"
            except FileError:
                failure = "malformed"
        raise SourceError(self._id, failure)

    def _signature(self) -> _Signature:
        found = self._path.stat()
        return (found.st_ino, found.st_size, found.st_mtime_ns)
