"""Writing down who may decide for somebody, that they no longer do, and that a child decides alone.

A practitioner who saw the evidence writes it down; nobody else can: no resident gives authority to a relative, and no
representative adds another. Nor does anybody write down their own: who works for an organisation and is known here by its
staff list is not let, on either side. One entry each, in the person's own history; alike for people whom nobody knows
(promise 4).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append, Receipt
from consent.representing.rules import checked, ends
from consent.representing.store import Representations
from consent.representing.values import (
    Area,
    Authority,
    AuthorityError,
    Because,
    Capacity,
    NoAuthorityError,
    Recorded,
)
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.storage import off_loop
from core.times import to_ms, until_release
from core.unit_of_work import Written
from core.vocabulary import Json
from gateway.identity.caller import Caller
from gateway.people.acting import representative_index
from gateway.people.locator import Person
from gateway.views.pipeline import Parts
from gateway.views.record import person_code, subject_key

logger = structlog.get_logger(__name__)

ANSWERED_EVERY: Final = 0.1
"""Seconds. As for everything that is written down about a person: how long it takes must not tell who is known."""
RECORDED, ENDED, ALONE = "representative-recorded", "representative-ended", "decides-alone"


@dataclass(frozen=True, slots=True)
class Stated:
    """An authority as a practitioner states it. person, representative: handles. The rest as in `Authority`.

    declared: that they said that it is not their own.
    """

    person: str
    representative: str
    capacity: Capacity
    areas: frozenset[Area]
    because: Because
    until: datetime | None
    born: date | None
    seen: str
    reference: str
    declared: bool = False


@dataclass(frozen=True, slots=True)
class RecordingRepresentatives:
    """Writes authorities down."""

    views: Parts

    @property
    def representations(self) -> Representations:
        """Where they rest."""
        return Representations(self.views.database, self.views.recording.keys)

    async def record(self, caller: Caller, stated: Stated, correlation_id: str) -> Receipt:
        """Write an authority down. Raises `AuthorityError` for one that cannot be meant, or is one's own; `ClosedError`."""
        started = self.views.clock.monotonic()
        now = self.views.clock.now()
        authority = checked(
            Authority(
                id="a_" + secrets.token_urlsafe(12),
                capacity=stated.capacity,
                areas=stated.areas,
                because=stated.because,
                from_=now,
                until=stated.until,
                recorded=self._recorded(caller, stated.seen, stated.reference),
                born=stated.born,
            ),
            now,
        )
        detail: dict[str, Json] = {
            "authority": authority.id,
            "capacity": stated.capacity.value,
            "areas": sorted(stated.areas),
            "because": stated.because.value,
            "seen": stated.seen,
            "declared": "not-own" if stated.declared else None,
            "until": None if (end := ends(authority)) is None else to_ms(end),
        }
        person = await self._whom(caller, stated.person)
        for whom in (person, await self._whom(caller, stated.representative)):
            self._assert_not_own(caller, whom)
        index = await self._index(caller, stated.representative, person)
        draft = self._draft(caller, RECORDED, person_code(stated.person), correlation_id, detail)

        def add(key: SubjectKey, tx: Connection) -> None:
            if index is not None:
                self.representations.add(tx, key, index, authority)

        return await self._append(caller, person, draft, add, started)

    async def end(self, caller: Caller, person: str, representative: str, correlation_id: str) -> Receipt:
        """End whatever somebody was recorded for. Raises `ClosedError`."""
        started = self.views.clock.monotonic()
        whom = await self._whom(caller, person)
        index = await self._index(caller, representative, whom)

        def end(key: SubjectKey, tx: Connection) -> None:
            if index is not None:
                self.representations.end_of(tx, key, index)

        draft = self._draft(caller, ENDED, person_code(person), correlation_id, {})
        return await self._append(caller, whom, draft, end, started)

    async def end_one(
        self, caller: Caller, person: Person | None, code: str, authority: str, correlation_id: str
    ) -> Receipt:
        """End one that the caller's organisation wrote down, if it stands yet. code: the person's. Raises `ClosedError`."""
        started = self.views.clock.monotonic()

        def end(key: SubjectKey, tx: Connection) -> None:
            # Whether the person was quicker is theirs to know: the entry and the answer are the same.
            with suppress(NoAuthorityError):
                self.representations.end(tx, key, authority)

        draft = self._draft(caller, ENDED, code, correlation_id, {"authority": authority})
        return await self._append(caller, person, draft, end, started)

    async def decides_alone(
        self, caller: Caller, person: str, seen: str, reference: str, correlation_id: str
    ) -> Receipt:
        """Write down that a child decides alone: no parent acts for them from the next request on."""
        started = self.views.clock.monotonic()
        recorded = self._recorded(caller, seen, reference)
        draft = self._draft(caller, ALONE, person_code(person), correlation_id, {"seen": seen})

        def alone(key: SubjectKey, tx: Connection) -> None:
            self.representations.set_alone(tx, key, recorded)

        return await self._append(caller, await self._whom(caller, person), draft, alone, started)

    async def _append(
        self,
        caller: Caller,
        person: Person | None,
        draft: Draft,
        change: Callable[[SubjectKey, Connection], None],
        started: float,
    ) -> Receipt:
        key = subject_key(self.views.recording.keys, caller.organisation, person)
        entry = seal_entry(draft, key)

        def work(changing: Callable[[Connection], None] | None, tx: Connection) -> Written[None, SealedEntry]:
            if changing is not None:
                # Whoever changes what rests of a person holds their row, as a decision of theirs does.
                self.views.ledger.standing_in(tx, key)
                changing(tx)
            return Written(None, (entry,))

        changing = None if person is None else partial(change, key)
        append = Append(partial(work, changing), changes=True)
        committed = await self.views.recording.committer.append(append)
        await asyncio.sleep(until_release(self.views.clock.monotonic() - started, ANSWERED_EVERY))
        return committed.receipts[0]

    async def _whom(self, caller: Caller, handle: str) -> Person | None:
        mac = self.views.handles.open(caller.organisation, handle)
        try:
            return None if mac is None else await off_loop(self.views.database, self.views.locator.find, mac)
        except BrokenRowError as broken:
            # A 503 for one person alone would tell that we know them.
            logger.error("person.unreadable", part=broken.part)
            return None

    async def _index(self, caller: Caller, handle: str, person: Person | None) -> bytes | None:
        """The index of whoever a representative's handle means; None for the person themselves.

        Somebody whom nobody knows yet has one too, by the handle of their NHS number: they are found once they sign in.
        """
        mac = self.views.handles.open(caller.organisation, handle)
        if mac is None:
            return None
        known = await self._whom(caller, handle)
        if known is not None and person is not None and known.id == person.id:
            return None
        nhs = mac.hex() if known is None or known.nhs is None else known.nhs
        return representative_index(self.views.handles, nhs)

    def _assert_not_own(self, caller: Caller, whom: Person | None) -> None:
        """Raise `AuthorityError` for whoever is the caller by their organisation's own word (`oncetold alerts staff`)."""
        accounts = {} if whom is None else whom.staff.get(caller.organisation, {})
        own = self.views.handles.tags.staff(caller.organisation, caller.issuer, caller.practitioner or "")
        if accounts.get(own, 0) > to_ms(self.views.clock.now()):
            raise AuthorityError(
                "own", "nobody writes down who acts for themselves, nor that they act for somebody"
            )

    def _recorded(self, caller: Caller, seen: str, reference: str) -> Recorded:
        return Recorded(
            caller.organisation,
            caller.role or "",
            caller.practitioner or "",
            seen,
            reference,
            self.views.clock.now(),
        )

    def _draft(
        self, caller: Caller, outcome: str, code: str, correlation_id: str, detail: dict[str, Json]
    ) -> Draft:
        return Draft(
            kind=Kind.CONSENT,
            outcome=outcome,
            organisations=frozenset({caller.organisation}),
            detail={
                "person": code,
                "practitioner": caller.practitioner,
                "client": caller.client,
                "issuer": caller.issuer,
                "correlation": correlation_id,
                **detail,
            },
            recipient=caller.organisation,
            role=caller.role,
        )
