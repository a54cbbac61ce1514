"""An organisation's looks as the log tells them, for what only a day or some weeks can show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import column, select, table

from audit.entries import Kind
from audit.errors import VerificationError
from audit.facets import Facet
from audit.reader import LogReader, StoredEntry
from core.sealing import SealError
from core.storage import Database
from core.vocabulary import Json, JsonObject

CHUNK: Final = 500
"""How many entries are held and opened at a time."""

_SHOWN: Final = frozenset({Kind.DISCLOSURE.value, Kind.BREAK_GLASS.value})
_ORGANISATION = table("log_entry_organisation", *map(column, ("organisation", "index", "code")))


@dataclass(frozen=True, slots=True)
class Seen:
    """One look of a practitioner. who: issuer and subject id; code: the person's; tag: whose key it is sealed under."""

    index: int
    at_ms: int
    who: tuple[str, str]
    code: str
    tag: bytes
    shown: bool
    emergency: bool
    allowed: bool


@dataclass(frozen=True, slots=True)
class OrganisationLooks:
    """Reads them; each costs opening one sealed detail (some 30 microseconds)."""

    database: Database
    reader: LogReader

    def between(self, organisation: str, since_ms: int, until_ms: int) -> Iterator[Seen]:
        """Its practitioners' looks of that time (until exclusive), in order."""
        places = self.reader.places(organisation, _looks_of(organisation), since_ms, until_ms)
        for first in range(0, len(places), CHUNK):
            yield from self._seen(places[first : first + CHUNK])

    def of_code(self, organisation: str, code: str, most: int) -> Sequence[Seen] | None:
        """Its looks for one person, in order; None where there are more entries about them than that."""
        wanted = (
            select(_ORGANISATION.c.index)
            .where(_ORGANISATION.c.organisation == organisation, _ORGANISATION.c.code == code)
            .order_by(_ORGANISATION.c.index)
            .limit(most + 1)
        )
        with self.database.read() as tx:
            places = list(tx.execute(wanted).scalars())
        return None if len(places) > most else list(self._seen(places, organisation))

    def _seen(self, places: Sequence[int], organisation: str | None = None) -> Iterator[Seen]:
        for entry in self.reader.entries(places):
            if organisation is None or _looks_of(organisation)(_facet(entry)):
                found = _look(entry, self._detail(entry))
                if found is not None:
                    yield found

    def _detail(self, entry: StoredEntry) -> JsonObject:
        """Empty for what does not open: its key was erased, or somebody changed it, which is for others to find."""
        try:
            opening = self.reader.open(entry)
        except (SealError, VerificationError):
            return {}
        detail = None if opening is None else opening.detail.get("detail")
        return detail if isinstance(detail, Mapping) else {}


def _looks_of(organisation: str) -> Callable[[Facet], bool]:
    def its(facet: Facet) -> bool:
        empty = facet.kind == Kind.REFUSAL.value and facet.outcome == "empty"
        return facet.recipient == organisation and (facet.kind in _SHOWN or empty)

    return its


def _facet(entry: StoredEntry) -> Facet:
    return Facet(entry.kind, entry.outcome, entry.recipient, entry.role, entry.purpose)


def _look(entry: StoredEntry, detail: JsonObject) -> Seen | None:
    """None for an application alone, and for what does not open: nobody can be asked about either."""
    practitioner, code = _text(detail.get("practitioner")), _text(detail.get("person"))
    if not practitioner or not code:
        return None
    return Seen(
        index=entry.index,
        at_ms=entry.at_ms,
        who=(_text(detail.get("issuer")), practitioner),
        code=code,
        tag=entry.tag,
        shown=bool(detail.get("sections")),
        emergency=bool(detail.get("emergency")),
        allowed=bool(detail.get("relied_on")),
    )


def by_practitioner(looks: Iterable[Seen]) -> dict[tuple[str, str], list[Seen]]:
    """The looks of each practitioner, in order."""
    found: dict[tuple[str, str], list[Seen]] = {}
    for one in looks:
        found.setdefault(one.who, []).append(one)
    return found


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
