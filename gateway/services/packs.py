"""Evidence packs and searches as files, served to officers: their own organisation's entries, told of in the log first.

What a file opens of an entry is what `gateway.exporting.officers_may_open` allows, as at the command line. Which entries it
holds is settled by the search's own index, so a small choice is quick in a long log, and too large a one is known at once.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import orjson

from audit.console.packs_ports import PACK_MOST, ROWS_MOST, NotPacked, RowsAs
from audit.console.ports import Filters, Officer
from audit.errors import VerificationError
from audit.export.rows import Selection
from audit.export.table import inert, line
from audit.reader import LogReader, Query, StoredEntry
from core.clock import Clock
from core.times import from_ms, to_ms
from core.vocabulary import Json
from gateway.exporting import OUTCOME, Exports, officers_may_open
from gateway.policy.uk_days import end_of_day, start_of_day
from gateway.services.entries import INDEX_MAXIMUM, detail_of, opened, text
from gateway.services.noting import Noting
from gateway.views.record import is_code

FORMAT: Final = "search-export/v1"
COLUMNS: Final = ("index", "time", "kind", "outcome", "recipient", "role", "purpose", "person")

_NOTHING: Final = "Nothing was found. Choose other days or fewer filters."
_NOT_OURS: Final = "Your organisation has no entry of that number."
_UNPROVEN: Final = "The log cannot prove these entries now. Tell the log's keeper."
_TOO_MUCH: Final = (
    "That would be more than 2,000 entries. Choose fewer days or more filters, or ask the log's keeper."
)
_TOO_LONG: Final = "That would be more than 5,000 lines. Choose fewer days or more filters."


@dataclass(frozen=True, slots=True)
class Packs:
    """Implements `audit.console.packs_ports.PackServices`."""

    reader: LogReader
    exports: Exports
    noting: Noting
    clock: Clock
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1), compare=False, repr=False)
    """One pack at a time: its proofs and signatures take seconds of the processor that looks need too."""

    async def pack(self, officer: Officer, filters: Filters, index: int | None) -> bytes:
        """See `PackServices.pack`."""
        if index is None:
            places = await asyncio.to_thread(self._places, officer.organisation, filters)
        else:
            places = await asyncio.to_thread(self._one, officer.organisation, index)
            if not places:
                await self.noting.note(officer, "refused", {"entry": min(index, INDEX_MAXIMUM)})
                raise NotPacked(_NOT_OURS, "entry")
        told: dict[str, Json] = {"format": "pack", "entries": len(places), "entry": index, **_told(filters)}
        await self.noting.note(officer, OUTCOME, told)
        about = ", ".join(_words(officer.organisation, filters, index))
        async with self.turn:
            return await asyncio.to_thread(self._packed, officer.organisation, places, about)

    async def rows(self, officer: Officer, filters: Filters, form: RowsAs) -> str:
        """See `PackServices.rows`."""
        found = await asyncio.to_thread(self._found, officer.organisation, filters, ROWS_MOST + 1)
        if len(found) > ROWS_MOST:
            raise NotPacked(_TOO_LONG)
        await self.noting.note(officer, OUTCOME, {"format": form, "entries": len(found), **_told(filters)})
        head: dict[str, Json] = {
            "oncetold": FORMAT,
            "organisation": officer.organisation,
            "filters": _told(filters),
            "made": self.clock.now().isoformat(timespec="seconds"),
            "entries": len(found),
        }
        return await asyncio.to_thread(self._csv if form == "csv" else self._ndjson, head, found)

    def _places(self, organisation: str, filters: Filters) -> tuple[int, ...]:
        """Where the entries stand; raises `NotPacked` for none and for too many."""
        found = self._found(organisation, filters, PACK_MOST + 1)
        if len(found) > PACK_MOST:
            raise NotPacked(_TOO_MUCH)
        if not found:
            raise NotPacked(_NOTHING)
        return tuple(one.index for one in found)

    def _one(self, organisation: str, index: int) -> tuple[int, ...]:
        ours = index <= INDEX_MAXIMUM and self.reader.concerns(index, organisation)
        return (index,) if ours else ()

    def _found(self, organisation: str, filters: Filters, limit: int) -> tuple[StoredEntry, ...]:
        query = Query(
            organisation=organisation,
            kind=filters.kind,
            outcome=filters.outcome,
            purpose=filters.purpose,
            text=filters.text,
            from_ms=None if filters.from_day is None else to_ms(start_of_day(filters.from_day)),
            until_ms=None if filters.to_day is None else to_ms(end_of_day(filters.to_day)),
            limit=limit,
        )
        code = filters.text.upper()
        return self.reader.search(replace(query, text="", code=code) if is_code(code) else query)

    def _packed(self, organisation: str, places: tuple[int, ...], about: str) -> bytes:
        out = io.BytesIO()
        selection = Selection(organisation=organisation, among=places)
        try:
            self.exports.pack(out, selection, officers_may_open, about)
        except VerificationError as error:
            raise NotPacked(_UNPROVEN) from error
        return out.getvalue()

    def _csv(self, head: dict[str, Json], found: tuple[StoredEntry, ...]) -> str:
        told = "; ".join(f"{name} {value}" for name, value in _flat(head) if value is not None)
        return (
            line((f"# {told}",))
            + line(COLUMNS)
            + "".join(line(tuple(inert(str(cell)) for cell in self._cells(one))) for one in found)
        )

    def _ndjson(self, head: dict[str, Json], found: tuple[StoredEntry, ...]) -> str:
        lines = [head, *(dict(zip(COLUMNS, self._cells(one), strict=True)) for one in found)]
        return "".join(orjson.dumps(one).decode() + "\n" for one in lines)

    def _cells(self, one: StoredEntry) -> tuple[int | str, ...]:
        at = from_ms(one.at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        person = text(detail_of(opened(self.reader, one)).get("person"))
        return (
            one.index,
            at,
            one.kind,
            one.outcome,
            one.recipient or "",
            one.role or "",
            one.purpose or "",
            person,
        )


def _told(filters: Filters) -> dict[str, Json]:
    """The filters for the log and for a file's first line: of free text only that there was one, since it may be a name."""
    code = filters.text.upper()
    return {
        "kind": filters.kind,
        "outcome": filters.outcome,
        "purpose": filters.purpose,
        "from": _day(filters.from_day),
        "to": _day(filters.to_day),
        "person": code if is_code(code) else None,
        "text": bool(filters.text) and not is_code(code),
    }


def _flat(head: dict[str, Json]) -> list[tuple[str, Json]]:
    told = head["filters"]
    filters = list(told.items()) if isinstance(told, dict) else []
    return [(name, value) for name, value in head.items() if name != "filters"] + filters


def _words(organisation: str, filters: Filters, index: int | None) -> list[str]:
    if index is not None:
        return [organisation, f"entry {index}"]
    told = _told(filters)
    return [organisation, *(f"{name} {value}" for name, value in told.items() if value)]


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
