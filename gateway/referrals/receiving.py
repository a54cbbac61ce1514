"""Reading a referral, and every step that either organisation or the person takes with it.

What it says leaves once its entry is committed, and only while it waits (promise 1). Every step, the end of what may be
looked at, the erasing of what it said and the entry are one unit of work; the row is held meanwhile, so of two who take the
same step at once one takes it and both are told the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from sqlalchemy import Connection

from audit.entries import SealedEntry, seal_entry
from audit.log import Append, Committed, Receipt
from consent.assisted import merging
from consent.permissions import Given, NotStandingError, Permission
from core.errors import ClosedError, OnceToldError
from core.keys import MissingKeyError, SubjectKey
from core.times import from_ms, to_ms
from core.unit_of_work import Work, Written
from core.vocabulary import JsonObject
from gateway.identity.caller import Caller
from gateway.people.locator import Person
from gateway.referrals import entries
from gateway.referrals.records import Behind, Held, Referral
from gateway.referrals.sending import may_refer, record_refusal
from gateway.referrals.states import Status, Step, is_again
from gateway.referrals.store import Beside, Box, Referrals
from gateway.referrals.values import Content
from gateway.views.pipeline import Parts, in_charge
from gateway.views.values import InCharge, RefusedError

EXPIRED_AT_ONCE: Final = 50
"""How many whose time is over are ended by one call that comes by."""
T = TypeVar("T")
OPERATOR: Final = "operator"
_EXPIRY: Final = Step(Status.EXPIRED)


class NoReferralError(OnceToldError):
    """There is no such referral of this organisation or person, or the step is not theirs to take."""

    def __init__(self) -> None:
        super().__init__("no such referral")


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """A referral as the receiver may read it now. person: the receiver's handle. salt: of the commitment, which opens what
    was sent; None where something of that was left out.
    """

    person: str
    content: Content
    salt: bytes | None
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Seen:
    """A referral as one of the two sees it. told: None but for the receiver, while it waits."""

    referral: Referral
    told: Told | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who takes a step: `given` for the ledger, `who` for the entry. organisation: None for the person themselves."""

    given: Given
    who: JsonObject
    role: str | None
    organisation: str | None


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

    async def page(
        self, caller: Caller, box: Box, status: Status | None, after: tuple[int, str] | None, limit: int
    ) -> tuple[Referral, ...]:
        """An organisation's referrals, newest first."""
        await self.expire_due()
        now = self.views.clock.now()
        found = await asyncio.to_thread(
            self.referrals.page, caller.organisation, box, status, after, now, limit
        )
        return tuple(one.at(now) for one in found)

    async def see(self, caller: Caller, referral_id: str, correlation_id: str) -> Seen:
        """One referral; to the receiver with what it says, while it waits.

        Raises `NoReferralError`, `RefusedError` where no agreement lets it be read any more, `ClosedError`.
        """
        await self.expire_due()
        referral = await self._mine(caller, referral_id)
        if caller.organisation != referral.receiver or referral.status is not Status.SENT:
            return Seen(referral)
        authority = await in_charge(self.views)
        refusal = may_refer(self.views, authority, referral.sender, referral.receiver, referral.purpose)
        if refusal is not None:
            await record_refusal(self.views, caller, refusal, referral.purpose, correlation_id)
            raise RefusedError(refusal)
        opened = await asyncio.to_thread(self._opened, caller, referral, correlation_id)
        told = None if opened is None else await self._disclosed(referral, opened, authority)
        if told is not None:
            return Seen(referral, told)
        again = await self._mine(caller, referral_id)
        if again.status is Status.SENT:
            raise ClosedError("policy", "what a referral rests on changed while it was read")
        return Seen(again)

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
            await self._append(expiry(self.referrals, self.views, one))
        return len(due)

    async def _mine(self, caller: Caller, referral_id: str) -> Referral:
        found = await asyncio.to_thread(self.referrals.find, referral_id)
        if found is None or caller.organisation not in {found.sender, found.receiver}:
            raise NoReferralError
        return found.at(self.views.clock.now())

    def _opened(self, caller: Caller, referral: Referral, correlation_id: str) -> _Open | None:
        with self.referrals.database.read() as tx:
            beside = self.referrals.beside(tx, referral.id)
        opened = None if beside is None else opened_by(self.views, beside)
        if beside is None or opened is None:
            return None
        key, behind = opened
        held = beside.held(key)
        if held is None:
            return None
        handle = self.views.handles.of_index(referral.receiver, behind.index)
        content = held.content
        shorter = replace(content, about=content.about.without_address())
        drafts = (
            entries.read(caller, referral, content, handle, None, correlation_id),
            entries.read(caller, referral, shorter, handle, "label", correlation_id),
        )
        whole, short = (seal_entry(one, key) for one in drafts)
        return _Open(key, self.views.locator.by_id(key.subject), handle, held, whole, short)

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
            if hides or (person is not None and not self.views.locator.stands(tx, person, person.label)):
                return Written(shorter, (opened.shorter,))
            return Written(content, (opened.whole,))

        committed = await self._append(guarded)
        if committed.value is None:
            return None
        salt = opened.held.salt if committed.value == content else None
        return Told(opened.handle, committed.value, salt, committed.receipts[0])

    async def _take(self, referral_id: str, step: Step, by: By, key: SubjectKey | None) -> Referral:
        await self.expire_due()

        def work(tx: Connection) -> Written[tuple[Referral, bool], SealedEntry]:
            referral = self.referrals.locked(tx, referral_id)
            beside = self.referrals.beside(tx, referral_id)
            now = from_ms(to_ms(self.views.clock.now()))
            if referral is None or not _may_step(referral, beside, step, by, key):
                raise NoReferralError
            counting = referral.at(now)
            if is_again(counting.place, step):
                return Written((counting, False), ())
            return _stepped(self.referrals, self.views, tx, referral, beside, step, by, now)

        committed = await self._append(work)
        referral, changed = committed.value
        if changed:
            await asyncio.to_thread(self.referrals.database.scrub)
        return referral

    async def _append(self, work: Work[T, SealedEntry]) -> Committed[T]:
        return await self.views.recording.committer.append(Append(work, changes=True))


