"""The portal's services as far as a representative's authority goes: what is beyond it is neither shown nor done.

A representative never sees what was held back from the person, not even once the person is told: whoever is dangerous
may be the representative. What they try beyond their scope is refused and stands in the person's history.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from consent.assisted.merging import is_just
from consent.permissions import Given, Permission
from consent.portal.acting_ports import ActingFor
from consent.portal.ports import (
    HISTORY_PAGE,
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
from core.keys import MissingKeyError
from core.pages.telling import to_tell
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting, giver, within
from gateway.services.owning import OwnServices

PAGES_MAXIMUM: Final = 40
"""How many pages of a history are read for one that is shown."""
_SHOWN: Final = frozenset({"looked", "emergency", "allowed", "stopped"})


@dataclass(frozen=True, slots=True)
class ActingWithin:
    """Implements `PortalServices` for one representative, of whom `resident.acting` tells the authority."""

    own: OwnServices
    acting: Acting
    resident: Resident
    authority: ActingFor

    # Of the session: the same for everybody ---------------------------------------------------------------------------

    async def signed_in(self, request: Request) -> Resident | None:
        """See `PortalServices.signed_in`."""
        return await self.own.signed_in(request)

    def sign_in_url(self, request: Request) -> str:
        """See `PortalServices.sign_in_url`."""
        return self.own.sign_in_url(request)

    def sign_out_url(self, request: Request) -> str:
        """See `PortalServices.sign_out_url`."""
        return self.own.sign_out_url(request)

    def csrf_ok(self, request: Request, token: str) -> bool:
        """See `PortalServices.csrf_ok`."""
        return self.own.csrf_ok(request, token)

    def serving(self, resident: Resident) -> PortalServices:
        """See `PortalServices.serving`."""
        return self.own.serving(resident)

    async def check_receipt(self, text: str, leaf: str) -> ReceiptCheck:
        """See `PortalServices.check_receipt`."""
        return await self.own.check_receipt(text, leaf)

    # Of the person: within the scope ----------------------------------------------------------------------------------

    async def overview(self, person: str) -> Overview:
        """What is allowed within the scope. When somebody last looked is not told: they may not see every look."""
        found = await self.own.overview(person)
        mine = {one.id for one in await self._standing(person) if self._within(one.sections)}
        shown = tuple(replace(one, last_looked=None) for one in found.permitted if one.id in mine)
        return Overview(shown, found.law_allows)

    async def offers(self, person: str) -> tuple[Offer, ...]:
        """What could be allowed within the scope."""
        cut = [
            replace(offer, kinds=tuple(one for one in offer.kinds if self._within({one.section: ()})))
            for offer in await self.own.offers(person)
        ]
        return tuple(offer for offer in cut if offer.kinds)

    async def allow(self, person: str, choice: Choice) -> Done:
        """Allow it for the person, at most until the authority ends."""
        if not within(self.authority, choice.sections):
            await self._refuse(
                person, "allow", to_tell("You may not decide about this for them. Nothing was changed.")
            )
        for one in await self._standing(person):
            if is_just(one, choice.organisation, choice.purpose) and not self._within(one.sections):
                await self._refuse(
                    person,
                    "allow",
                    to_tell(
                        "They allowed this organisation more than you may decide about. Nothing was changed."
                    ),
                )
        return await self.own.allow_as(person, choice, self._given, self.authority.until)

    async def stop(self, person: str, permission_id: str) -> Done:
        """Stop it for the person."""
        for one in await self._standing(person):
            if one.id == permission_id and not self._within(one.sections):
                await self._refuse(
                    person, "stop", to_tell("You may not decide about this for them. Nothing was changed.")
                )
        return await self.own.stop_as(person, permission_id, self._given)

    async def done(self, person: str, reference: str) -> Done | None:
        """What they themselves did."""
        return await self.own.done_by(person, reference, self.authority.by)

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        """The looks within the scope that the person was told of at once, and decisions within it."""
        found: list[Look] = []
        for _ in range(PAGES_MAXIMUM):
            page = await self.own.history(person, before)
            # What the person asked about a look, and what they were answered, is between them and those who answer.
            found += [replace(one, question=None, can_ask=False) for one in page if self._may_see(one)]
            if len(found) >= HISTORY_PAGE or len(page) < HISTORY_PAGE:
                break
            before = page[-1].index
        return tuple(found[:HISTORY_PAGE])

    async def complete(self, person: str) -> Complete | None:
        """None: how much there is in all is the person's own to know."""
        return None

    async def proof(self, person: str, index: int) -> Proof | None:
        """The proof of a look that they may see; what the entry says in full is for the person."""
        page = await self.own.history(person, index + 1)
        if not page or page[0].index != index or not self._may_see(page[0]):
            return None
        found = await self.own.proof(person, index)
        return None if found is None else replace(found, opening_json="", can_ask=False)

    @property
    def _given(self) -> Given:
        return giver(self.resident)

    def _within(self, sections: Mapping[str, object]) -> bool:
        return within(self.authority, sections)

    def _may_see(self, look: Look) -> bool:
        registers: Registers = self.own.registers
        titles = {
            registers.sections[one].title for one in self.authority.sections if one in registers.sections
        }
        told_at_once = look.told_later is None and not look.checks
        return look.what in _SHOWN and told_at_once and bool(look.kinds) and titles.issuperset(look.kinds)

    async def _standing(self, person: str) -> tuple[Permission, ...]:
        def read() -> tuple[Permission, ...]:
            try:
                return self.own.ledger.standing(self.own.keys.get(person)).permissions
            except MissingKeyError:
                return ()

        return await asyncio.to_thread(read)

    async def _refuse(self, person: str, tried: str, words: str) -> None:
        await self.acting.refused(person, self.authority, tried)
        raise NotPossible(words)
