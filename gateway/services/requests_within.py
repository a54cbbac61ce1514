"""Requests as far as a representative may answer them: those of which every kind of information is within their scope.

Any other is the person's own to answer: what the organisation wrote about it may tell of what is beyond the scope, and an
answer ends the question for all of it. Nor is shown which organisations hold something: that would tell where somebody
lives, or who helps them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from consent.permissions import Given
from consent.portal.ports import Done, NotPossible, Resident
from consent.portal.requests_ports import Asked, Reply, RequestServices, Waiting
from consent.requests.values import ConsentRequest
from core.pages.telling import to_tell
from gateway.services.mandate import Mandate


class OwnRequests(RequestServices, Protocol):
    """`gateway.services.requests.ResidentRequests`, as is needed here."""

    def of(self, person: str) -> tuple[ConsentRequest, ...]:
        """All that rests of a person's requests; blocks."""
        ...

    async def allow_as(
        self, person: str, request_id: str, reply: Reply, by: Given, latest: datetime | None
    ) -> Done:
        """`allow`, given by somebody, and ending no later than that."""
        ...

    async def decline_as(self, person: str, request_id: str, by: Given) -> None:
        """`decline`, said by somebody."""
        ...


@dataclass(frozen=True, slots=True)
class RequestsWithin:
    """Implements `consent.portal.requests_ports.RequestServices` for one representative."""

    own: OwnRequests
    mandate: Mandate

    def serving(self, resident: Resident) -> RequestServices:
        """See `RequestServices.serving`."""
        return self.own.serving(resident)

    async def waiting(self, person: str) -> tuple[Waiting, ...]:
        """What waits and is wholly within the scope."""
        ids = {one.id for one in await self._theirs(person)}
        return tuple(one for one in await self.own.waiting(person) if one.id in ids)

    async def asked(self, person: str, request_id: str) -> Asked | None:
        """One request that waits. What was answered is shown to nobody but the person: it may be the person's answer."""
        if request_id not in {one.id for one in await self._theirs(person)}:
            return None
        found = await self.own.asked(person, request_id)
        if found is None or found.state not in {"waiting", "over"}:
            return None
        offer = self.mandate.capped(found.offer)
        return replace(found, offer=offer, seen=None, instead=await self._instead(found))

    async def allow(self, person: str, request_id: str, reply: Reply) -> Done:
        """Allow it for the person, at most until the authority ends."""
        request = await self._request(person, request_id)
        await self.mandate.assert_may_replace(request.organisation, request.purpose, "allow")
        latest = self.mandate.authority.until
        return await self.own.allow_as(person, request_id, reply, self.mandate.given, latest)

    async def decline(self, person: str, request_id: str) -> None:
        """Do not allow it for the person."""
        await self._request(person, request_id)
        await self.own.decline_as(person, request_id, self.mandate.given)

    async def _instead(self, asked: Asked) -> tuple[str, ...]:
        """What a yes takes the place of, if they may see it; if not, they are refused when they say yes."""
        seen = [one for one in await self.mandate.standing() if self.mandate.sees(one)]
        just = any(
            (one.recipients, one.purposes)
            == (frozenset({asked.offer.organisation}), frozenset({asked.offer.purpose}))
            for one in seen
        )
        return asked.instead if just else ()

    async def _request(self, person: str, request_id: str) -> ConsentRequest:
        for one in await asyncio.to_thread(self.own.of, person):
            if one.id == request_id:
                if not self.mandate.about(one.sections):
                    await self.mandate.refuse("request")
                return one
        raise NotPossible(to_tell("You answered this already, or the time to answer is over."))

    async def _theirs(self, person: str) -> tuple[ConsentRequest, ...]:
        found = await asyncio.to_thread(self.own.of, person)
        return tuple(one for one in found if self.mandate.about(one.sections))
