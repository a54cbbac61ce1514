"""Keeping what ends soon, served: what ends, how it was used, and the same again for as long as its purpose allows.

A representative keeps what is within their scope, at most until their authority ends. How it was used is not told them:
they may not see every look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from audit import leaf as leaves
from audit.uses import uses
from consent import permissions
from consent.ledger import Ledger
from consent.permissions import Given, NoRowError, Permission
from consent.portal.ports import Done, NotPossible, Offer, Resident
from consent.portal.renewing_ports import Ending, RenewingServices
from core.clock import Clock
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.storage import Database
from core.times import from_ms, to_ms
from gateway.consenting import Consenting, Grant
from gateway.messaging import ends_soon
from gateway.policy.live import LivePolicy
from gateway.reviews.store import is_told
from gateway.services.acting import Acting
from gateway.services.mandate import Mandate, mandate_of
from gateway.services.permitting import Permitting

_REFERENCE = "OT-"
NOT_NOW = to_tell(
    "This cannot be kept longer now. Its time may be over, or it may have been stopped or kept already."
)


@dataclass(frozen=True, slots=True)
class Renewing:
    """Implements `consent.portal.renewing_ports.RenewingServices`.

    acting: knows who acts for whom. mandate: of the one representative whom it serves; None for the person themselves.
    """

    database: Database
    ledger: Ledger
    keys: KeyStore
    consenting: Consenting
    policy: LivePolicy
    clock: Clock
    acting: Acting | None = None
    mandate: Mandate | None = None

    def serving(self, resident: Resident) -> RenewingServices:
        """See `RenewingServices.serving`."""
        if resident.acting is None:
            return self
        return replace(self, mandate=mandate_of(self.acting, self.ledger, resident))

    async def endings(self, person: str) -> tuple[Ending, ...]:
        """See `RenewingServices.endings`."""
        return await asyncio.to_thread(self._endings, person)

    async def keep(self, person: str, permission_id: str, days: int) -> Done:
        """See `RenewingServices.keep`."""
        key, permission = await asyncio.to_thread(self._standing, person, permission_id)
        mandate, until = self.mandate, self.clock.now() + timedelta(days=days)
        if mandate is not None and not mandate.sees(permission):
            await mandate.refuse("keep")
        offer = self._offer(permission)
        if mandate is not None and not self._outlasts(permission):
            raise NotPossible(NOT_NOW)
        if offer is None or not offer.kinds:
            raise NotPossible(to_tell("The organisations do not share this any more, so it ends."))
        if days < 1 or (offer.longest_days is not None and days > offer.longest_days):
            raise NotPossible(to_tell("That is longer than this can last. Choose a shorter time."))
        if mandate is not None:
            await mandate.assert_may_replace(offer.organisation, offer.purpose, "keep")
            until = min(until, mandate.authority.until or until)
        grant = Grant(
            purpose=offer.purpose,
            recipient=offer.organisation,
            sections=self._still_open(permission, offer),
            sources=permission.sources,
            until=until,
        )
        by = Given("portal", person) if mandate is None else mandate.given
        try:
            committed = await self.consenting.give(key, grant, by)
        except NoRowError as error:
            raise NotPossible(
                to_tell("What we held about you was erased. Sign in again to start anew.")
            ) from error
        receipt = committed.receipts[-1]
        at = from_ms(leaves.parse(receipt.leaf).time_ms)
        permitted = self._permitting.permitted(committed.value)
        return Done(f"{_REFERENCE}{receipt.index}", at, receipt.text, permitted)

    @property
    def _permitting(self) -> Permitting:
        return Permitting(self.policy.registers, self.clock.now())

    def _endings(self, person: str) -> tuple[Ending, ...]:
        try:
            key = self.keys.get(person)
        except MissingKeyError:
            return ()
        now = self.clock.now()
        standing = permissions.in_force(self.ledger.standing(key).permissions, now)
        mine = [one for one in standing if self.mandate is None or self.mandate.sees(one)]
        found = [self._ending(key, one) for one in mine if ends_soon(one, now)]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.until))

    def _ending(self, key: SubjectKey, permission: Permission) -> Ending | None:
        offer, until = self._offer(permission), permission.until
        if offer is None or until is None:
            return None
        used = uses(
            self.database, key.tag, offer.organisation, offer.purpose, to_ms(permission.from_), is_told
        )
        lasted = max((until - permission.from_).days, 1)
        return Ending(
            id=permission.id,
            offer=offer,
            since=permission.from_,
            until=until,
            used=used.many if self.mandate is None else None,
            last_used=None if used.last_ms is None or self.mandate is not None else from_ms(used.last_ms),
            days=lasted if offer.longest_days is None else min(lasted, offer.longest_days),
        )

    def _offer(self, permission: Permission) -> Offer | None:
        """What of it can be allowed again; None for what the pages never give: several purposes or organisations."""
        if len(permission.purposes) != 1 or len(permission.recipients) != 1:
            return None
        purpose, recipient = next(iter(permission.purposes)), next(iter(permission.recipients))
        permitting = self._permitting
        offers = [
            one for one in permitting.offers() if (one.organisation, one.purpose) == (recipient, purpose)
        ]
        kinds = {
            kind.section: kind for one in offers for kind in one.kinds if kind.section in permission.sections
        }
        if offers:
            found = replace(offers[0], kinds=tuple(kinds[name] for name in sorted(kinds)))
            if self.mandate is None:
                return found
            # Nobody's own decision ends earlier because somebody kept it who may decide for a shorter time.
            return self.mandate.capped(found if self._outlasts(permission) else replace(found, kinds=()))
        # Shown as ending, and nothing of it to be kept: the agreement does not hold any more, or is being wound down.
        shown = permitting.permitted(permission)
        return Offer(
            recipient,
            shown.organisation_name,
            purpose,
            shown.purpose_title,
            shown.purpose_words,
            "",
            (),
            None,
        )

    def _outlasts(self, permission: Permission) -> bool:
        """Whether whoever keeps it may decide for longer than it lasts already."""
        last = None if self.mandate is None else self.mandate.authority.until
        return last is None or (permission.until is not None and permission.until < last)

    def _still_open(self, permission: Permission, offer: Offer) -> Mapping[str, frozenset[str]]:
        """Of what was allowed, what the agreements share today: a field that came since needs a yes of its own."""
        today = self._permitting.fields(
            offer.organisation, offer.purpose, [kind.section for kind in offer.kinds]
        )
        kept = {name: fields & permission.sections[name] for name, fields in today.items()}
        return {name: fields for name, fields in kept.items() if fields}

    def _standing(self, person: str, permission_id: str) -> tuple[SubjectKey, Permission]:
        try:
            key = self.keys.get(person)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error
        now = self.clock.now()
        standing = self.ledger.standing(key).permissions
        found = next((one for one in standing if one.id == permission_id and ends_soon(one, now)), None)
        if found is None:
            raise NotPossible(NOT_NOW)
        return key, found