def opened_by(views: Parts, beside: Beside) -> tuple[SubjectKey, Behind] | None:
    """The key of whoever a referral is about, and what it opens; None once they are erased."""
    try:
        key = views.recording.keys.get(beside.person)
    except MissingKeyError:
        return None
    return key, beside.behind(key)


def expiry(referrals: Referrals, views: Parts, referral_id: str) -> Work[bool, SealedEntry]:
    """The unit of work that ends one which nobody collected in time; gives whether there was something to end."""

    def work(tx: Connection) -> Written[bool, SealedEntry]:
        referral, now = referrals.locked(tx, referral_id), from_ms(to_ms(views.clock.now()))
        due = referral is not None and referral.status is Status.SENT and now >= referral.held_until
        if referral is None or not due:
            # Somebody else came by.
            return Written(False, ())
        beside = referrals.beside(tx, referral_id)
        by = By(Given(merging.ASSISTED, OPERATOR), {}, None, None)
        written = _stepped(referrals, views, tx, referral, beside, _EXPIRY, by, now)
        return Written(True, written.entries)

    return work


def _may_step(referral: Referral, beside: Beside | None, step: Step, by: By, key: SubjectKey | None) -> bool:
    """Whether the step is for whoever takes it. key: of the person, where it is they."""
    if by.organisation is None:
        return key is not None and beside is not None and beside.person == key.subject
    return by.organisation == (referral.sender if step.is_senders else referral.receiver)


def _stepped(
    referrals: Referrals,
    views: Parts,
    tx: Connection,
    referral: Referral,
    beside: Beside | None,
    step: Step,
    by: By,
    now: datetime,
) -> Written[tuple[Referral, bool], SealedEntry]:
    """Take a step that fits: what it said goes, and with the end of the referral what may be looked at."""
    opened = None if beside is None else opened_by(views, beside)
    after = referral.after(step, now)
    referrals.change(tx, after)
    if opened is None:
        # Nobody stands behind it any more: there is nothing to end, and nobody to tell.
        key, ended = views.recording.keys.get_or_create(f"org:{referral.sender}"), None
    else:
        key, behind = opened
        ended = _end(views, tx, key, behind.permission, by.given, now) if step.to.has_ended else None
    entry = seal_entry(entries.stepped(after, step, by.who, by.role, ended, by.given), key)
    return Written((after, True), (entry,))


def _end(
    views: Parts, tx: Connection, key: SubjectKey, permission: str | None, by: Given, now: datetime
) -> Permission | None:
    if permission is None:
        return None
    try:
        return views.ledger.withdraw(tx, key, permission, by, now)
    except NotStandingError:
        # The person stopped it before.
        return None
