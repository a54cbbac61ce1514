"""What one representative may see and decide of one person: the questions that every page asks before it shows or does.

Two things stand apart. The scope: sections of the areas of life that the authority covers. And what the person decided in
their own right: an adult's attorney or deputy may see and change that within the scope, since they stand in the person's
place; somebody with parental responsibility may not. A child who decided something themselves was either found able to by
whoever wrote it down, or signed in alone (which is possible from 13 on): it is as if that were not there (Gillick v West
Norfolk and Wisbech AHA [1986] AC 112; Data Protection Act 2018 Sch. 3 para. 4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil
from typing import NoReturn

from consent.ledger import Ledger
from consent.permissions import Given, Permission
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import NotPossible, Offer, Resident
from consent.representing.values import Capacity
from core.errors import ClosedError
from core.keys import KeyStore, MissingKeyError
from core.pages.telling import to_tell
from core.vocabulary import Kind
from gateway.services.acting import Acting, giver, within

NOT_YOURS = to_tell("You may not decide about this for them. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Mandate:
    """One authority, in use. resident: whoever is signed in; authority: theirs over `resident.person`."""

    acting: Acting
    ledger: Ledger
    keys: KeyStore
    resident: Resident
    authority: ActingFor

    @property
    def given(self) -> Given:
        """Who decides, and in which capacity."""
        return giver(self.resident)

    def about(self, sections: Iterable[str]) -> bool:
        """Whether all of these are theirs to decide about; `*` is more than anybody's scope."""
        return within(self.authority, sections)

    def sees(self, permission: Permission) -> bool:
        """Whether a decision is theirs to see and to change."""
        return self.about(permission.sections) and not self.childs_own(permission.given)

    def childs_own(self, given: Given) -> bool:
        """Whether a child decided it themselves, as far as this representative is a parent."""
        return self.authority.capacity == Capacity.PARENT and given.capacity == "self"

    async def standing(self) -> tuple[Permission, ...]:
        """All that was decided and stands, of whatever scope; nothing of somebody who was erased."""

        def read() -> tuple[Permission, ...]:
            try:
                return self.ledger.standing(self.keys.get(self.resident.person)).permissions
            except MissingKeyError:
                return ()

        return await asyncio.to_thread(read)

    async def own_ids(self) -> frozenset[str]:
        """Ids of all that was ever decided and is not theirs to see."""

        def read() -> frozenset[str]:
            try:
                events = self.ledger.history(self.keys.get(self.resident.person))
            except MissingKeyError:
                return frozenset()
            return frozenset(one.permission.id for one in events if not self.sees(one.permission))

        return await asyncio.to_thread(read)

    async def assert_may_replace(self, organisation: str, purpose: str, tried: str) -> None:
        """Raise `NotPossible` where a yes would take the place of what is not theirs: more than their scope, or a no.

        A yes of theirs never ends a no of the person's own: that is the person's to take back.
        """
        for one in await self.standing():
            alike = (one.recipients, one.purposes) == (frozenset({organisation}), frozenset({purpose}))
            replaced = alike and (one.kind is Kind.CONFIDENTIALITY_CONSENT or one.kind.refuses)
            if replaced and not (self.sees(one) and (one.kind.allows or self.said(one))):
                await self.refuse(
                    tried,
                    NOT_YOURS
                    if self.childs_own(one.given) or not one.kind.allows
                    else to_tell(
                        "They allowed this organisation more than you may decide about. Nothing was changed."
                    ),
                )

    def capped(self, offer: Offer) -> Offer:
        """An offer as far as the authority lasts: what they allow ends with it, and no longer time is offered."""
        until = self.authority.until
        if until is None:
            return offer
        left = max(1, ceil((until - self.acting.clock.now()) / timedelta(days=1)))
        longest = left if offer.longest_days is None else min(left, offer.longest_days)
        return replace(offer, longest_days=longest)

    def said(self, permission: Permission) -> bool:
        """Whether it is what this representative themselves said."""
        return permission.given.how == "representative" and permission.given.by == self.authority.by

    async def refuse(self, tried: str, words: str = NOT_YOURS) -> NoReturn:
        """Write into the person's history what was tried, and raise `NotPossible`."""
        await self.acting.refused(self.resident.person, self.authority, tried)
        raise NotPossible(words)


def mandate_of(acting: Acting | None, ledger: Ledger, resident: Resident) -> Mandate:
    """The mandate of somebody who acts for another. Raises `ClosedError` where nobody can."""
    if acting is None or resident.acting is None:
        raise ClosedError("representatives", "not composed")
    return Mandate(acting, ledger, acting.keys, resident, resident.acting)
