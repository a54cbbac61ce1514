"""Representatives' authorities, served to the officers of the organisation that wrote them down, and to nobody else.

What is shown is what the log says that the organisation did: whether there is such a person here, and whether they ended it
themselves, is told to no officer (promise 4). Writing down and ending are the API's own units of work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from audit.console.ports import Officer
from audit.console.representing_ports import PAGE, Authority, NotRecorded, Stating
from audit.entries import Kind
from audit.reader import LogReader, Query, StoredEntry
from consent.representing.values import Area, AuthorityError, Because, Capacity, Fault
from core.keys import KeyStore, MissingKeyError
from core.times import from_ms
from core.vocabulary import JsonObject
from gateway.identity.caller import Caller
from gateway.people import trace
from gateway.people.handles import Handles
from gateway.people.locator import Locator, Person
from gateway.recording_representatives import ENDED, RECORDED, RecordingRepresentatives, Stated
from gateway.services.entries import INDEX_MAXIMUM, detail_of, opened, text, texts
from gateway.services.noting import Noting
from gateway.services.representatives import AREAS, CAPACITIES, SEEN

CLIENT: Final = "console"
_LONDON: Final = ZoneInfo("Europe/London")
_BECAUSE: Final[Mapping[str, str]] = {
    "lacks-capacity": "They cannot decide this, as somebody qualified found",
    "agreed": "They can, and agreed that their attorney does too",
    "under-16": "They are under 16",
}
_GONE: Final = "There is nothing of this here any more."
_WRONG: Final[Mapping[Fault, tuple[str, str]]] = {
    "no-area": ("areas", "Choose what they decide about"),
    "born-of-no-child": ("born", "The day of birth is for a child under 16 only"),
    "ends-too-soon": ("until", "It must end after today"),
    "attorney-of-a-child": ("because", "An attorney acts for an adult"),
    "attorney-of-the-able": (
        "because",
        "An attorney for health and care acts only where the person cannot decide this",
    ),
    "deputy-of-the-able": ("because", "A deputy acts only where the person cannot decide this"),
    "deputy-without-end": ("until", "Write when the court's order ends, or is to be looked at again"),
    "parent-of-no-child": ("because", "Parental responsibility counts for a child under 16"),
    "parent-without-end": ("born", "Write the child's day of birth, or the last day on which it counts"),
    "parent-beyond-16": ("until", "It ends at the 16th birthday at the latest"),
    "own": (
        "representative",
        "This is you. Somebody else of your organisation has to see the papers and write it down",
    ),
}
"""What the rules say -> the field of the form, and the same to an officer."""


@dataclass(frozen=True, slots=True)
class OfficerRepresentatives:
    """Implements `audit.console.representing_ports.RepresentativeServices`. issuer: of the officers' sign-in."""

    reader: LogReader
    keys: KeyStore
    locator: Locator
    handles: Handles
    recording: RecordingRepresentatives
    noting: Noting
    issuer: str

    async def written(self, officer: Officer, before: int | None) -> tuple[Authority, ...]:
        """See `RepresentativeServices.written`."""
        await self.noting.note(officer, "searched", {"representatives": "written"})
        newest = None if before is None else min(before, INDEX_MAXIMUM)
        query = Query(officer.organisation, Kind.CONSENT.value, RECORDED, before=newest, limit=PAGE)
        return await asyncio.to_thread(
            lambda: tuple(self._told(officer, one) for one in self.reader.search(query))
        )

    async def one(self, officer: Officer, index: int) -> Authority | None:
        """See `RepresentativeServices.one`."""
        entry = await asyncio.to_thread(self._own, officer, index)
        if entry is None:
            await self.noting.note(officer, "refused", {"entry": min(index, INDEX_MAXIMUM)})
            return None
        await self.noting.note(officer, "opened", {"entry": index})
        return await asyncio.to_thread(self._told, officer, entry)

    async def record(self, officer: Officer, stating: Stating) -> int:
        """See `RepresentativeServices.record`."""
        stated = Stated(
            person=self._handle(officer, "person", stating.person),
            representative=self._handle(officer, "representative", stating.representative),
            capacity=Capacity(stating.capacity),
            areas=frozenset(map(Area, stating.areas)),
            because=Because(stating.because),
            until=None
            if stating.until is None
            else datetime.combine(stating.until + timedelta(days=1), time(), _LONDON),
            born=stating.born,
            seen=stating.seen,
            reference=stating.reference,
            # The form is not taken without it.
            declared=True,
        )
        if stated.person == stated.representative:
            raise NotRecorded("representative", "Nobody acts for themselves: these are the same number")
        try:
            receipt = await self.recording.record(self._caller(officer), stated, f"console:{officer.id}")
        except AuthorityError as error:
            raise NotRecorded(*_WRONG[error.fault]) from error
        return receipt.index

    async def end(self, officer: Officer, index: int) -> None:
        """See `RepresentativeServices.end`."""
        entry = await asyncio.to_thread(self._own, officer, index)
        detail = {} if entry is None else await asyncio.to_thread(self._detail, entry)
        if entry is None or not detail:
            raise NotRecorded("end", _GONE)
        if self._ended(officer.organisation, entry, detail) is not None:
            raise NotRecorded("end", "That it ended is written down already.")
        person = await asyncio.to_thread(self._person, entry)
        code, authority = text(detail.get("person")), text(detail.get("authority"))
        await self.recording.end_one(self._caller(officer), person, code, authority, f"console:{officer.id}")

    def _caller(self, officer: Officer) -> Caller:
        return Caller(
            issuer=self.issuer,
            organisation=officer.organisation,
            client=CLIENT,
            practitioner=officer.id,
            role="officer",
            scopes=frozenset({"representatives"}),
            token_id="",
            acr=None,
            expires_at=0,
        )

    def _handle(self, officer: Officer, field: str, number: str) -> str:
        try:
            return self.handles.make(officer.organisation, trace.by_nhs_number(number))
        except trace.TraceError as error:
            raise NotRecorded(field, "This is no valid NHS number: check the ten digits") from error

    def _own(self, officer: Officer, index: int) -> StoredEntry | None:
        """An entry of the officer's organisation that tells of an authority."""
        if index > INDEX_MAXIMUM or not self.reader.concerns(index, officer.organisation):
            return None
        entry = self.reader.entry(index)
        return None if entry is None or entry.outcome != RECORDED else entry

    def _person(self, entry: StoredEntry) -> Person | None:
        try:
            return self.locator.by_id(self.keys.by_tag(entry.tag).subject)
        except MissingKeyError:
            return None

    def _detail(self, entry: StoredEntry) -> JsonObject:
        return detail_of(opened(self.reader, entry))

    def _told(self, officer: Officer, entry: StoredEntry) -> Authority:
        detail = self._detail(entry)
        until = detail.get("until")
        return Authority(
            index=entry.index,
            at=from_ms(entry.at_ms),
            code=text(detail.get("person")),
            capacity=CAPACITIES.get(text(detail.get("capacity")), ""),
            areas=tuple(AREAS[one] for one in texts(detail.get("areas")) if one in AREAS),
            because=_BECAUSE.get(text(detail.get("because")), ""),
            seen=SEEN.get(text(detail.get("seen")), text(detail.get("seen"))),
            until=from_ms(until) if isinstance(until, int) else None,
            own=detail.get("practitioner") == officer.id,
            end=self._ended(officer.organisation, entry, detail),
        )

    def _ended(self, organisation: str, entry: StoredEntry, detail: JsonObject) -> datetime | None:
        """When the organisation wrote down that this one ended, or all of one representative's of this person."""
        code = text(detail.get("person"))
        if not code:
            return None
        query = Query(organisation, Kind.CONSENT.value, ENDED, code=code, limit=PAGE)
        for one in reversed(self.reader.search(query)):
            if one.index > entry.index:
                ended = text(self._detail(one).get("authority"))
                if ended in {"", text(detail.get("authority"))}:
                    return from_ms(one.at_ms)
        return None
