"""Sending a referral.

    1 terms          an agreement must let the sender refer to the receiver; what a yes opens to the receiver. Whatever is
                     refused is refused here, about nobody, and recorded. The same for each further one of the team
    2 resolve        whom the handle means. Nobody, or no handle: a person of their own with a key of their own, so that all
                     that follows is one way for everybody; nobody is looked for by what the referral says. Where the handle
                     is of the very NHS number that it says, that person is registered, and finds it on signing in
    3 seal           what may rest: without contact details unless the person agreed to them
    4 one transaction    referral, permissions, entries and idempotency key stand or fall together
    5 answer         the same for everybody, at a whole multiple of `ANSWERED_EVERY`

Nothing of what a referral says stands in the log, in an answer to the sender or in an error.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection

from audit import leaf
from audit.entries import SealedEntry, seal_entry
from audit.log import Append, Receipt
from audit.reader import LogReader
from consent.permissions import NoRowError, Permission
from core.errors import BrokenRowError
from core.keys import SubjectKey
from core.times import from_ms, to_ms, until_release
from core.unit_of_work import Written
from gateway.channels.outbox import Outbox
from gateway.consenting import Saying, nothing_said
from gateway.idempotency.store import Idempotency, Once
from gateway.identity.caller import Caller
from gateway.people import trace
from gateway.people.locator import AmbiguousError, Registration
from gateway.policy.port import Refusal
from gateway.referrals import entries
from gateway.referrals.records import HELD_FOR, Behind, Held, Referral
from gateway.referrals.sharing import Opened, of_the_team, permission_of, team_terms_of
from gateway.referrals.states import Status
from gateway.referrals.store import Referrals
from gateway.referrals.telling import tell
from gateway.referrals.terms import Terms, holding_now, refusal_of, terms_of
from gateway.referrals.values import Agreed, Content, Proposal
from gateway.views.pipeline import Parts, in_charge
from gateway.views.record import subject_key
from gateway.views.values import InCharge, RefusedError

logger = structlog.get_logger(__name__)

ANSWERED_EVERY: Final = 0.1
"""Seconds. Making somebody new a key takes a little longer, and must not tell who is known."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What the sender is told: of known and unknown people alike."""

    referral: Referral
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a referral is about. index: what the receiver's handle is made of.

    begin: what makes somebody new a person, within the transaction; None for somebody who was found.
    """

    key: SubjectKey
    index: bytes
    begin: Callable[[Connection], None] | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """Takes referrals. said: the words about a permission that its entry keeps (gateway/notice.py)."""

    views: Parts
    referrals: Referrals
    idempotency: Idempotency
    reader: LogReader
    said: Saying = nothing_said

    async def send(self, caller: Caller, proposal: Proposal, once: Once | None, correlation_id: str) -> Sent:
        """Take one referral. Raises `RefusedError` for what nobody may send, `OtherRequestError`, `ClosedError`."""
        started = self.views.clock.monotonic()
        opened = await self._opened(caller, proposal, correlation_id)
        whom = await self._whom(caller, proposal, correlation_id)
        try:
            sent = await self._keep(caller, proposal, opened, whom, once, correlation_id)
        except (NoRowError, BrokenRowError, AmbiguousError) as error:
            # Erased since, not to be read, or registered by somebody else just now: then it is about nobody we know.
            logger.warning("person.not-taken", because=type(error).__name__, correlation=correlation_id)
            sent = await self._keep(
                caller, proposal, opened, await self._somebody_new(whom.index), once, correlation_id
            )
        await asyncio.sleep(until_release(self.views.clock.monotonic() - started, ANSWERED_EVERY))
        return sent

    async def _keep(
        self,
        caller: Caller,
        proposal: Proposal,
        opened: Opened,
        whom: Whom,
        once: Once | None,
        correlation_id: str,
    ) -> Sent:
        now, key = from_ms(to_ms(self.views.clock.now())), whom.key
        permission = None
        if opened.receiver.sections:
            permission = permission_of(caller, proposal, proposal.to, opened.receiver)
        team = {one: permission_of(caller, proposal, one, terms) for one, terms in opened.team.items()}
        held = Held(os.urandom(leaf.SALT_BYTES), may_rest(proposal))
        referral = _referral(caller, proposal, held, now)
        agreed = proposal.agreed
        behind = Behind(
            whom.index,
            None if permission is None else permission.id,
            agreed,
            caller.role,
            {name: one.id for name, one in team.items()},
        )
        handle = self.views.handles.of_index(proposal.to, whom.index)
        notice = {} if permission is None else self.said(permission)
        entry = seal_entry(
            entries.sent(caller, referral, agreed, permission, handle, notice, correlation_id), key
        )
        shared = self._shared(caller, referral, agreed, team, whom, correlation_id)

        def work(tx: Connection) -> Written[str, SealedEntry]:
            made = None if once is None else self.idempotency.made(tx, once, now)
            if made is not None:
                return Written(made, ())
            if whom.begin is not None:
                whom.begin(tx)
            if permission is not None:
                self.views.ledger.give(tx, key, permission, now)
            for one in team.values():
                self.views.ledger.give(tx, key, one, now)
            self.referrals.add(tx, key, referral, behind, held)
            tell(tx, Outbox(self.views.database), key, referral.status, now)
            if once is not None:
                self.idempotency.keep(tx, once, referral.id, now)
            return Written(
                referral.id,
                (entry, *shared),
                lambda tx, places: self.referrals.entered(tx, referral.id, places[0]),
            )

        committed = await self.views.recording.committer.append(Append(work, changes=True))
        if committed.receipts:
            return Sent(referral, committed.receipts[0])
        return await asyncio.to_thread(self._again, committed.value, referral)

    def _shared(
        self,
        caller: Caller,
        referral: Referral,
        agreed: Agreed,
        team: Mapping[str, Permission],
        whom: Whom,
        correlation_id: str,
    ) -> tuple[SealedEntry, ...]:
        """An entry for each of the team, by whose code its own officers know the person."""
        drafts = [
            entries.shared(
                caller,
                referral,
                agreed,
                permission,
                organisation,
                self.views.handles.of_index(organisation, whom.index),
                self.said(permission),
                correlation_id,
            )
            for organisation, permission in sorted(team.items())
        ]
        return tuple(seal_entry(one, whom.key) for one in drafts)

    def _again(self, made: str, referral: Referral) -> Sent:
        """What was answered when it was made; its state now is another question."""
        found = self.referrals.find(made)
        if found is None or found.entry is None:
            # Kept for a year at least after its key is forgotten.
            raise BrokenRowError("referrals", "one that was made is gone")
        told = replace(referral, id=made, sent_at=found.sent_at, held_until=found.held_until)
        return Sent(replace(told, commitment=found.commitment), self.reader.receipt(found.entry))

    async def _opened(self, caller: Caller, proposal: Proposal, correlation_id: str) -> Opened:
        authority = await in_charge(self.views)
        found = await self._terms(caller, proposal, authority)
        if isinstance(found, Refusal):
            await record_refusal(self.views, caller, found, proposal.purpose, correlation_id)
            raise RefusedError(found)
        return found

    async def _terms(self, caller: Caller, proposal: Proposal, authority: InCharge) -> Opened | Refusal:
        sender, purpose = caller.organisation, proposal.purpose
        refusal = may_refer(self.views, authority, sender, proposal.to, purpose)
        if refusal is not None:
            return refusal
        receiver = await terms_of(self.views, authority, proposal.to, purpose, proposal.sharing)
        if isinstance(receiver, Refusal):
            return receiver
        team: dict[str, Terms] = {}
        for one in sorted(proposal.sharing.with_):
            found = may_refer(self.views, authority, sender, one, purpose) or await team_terms_of(
                self.views, authority, one, purpose, proposal.sharing
            )
            if isinstance(found, Refusal):
                return of_the_team(authority.policy.registers, one, found)
            team[one] = found
        return Opened(receiver, team)

    async def _whom(self, caller: Caller, proposal: Proposal, correlation_id: str) -> Whom:
        opened = None
        if proposal.person is not None:
            opened = self.views.handles.open(caller.organisation, proposal.person)
        # The receiver's handle follows from the sender's alone, so that it tells nobody whether somebody was found.
        index = os.urandom(32) if opened is None else opened
        try:
            person = await asyncio.to_thread(self.views.locator.find, index)
            if person is not None:
                return Whom(person.key, index)
            number = proposal.content.about.nhs_number
            if opened is not None and number is not None and opened == self._index_of(number):
                return await self._by_number(index, number)
        except BrokenRowError as broken:
            # A 503 for one person alone would tell that we know them.
            logger.error("person.unreadable", part=broken.part, correlation=correlation_id)
        return await self._somebody_new(index)

    def _index_of(self, number: str) -> bytes:
        return self.views.handles.blind_index(trace.by_nhs_number(number))

    async def _by_number(self, index: bytes, number: str) -> Whom:
        """Somebody nobody knows yet whose handle is of that very number: they find it when they sign in with it."""
        registration = Registration(source="", reference="", nhs_number=number)
        person = await asyncio.to_thread(self.views.locator.prepare, registration)

        def begin(tx: Connection) -> None:
            if self.views.locator.register(tx, person, registration, self.views.clock.now()):
                self.views.ledger.open(tx, person.key)

        return Whom(person.key, index, begin)

    async def _somebody_new(self, index: bytes) -> Whom:
        subject = "p_" + secrets.token_urlsafe(18)
        key = await asyncio.to_thread(self.views.recording.keys.get_or_create, subject)
        return Whom(key, index, lambda tx: self.views.ledger.open(tx, key))


def may_refer(views: Parts, authority: InCharge, sender: str, receiver: str, purpose: str) -> Refusal | None:
    """Why nobody may be referred so now; None where they may."""
    holding = holding_now(views, authority)
    return refusal_of(authority.policy.registers, holding, sender, receiver, purpose)


async def record_refusal(
    views: Parts, caller: Caller, refusal: Refusal, purpose: str, correlation_id: str
) -> None:
    """Record what is refused whoever the person is, under the asking organisation's key."""
    # A purpose of no register is a text of the caller's own: it may be anything.
    told = None if refusal.code == "purpose-unknown" else purpose
    key = subject_key(views.recording.keys, caller.organisation, None)
    entry = seal_entry(entries.refused(caller, refusal, told, correlation_id), key)
    await views.recording.committer.append(Append(lambda _: Written(None, (entry,))))


def may_rest(proposal: Proposal) -> Content:
    """What of a referral is kept for the receiver: how to reach the person only where they agreed to that."""
    content = proposal.content
    if proposal.agreed.contact_details:
        return content
    return replace(content, about=content.about.without_contact())


def _referral(caller: Caller, proposal: Proposal, held: Held, now: datetime) -> Referral:
    return Referral(
        id="ref_" + secrets.token_urlsafe(18),
        sender=caller.organisation,
        receiver=proposal.to,
        status=Status.SENT,
        purpose=proposal.purpose,
        service=proposal.service,
        urgency=held.content.urgency,
        themes=held.content.themes,
        sent_at=now,
        changed_at=now,
        held_until=now + HELD_FOR,
        commitment=held.commitment,
        reference=proposal.reference,
        with_=proposal.sharing.with_,
    )
