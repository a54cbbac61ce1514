"""The residents' portal, served: what stands for the person, what the law allows, who looked, and the proofs.

A resident's id comes from their session alone. Whatever is shown was opened with that person's own key, so an entry of
somebody else cannot be shown by mistake: it does not open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeVar
from urllib.parse import quote

from starlette.requests import Request

from audit import leaf as leaves
from audit.log import Receipt
from audit.note import VerifierKey
from audit.reader import LogReader
from consent.ledger import Ledger
from consent.permissions import Given, NoRowError, NotStandingError, Permission
from consent.portal.ports import (
    Choice,
    Complete,
    Done,
    Look,
    NotPossible,
    Offer,
    Overview,
    PortalServices,
    Proof,
    ReceiptCheck,
    Resident,
)
from core.clock import Clock
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.routing import GoInsteadError
from core.pages.telling import to_tell, to_tell_many
from core.times import from_ms
from gateway.consenting import Consenting, Grant
from gateway.policy.live import LivePolicy
from gateway.policy.register_values import Registers
from gateway.reviews.store import Reviews, is_told
from gateway.services.acting import Acting, is_about_acting, may_open
from gateway.services.acting_within import ActingWithin
from gateway.services.completeness import Completeness
from gateway.services.entries import INDEX_MAXIMUM
from gateway.services.looks import KINDS, Looks
from gateway.services.permitting import Permitting
from gateway.services.proving import Proving
from gateway.signin.service import SignIn
from gateway.signin.sessions import Session

T = TypeVar("T")
_REFERENCE = "OT-"
OVER, NOT_HERE = "/portal/acting/over", "/portal/acting/not-here"


@dataclass(frozen=True, slots=True)
class ResidentServices:
    """Implements `consent.portal.ports.PortalServices`."""

    signin: SignIn
    ledger: Ledger
    keys: KeyStore
    reader: LogReader
    consenting: Consenting
    policy: LivePolicy
    clock: Clock
    log_key: VerifierKey
    reviews: Reviews
    other_log_keys: tuple[VerifierKey, ...] = ()
    acting: Acting | None = None

    @property
    def registers(self) -> Registers:
        """The registers of the policy that decides now."""
        return self.policy.registers

    async def signed_in(self, request: Request) -> Resident | None:
        """See `PortalServices.signed_in`."""
        session = await self.signin.current(request, "portal")
        if session is None:
            return None
        own = Resident(session.subject, session.name, session.csrf, session.assurance)
        if session.acting is None:
            return own
        return await self._acting_for(request, session, own)

    async def _acting_for(self, request: Request, session: Session, own: Resident) -> Resident:
        """Whoever is signed in, as somebody's representative. Raises `GoInsteadError`, with nothing done."""
        path = request.url.path
        found = None if self.acting is None else await self.acting.now(session)
        if found is None or self.acting is None:
            # Never quietly back to their own record: the form that comes may be meant for the other's.
            if is_about_acting(path):
                return own
            raise GoInsteadError(OVER)
        person, acting = found
        if not may_open(path):
            await self.acting.refused(person, acting, "page")
            raise GoInsteadError(NOT_HERE)
        return replace(own, person=person, acting=acting)

    def serving(self, resident: Resident) -> PortalServices:
        """See `PortalServices.serving`."""
        if resident.acting is None:
            return self
        if self.acting is None:
            raise ClosedError("representatives", "not composed")
        return ActingWithin(self, self.acting, resident, resident.acting)

    def sign_in_url(self, request: Request) -> str:
        """See `PortalServices.sign_in_url`."""
        return self.signin.sign_in_url(request, "portal")

    def sign_out_url(self, request: Request) -> str:
        """See `PortalServices.sign_out_url`."""
        return "/signin/out"

    def csrf_ok(self, request: Request, token: str) -> bool:
        """See `PortalServices.csrf_ok`."""
        return self.signin.csrf_ok(request, "portal", token)

    async def overview(self, person: str) -> Overview:
        """See `PortalServices.overview`."""
        return await self._with_key(person, self._overview, Overview((), self._permitting.law_allows()))

    async def offers(self, person: str) -> tuple[Offer, ...]:
        """See `PortalServices.offers`."""
        return self._permitting.offers()

    async def allow(self, person: str, choice: Choice) -> Done:
        """See `PortalServices.allow`."""
        return await self.allow_as(person, choice, Given("portal", person), None)

    async def allow_as(self, person: str, choice: Choice, by: Given, latest: datetime | None) -> Done:
        """The same, given by somebody, and ending no later than that."""
        permitting = self._permitting
        offer = next(
            (
                one
                for one in permitting.offers()
                if (one.organisation, one.purpose) == (choice.organisation, choice.purpose)
            ),
            None,
        )
        if offer is None or not choice.sections <= {kind.section for kind in offer.kinds}:
            raise NotPossible(to_tell("That can no longer be allowed. Look at the list again."))
        if not choice.sections or choice.days < 1:
            raise NotPossible(to_tell("Choose what they can see, and for how long."))
        if offer.longest_days is not None and choice.days > offer.longest_days:
            raise NotPossible(
                to_tell_many(
                    "You can allow this for %(num)s day at most.",
                    "You can allow this for %(num)s days at most.",
                    offer.longest_days,
                )
            )
        until = self.clock.now() + timedelta(days=choice.days)
        grant = Grant(
            purpose=choice.purpose,
            recipient=choice.organisation,
            sections=permitting.fields(choice.organisation, choice.purpose, choice.sections),
            sources=permitting.sources(choice.organisation, choice.purpose, choice.sections),
            until=until if latest is None else min(until, latest),
        )
        key = await asyncio.to_thread(self._key, person)
        try:
            committed = await self.consenting.give(key, grant, by)
        except NoRowError as error:
            raise NotPossible(
                to_tell("What we held about you was erased. Sign in again to start anew.")
            ) from error
        return self._done(committed.receipts[-1], committed.value, "allowed")

    async def stop(self, person: str, permission_id: str) -> Done:
        """See `PortalServices.stop`."""
        return await self.stop_as(person, permission_id, Given("portal", person))

    async def stop_as(self, person: str, permission_id: str, by: Given) -> Done:
        """The same, done by somebody. Raises `GoInsteadError` for a no: taking that back has a page of its own."""
        key = await asyncio.to_thread(self._key, person)
        try:
            committed = await self.consenting.stop(key, permission_id, by)
        except NotStandingError as error:
            standing = (await asyncio.to_thread(self.ledger.standing, key)).permissions
            if any(one.id == permission_id and one.kind.refuses for one in standing):
                raise GoInsteadError(f"/portal/take-back/{quote(permission_id)}") from error
            raise NotPossible(
                to_tell("That was stopped already, or it has ended. Nobody looks under it.")
            ) from error
        return self._done(committed.receipts[0], committed.value, "stopped")

    async def done(self, person: str, reference: str) -> Done | None:
        """See `PortalServices.done`."""
        return await self.done_by(person, reference, None)

    async def done_by(self, person: str, reference: str, by: str | None) -> Done | None:
        """The same; with `by`, only what that one did."""
        index = reference.removeprefix(_REFERENCE)
        if not (
            reference.startswith(_REFERENCE) and index.isascii() and index.isdigit() and len(index) <= 18
        ):
            return None
        return await self._with_key(person, lambda key: self._done_before(key, int(index), by), None)

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        """See `PortalServices.history`."""
        return await self._with_key(person, lambda key: self._history(key, before), ())

    async def complete(self, person: str) -> Complete | None:
        """See `PortalServices.complete`."""
        return await self._with_key(person, self._complete, None)

    async def proof(self, person: str, index: int) -> Proof | None:
        """See `PortalServices.proof`."""
        return await self._with_key(person, lambda key: self._proving.proof(key, index), None)

    async def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        """See `PortalServices.check_receipt`."""
        return self._proving.check_receipt(text, leaf)

    # What stands ---------------------------------------------------------------------------------------------------

    @property
    def _permitting(self) -> Permitting:
        return Permitting(self.registers, self.clock.now())

    @property
    def _proving(self) -> Proving:
        return Proving(self.reader, (self.log_key, *self.other_log_keys))

    def _overview(self, key: SubjectKey) -> Overview:
        looked = self.reader.last_looks(key.tag, is_told)
        return self._permitting.overview(self.ledger.standing(key).permissions, looked)

    # What happened -------------------------------------------------------------------------------------------------

    def _history(self, key: SubjectKey, before: int | None) -> tuple[Look, ...]:
        newest = None if before is None else min(before, INDEX_MAXIMUM)
        return Looks(self.reader, self.reviews, self.registers).history(key, newest)

    def _complete(self, key: SubjectKey) -> Complete:
        return Completeness(self.reader, self.reviews, self.registers, self.clock).of(key, KINDS)

    def _done_before(self, key: SubjectKey, index: int, by: str | None) -> Done | None:
        found = self._proving.decision(key, index)
        # What was said no to has a page of its own.
        if found is None or by not in {None, found.by} or found.permission.kind.refuses:
            return None
        receipt, permission, gave = found.receipt, found.permission, found.gave
        return self._done(receipt, permission, "allowed" if gave else "stopped")

    def _done(self, receipt: Receipt, permission: Permission, what: Literal["allowed", "stopped"]) -> Done:
        at: datetime = from_ms(leaves.parse(receipt.leaf).time_ms)
        return Done(
            f"{_REFERENCE}{receipt.index}", at, receipt.text, self._permitting.permitted(permission), what
        )

    # Keys ----------------------------------------------------------------------------------------------------------

    def _key(self, person: str) -> SubjectKey:
        try:
            return self.keys.get(person)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error

    async def _with_key(self, person: str, function: Callable[[SubjectKey], T], otherwise: T) -> T:
        def run() -> T:
            try:
                key = self.keys.get(person)
            except MissingKeyError:
                return otherwise
            return function(key)

        return await asyncio.to_thread(run)
