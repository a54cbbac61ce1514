"""The portal's services as far as a representative's authority goes: what is beyond it is neither shown nor done.

A representative never sees what was held back from the person, not even once the person is told: whoever is dangerous
may be the representative. What they try beyond their scope is refused and stands in the person's history.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from consent.portal.acting_ports import ActingFor
from consent.portal.ports import (
    HISTORY_PAGE,
    Choice,
    Complete,
    Done,
    Look,
    Offer,
    Overview,
    PortalServices,
    Proof,
    ReceiptCheck,
    Resident,
)
from consent.representing.values import Capacity
from core.pages.telling import to_tell
from core.vocabulary import JsonObject
from gateway.policy.register_values import Registers
from gateway.services.acting import Acting
from gateway.services.entries import detail_of, opened, texts
from gateway.services.mandate import Mandate
from gateway.services.owning import OwnServices

PAGES_MAXIMUM: Final = 40
"""How many pages of a history are read for one that is shown."""
_LOOKS: Final = frozenset({"looked", "emergency"})
_DECISIONS: Final = frozenset({"allowed", "stopped"})
_THEIRS: Final = frozenset({"allowed", "stopped", "said-no", "took-back", "declined"})
"""What they are shown of it where a representative decided it; what the person said no to is the person's own."""


@dataclass(frozen=True, slots=True)
class ActingWithin:
    """Implements `PortalServices` for one representative, of whom `resident.acting` tells the authority."""

    own: OwnServices
    acting: Acting
    resident: Resident
    authority: ActingFor

    @property
    def mandate(self) -> Mandate:
        """What they may see and decide."""
        return Mandate(self.acting, self.own.ledger, self.own.keys, self.resident, self.authority)

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
        mandate = self.mandate
        mine = {one.id for one in await mandate.standing() if mandate.sees(one)}
        shown = tuple(replace(one, last_looked=None) for one in found.permitted if one.id in mine)
        return Overview(shown, found.law_allows)

    async def offers(self, person: str) -> tuple[Offer, ...]:
        """What could be allowed within the scope."""
        cut = [
            replace(offer, kinds=tuple(one for one in offer.kinds if self.mandate.about({one.section})))
            for offer in await self.own.offers(person)
        ]
        return tuple(self.mandate.capped(offer) for offer in cut if offer.kinds)

    async def allow(self, person: str, choice: Choice) -> Done:
        """Allow it for the person, at most until the authority ends."""
        mandate = self.mandate
        if not mandate.about(choice.sections):
            await mandate.refuse("allow")
        await mandate.assert_may_replace(choice.organisation, choice.purpose, "allow")
        return await self.own.allow_as(person, choice, mandate.given, self.authority.until)

    async def stop(self, person: str, permission_id: str) -> Done:
        """Stop it for the person."""
        mandate = self.mandate
        for one in await mandate.standing():
            if one.id == permission_id and not mandate.sees(one):
                await mandate.refuse("stop")
        return await self.own.stop_as(person, permission_id, mandate.given)

    async def done(self, person: str, reference: str) -> Done | None:
        """What they themselves did."""
        return await self.own.done_by(person, reference, self.authority.by)

    async def history(self, person: str, before: int | None) -> tuple[Look, ...]:
        """The looks within the scope that the person was told of at once, and decisions within it."""
        found: list[Look] = []
        for _ in range(PAGES_MAXIMUM):
            page = await self.own.history(person, before)
            # What the person asked about a look, and what they were answered, is between them and those who answer.
            found += [_of_another(one) for one in await self._theirs(page)]
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
        if not page or page[0].index != index or not await self._theirs(page[:1]):
            return None
        found = await self.own.proof(person, index)
        return None if found is None else replace(found, opening_json="", can_ask=False)

    async def _theirs(self, looks: tuple[Look, ...]) -> tuple[Look, ...]:
        """Those that they may see; to a parent, no look that rests on what the child decided themselves."""
        shown = tuple(one for one in looks if self._may_see(one))
        if self.authority.capacity != Capacity.PARENT or not shown:
            return shown
        own = await self.mandate.own_ids()
        details = await asyncio.to_thread(lambda: [self._detail(one.index) for one in shown])
        return tuple(
            one
            for one, detail in zip(shown, details, strict=True)
            if own.isdisjoint(texts(detail.get("relied_on")))
        )

    def _detail(self, index: int) -> JsonObject:
        reader = self.own.reader
        entry = reader.entry(index)
        return {} if entry is None else detail_of(opened(reader, entry))

    def _may_see(self, look: Look) -> bool:
        registers: Registers = self.own.registers
        titles = {
            registers.sections[one].title for one in self.authority.sections if one in registers.sections
        }
        told_at_once = look.told_later is None and not look.checks
        return self._may_know(look) and told_at_once and bool(look.kinds) and titles.issuperset(look.kinds)

    def _may_know(self, look: Look) -> bool:
        by_representative = look.told is not None and look.told.what == "by-representative"
        if by_representative:
            return look.what in _THEIRS
        if look.what in _DECISIONS:
            return self.authority.capacity != Capacity.PARENT
        return look.what in _LOOKS


def _of_another(look: Look) -> Look:
    """A line as it is told to somebody else than the person whom it calls "you"; what was asked about it is left out."""
    you, other = to_tell("you"), to_tell("the person, or somebody who acts for them")
    role = to_tell("The person") if look.role_words == to_tell("You") else look.role_words
    allowed = other if look.allowed_by == you else look.allowed_by
    return replace(look, question=None, can_ask=False, role_words=role, allowed_by=allowed)
