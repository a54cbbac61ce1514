"""Listing and reading referrals, and having steps taken.

What a referral says leaves once its entry is committed, and only while it waits: the row is held meanwhile (promise 1).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from sqlalchemy import Connection

from audit.entries import SealedEntry, seal_entry
from audit.log import Append, Committed, Receipt
from consent.assisted import merging
from consent.permissions import Given
from core.errors import ClosedError
from core.keys import SubjectKey
from core.unit_of_work import Work, Written
from core.vocabulary import JsonObject
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.referrals import entries
from gateway.referrals.records import Behind, Held, Referral
from gateway.referrals.sending import may_refer, record_refusal
from gateway.referrals.states import Status, Step
from gateway.referrals.stepping import By, NoReferralError, Stepping, opened_by
from gateway.referrals.store import Box, Referrals, reading
from gateway.referrals.values import Content
from gateway.views.pipeline import Parts, in_charge
from gateway.views.values import InCharge, RefusedError

EXPIRED_AT_ONCE: Final = 50
"""How many whose time is over are ended by one call that comes by."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """A referral as the receiver may read it now. person: the receiver's handle. salt: of the commitment.

    Whoever must not be located looks like whoever gave no address.
    """

    person: str
    content: Content
    salt: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True, repr=False)
class Joined:
    """That an organisation is one of the team. person: its own handle."""

    person: str
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Seen:
    """A referral as somebody sees it whom it concerns. told: None but for the receiver, while it waits. joined: None but
    for one of the team, until it ends.
    """

    referral: Referral
    told: Told | None = None
    joined: Joined | None = None


@dataclass(frozen=True, slots=True)
class _Open:
    """A referral made ready to be read: two entries, of which one is committed."""

    key: SubjectKey
    person: Person | None
    handle: str
    held: Held
    whole: SealedEntry
    shorter: SealedEntry


@dataclass(frozen=True, slots=True)
class Receiving:
    """Gives referrals out, and keeps what becomes of them."""

    views: Parts
    referrals: Referrals

    @property
    def stepping(self) -> Stepping:
        """Takes the steps."""
        return Stepping(self.referrals, self.views.ledger, self.views.recording.keys, self.views.clock)

    async def page(
        self, caller: Caller, box: Box, status: Status | None, after: tuple[int, str] | None, limit: int
    ) -> tuple[Referral, ...]:
        """An organisation's referrals, newest first."""
        await self.expire_due()
        now = self.views.clock.now()
        found = await asyncio.to_thread(
            self.referrals.page, caller.organisation, box, status, after, now, limit
        )
        # Which of the team it names, the sealed header says; the table that finds it is only an index.
        return tuple(one.at(now) for one in found if box != "with" or caller.organisation in one.with_)

    async def see(self, caller: Caller, referral_id: str, correlation_id: str) -> Seen:
        """One referral; to the receiver with what it says, while it waits; to one of the team with a handle, until it ends.

        Raises `NoReferralError`, `RefusedError` where no agreement lets it be read any more, `ClosedError`.
        """
        await self.expire_due()
        referral = await self._mine(caller, referral_id)
        if caller.organisation in referral.with_:
            return await self._seen_by_team(caller, referral, correlation_id)
        if caller.organisation != referral.receiver or referral.status is not Status.SENT:
            return Seen(referral)
        authority = await in_charge(self.views)
        refusal = may_refer(self.views, authority, referral.sender, referral.receiver, referral.purpose)
        if refusal is not None:
            await record_refusal(self.views, caller, refusal, referral.purpose, correlation_id)
            raise RefusedError(refusal)
        opened = await asyncio.to_thread(self._opened, caller, referral, correlation_id)
        if opened is None:
            # Collected or ended in this moment; or the person's key is gone before their rows are.
            again = await self._mine(caller, referral_id)
            return Seen(replace(again, has_person=False).at(self.views.clock.now()))
        told = await self._disclosed(referral, opened, authority)
        if told is not None:
            return Seen(referral, told)
        again = await self._mine(caller, referral_id)
        if again.status is Status.SENT:
            raise ClosedError("policy", "what a referral rests on changed while it was read")
        return Seen(again)

    async def _seen_by_team(self, caller: Caller, referral: Referral, correlation_id: str) -> Seen:
        if referral.status.has_ended:
            return Seen(referral)
        authority = await in_charge(self.views)
        refusal = may_refer(self.views, authority, referral.sender, caller.organisation, referral.purpose)
        if refusal is not None and caller.organisation == referral.sender:
            # Where it stands is the sender's to know, whatever became of the agreement.
            return Seen(referral)
        if refusal is not None:
            await record_refusal(self.views, caller, refusal, referral.purpose, correlation_id)
            raise RefusedError(refusal)
        opened = await asyncio.to_thread(self._behind, referral.id)
        if opened is None:
            # The person's key is gone before their rows are.
            again = await self._mine(caller, referral.id)
            return Seen(replace(again, has_person=False).at(self.views.clock.now()))
        joined = await self._joined(caller, referral, *opened, authority, correlation_id)
        if joined is not None:
            return Seen(referral, joined=joined)
        again = await self._mine(caller, referral.id)
        if not again.status.has_ended:
            raise ClosedError("policy", "what a referral rests on changed while it was read")
        return Seen(again)

    async def _joined(
        self,
        caller: Caller,
        referral: Referral,
        key: SubjectKey,
        behind: Behind,
        authority: InCharge,
        correlation_id: str,
    ) -> Joined | None:
        """What leaves, once its entry stands; None where the referral, the person's key or the policy moved meanwhile."""
        handle = self.views.handles.of_index(caller.organisation, behind.index)
        entry = seal_entry(entries.joined(caller, referral, handle, correlation_id), key)

        def guarded(tx: Connection) -> Written[bool, SealedEntry]:
            current = self.referrals.locked(tx, referral.id)
            stands = (
                current is not None
                and not current.at(self.views.clock.now()).status.has_ended
                and self.views.recording.keys.stands(key)
                and self.views.authority.stands(tx, authority.revision)
            )
            return Written(stands, (entry,) if stands else ())

        committed = await self._append(guarded)
        return Joined(handle, committed.receipts[0]) if committed.value else None

    def _behind(self, referral_id: str) -> tuple[SubjectKey, Behind] | None:
        with reading(self.referrals.database) as tx:
            beside = self.referrals.beside(tx, referral_id)
        return None if beside is None else opened_by(self.views.recording.keys, beside)

    async def step(self, caller: Caller, referral_id: str, step: Step, correlation_id: str) -> Referral:
        """Take a step, or be told that it was taken. Raises `NoReferralError`, `MisfitError`, `ClosedError`."""
        given = Given(merging.ASSISTED, caller.practitioner or caller.client)
        who = entries.of_caller(caller, correlation_id)
        return await self._take(referral_id, step, By(given, who, caller.role, caller.organisation), None)

    async def stop(self, key: SubjectKey, referral_id: str, given: Given) -> Referral:
        """The person, or who decides for them, takes it back. Raises as `step` does."""
        who: JsonObject = {"by": given.to_json()}
        return await self._take(referral_id, Step(Status.WITHDRAWN), By(given, who, None, None), key)

    async def expire_due(self, limit: int = EXPIRED_AT_ONCE) -> int:
        """End those that nobody collected in time; gives how many. Safe to repeat, and on many replicas at once."""
        due = await asyncio.to_thread(self.referrals.due, self.views.clock.now(), limit)
        for one in due:
            await self._append(self.stepping.expire(one))
        if due:
            await asyncio.to_thread(self.referrals.database.scrub)
        return len(due)

    async def _mine(self, caller: Caller, referral_id: str) -> Referral:
        found = await asyncio.to_thread(self.referrals.find, referral_id)
        if found is None or caller.organisation not in {found.sender, found.receiver, *found.with_}:
            raise NoReferralError
        return found.at(self.views.clock.now())

    def _opened(self, caller: Caller, referral: Referral, correlation_id: str) -> _Open | None:
        with reading(self.referrals.database) as tx:
            beside = self.referrals.beside(tx, referral.id)
        opened = None if beside is None else opened_by(self.views.recording.keys, beside)
        if beside is None or opened is None:
            return None
        key, behind = opened
        held = beside.held(key)
        if held is None:
            return None
        handle = self.views.handles.of_index(referral.receiver, behind.index)
        content = held.content
        shorter = replace(content, about=content.about.without_address())
        person = self.views.locator.by_id(key.subject)
        drafts = (
            entries.read(caller, referral, content, handle, None, correlation_id),
            entries.read(caller, referral, shorter, handle, "label", correlation_id),
        )
        whole, short = (seal_entry(one, key) for one in drafts)
        return _Open(key, person, handle, held, whole, short)

    async def _disclosed(self, referral: Referral, opened: _Open, authority: InCharge) -> Told | None:
        """What leaves, once its entry stands; None where the referral, the person's key or the policy moved meanwhile."""
        person, content = opened.person, opened.held.content
        now = self.views.clock.now()
        hides = person is not None and person.label_at_time(now).hides_location
        shorter = replace(content, about=content.about.without_address())

        def guarded(tx: Connection) -> Written[Content | None, SealedEntry]:
            current = self.referrals.locked(tx, referral.id)
            stands = (
                current is not None
                and current.at(self.views.clock.now()).status is Status.SENT
                and self.views.recording.keys.stands(opened.key)
                and self.views.authority.stands(tx, authority.revision)
            )
            if not stands:
                return Written(None, ())
            # A label that came meanwhile counts at once: nobody is located.
            moved = person is not None and not self.views.locator.stands(tx, person, person.label)
            if (hides or moved) and shorter != content:
                return Written(shorter, (opened.shorter,))
            return Written(content, (opened.whole,))

        committed = await self._append(guarded)
        if committed.value is None:
            return None
        return Told(opened.handle, committed.value, opened.held.salt, committed.receipts[0])

    async def _take(self, referral_id: str, step: Step, by: By, key: SubjectKey | None) -> Referral:
        await self.expire_due()
        taken = (await self._append(self.stepping.take(referral_id, step, by, key))).value
        if taken.is_new:
            await asyncio.to_thread(self.referrals.database.scrub)
        return taken.referral

    async def _append(self, work: Work[T, SealedEntry]) -> Committed[T]:
        return await self.views.recording.committer.append(Append(work, changes=True))
