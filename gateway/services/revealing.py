"""Revealing whose record a look was about, served: as far as the officer's organisation knows the person.

The gateway keeps no names. What it can say is the number of the record that the organisation itself registered; of every
other organisation's, and of whether there is one, nothing. Somebody unknown is like somebody known without such a record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection

from audit.committer import Committer
from audit.console.ports import NotDecided, Officer
from audit.console.revealing_ports import Because, Revealed, Revealing
from audit.entries import Draft, Kind, Opening, SealedEntry, seal_entry
from audit.log import Append
from audit.reader import LogReader, StoredEntry
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.times import to_ms
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.people.locator import Locator, Person
from gateway.questions.asking import LOOKS
from gateway.questions.store import tell_about
from gateway.reviews.store import Reviews
from gateway.services.entries import INDEX_MAXIMUM, detail_of, opened, text

OUTCOME: Final = "revealed"
KIND: Final = "reveal"

WHY: Mapping[str, str] = MappingProxyType(
    {
        "check": to_tell("To check that a look was right"),
        "question": to_tell("To answer what you asked"),
        "incident": to_tell("To find out if somebody looked who should not have"),
        "court": to_tell("Because a court or an office that watches over them asked"),
    }
)
"""Why, in the words that the person reads."""

_OWN: Final = (
    "You looked yourself, so somebody else of your organisation has to find out whose record it was."
)
_UNREADABLE: Final = "Nobody can see any more who looked, so nobody can be shown whose record it was."
_NOT_HERE: Final = "There is nothing here that your organisation could be shown."


@dataclass(frozen=True, slots=True)
class Reveals:
    """Implements `audit.console.revealing_ports.RevealServices`."""

    reader: LogReader
    keys: KeyStore
    locator: Locator
    reviews: Reviews
    committer: Committer
    clock: Clock

    async def revealing(self, officer: Officer, index: int) -> Revealing | None:
        """See `RevealServices.revealing`."""
        return await asyncio.to_thread(self._revealing, officer, index)

    async def reveal(self, officer: Officer, index: int, because: Because, words: str) -> Revealed:
        """See `RevealServices.reveal`."""
        found = await asyncio.to_thread(self._look, officer, index)
        if found is None:
            raise NotDecided(_NOT_HERE)
        look, opening = found
        barred = _barred(officer, look, opening)
        if barred:
            raise NotDecided(barred)
        person, key = await asyncio.to_thread(self._person, look, officer.organisation)
        reference = None if person is None else person.pointers.get(officer.organisation)
        now = self.clock.now()
        detail: dict[str, Json] = {
            "officer": officer.id,
            "person": text(detail_of(opening).get("person")),
            "entry": index,
            "because": because,
            "words": words.strip(),
            "found": reference is not None,
        }
        draft = Draft(
            kind=Kind.AUDIT_READ,
            outcome=OUTCOME,
            organisations=frozenset({officer.organisation}),
            detail=detail,
            recipient=officer.organisation,
            role="officer",
            purpose=look.purpose,
        )
        entry = seal_entry(draft, key)

        def work(_: Connection) -> Written[None, SealedEntry]:
            def then(tx: Connection, places: Sequence[int]) -> None:
                # By this the person sees it, but not as long as they are not told of the look.
                tell_about(tx, places[0], index, KIND, officer.organisation, OUTCOME, to_ms(now))

            return Written(None, (entry,), then)

        place = (await self.committer.append(Append(work, changes=True))).receipts[0].index
        hold = (await asyncio.to_thread(self.reviews.holds, [index])).get(index)
        return Revealed(reference, now, place, hold is not None and hold.released_ms is None)

    def _revealing(self, officer: Officer, index: int) -> Revealing | None:
        found = self._look(officer, index)
        if found is None:
            return None
        look, opening = found
        return Revealing(index, text(detail_of(opening).get("person")), _barred(officer, look, opening))

    def _look(self, officer: Officer, index: int) -> tuple[StoredEntry, Opening | None] | None:
        """A look that concerns the officer's organisation."""
        if index > INDEX_MAXIMUM or not self.reader.concerns(index, officer.organisation):
            return None
        look = self.reader.entry(index)
        return None if look is None or look.kind not in LOOKS else (look, opened(self.reader, look))

    def _person(self, look: StoredEntry, organisation: str) -> tuple[Person | None, SubjectKey]:
        """Whom it was about, and the key under which the reveal is written down: theirs, or else the organisation's."""
        try:
            key = self.keys.by_tag(look.tag)
        except MissingKeyError:
            key = self.keys.get_or_create(f"org:{organisation}")
        return self.locator.by_id(key.subject), key


def _barred(officer: Officer, look: StoredEntry, opening: Opening | None) -> str:
    if opening is None:
        return _UNREADABLE
    return _OWN if detail_of(opening).get("practitioner") == officer.id else ""
