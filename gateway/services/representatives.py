"""The pages "People you act for" and "People who act for me", served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.portal.acting_ports import ActsFor, MayAct
from consent.portal.ports import NotPossible
from consent.representing.rules import ends
from consent.representing.store import Held
from consent.representing.values import NoAuthorityError
from core.keys import MissingKeyError, SubjectKey
from core.pages.telling import to_tell
from core.unit_of_work import Written
from gateway.policy.live import LivePolicy
from gateway.recording_representatives import ENDED
from gateway.services.acting import Acting
from gateway.services.words import Wording
from gateway.signin.service import SignIn

CAPACITIES: Final = {
    "attorney": to_tell("Attorney"),
    "deputy": to_tell("Deputy"),
    "parental-responsibility": to_tell("Parent or carer by law"),
}
AREAS: Final = {
    "health-and-welfare": to_tell("Health and care"),
    "property-and-affairs": to_tell("Home and money"),
}
SEEN: Final = {
    "lpa-access-code": to_tell("Papers of a lasting power of attorney"),
    "court-order": "A court order",
    "birth-certificate": "A birth certificate",
}
"""What is usually seen; any other is shown by its practitioner's own name for it."""


@dataclass(frozen=True, slots=True)
class RepresentativePages:
    """Implements `consent.portal.acting_ports.ActingServices`."""

    acting: Acting
    signin: SignIn
    policy: LivePolicy

    async def acts_for(self, own: str) -> tuple[ActsFor, ...]:
        """See `ActingServices.acts_for`."""
        return await asyncio.to_thread(self._acts_for, own)

    async def begin(
        self, request: Request, own: str, authority: str, word: str
    ) -> Callable[[Response], None]:
        """See `ActingServices.begin`."""

        def prepare() -> None:
            index = self.acting.index_of(own)
            try:
                if index is None:
                    raise NoAuthorityError
                held = self.acting.representations.find(authority, index)
                if not held.stands(self.acting.clock.now()):
                    raise NoAuthorityError
                self.acting.representations.set_word(self.acting.keys.get(own), authority, word)
            except (NoAuthorityError, MissingKeyError) as error:
                raise NotPossible(to_tell("You cannot act for them any more.")) from error

        await asyncio.to_thread(prepare)
        return await self._turned(request, authority)

    async def end(self, request: Request) -> Callable[[Response], None]:
        """See `ActingServices.end`."""
        return await self._turned(request, None)

    async def may_act(self, person: str) -> tuple[MayAct, ...]:
        """See `ActingServices.may_act`."""
        return await asyncio.to_thread(self._may_act, person)

    async def revoke(self, person: str, authority: str) -> None:
        """See `ActingServices.revoke`."""
        acting = self.acting
        try:
            key = await asyncio.to_thread(acting.keys.get, person)

            def work(tx: Connection) -> Written[None, SealedEntry]:
                ended = acting.representations.end(tx, key, authority)
                draft = Draft(
                    kind=Kind.CONSENT,
                    outcome=ENDED,
                    organisations=frozenset(),
                    detail={
                        "authority": authority,
                        "capacity": ended.capacity.value,
                        "by": {"how": "portal", "by": person, "capacity": "self"},
                    },
                )
                return Written(None, (seal_entry(draft, key),))

            await acting.committer.append(Append(work, changes=True))
        except (NoAuthorityError, MissingKeyError) as error:
            raise NotPossible(to_tell("That has ended already. They cannot act for you any more.")) from error

    async def _turned(self, request: Request, authority: str | None) -> Callable[[Response], None]:
        cookie = await self.signin.turn(request, "portal", authority)
        if cookie is None:
            raise NotPossible(to_tell("Your time here is over. Sign in again."))

        def put(answer: Response) -> None:
            self.signin.cookies.set(answer, "session", cookie)

        return put

    def _acts_for(self, own: str) -> tuple[ActsFor, ...]:
        index = self.acting.index_of(own)
        if index is None:
            return ()
        now, words = self.acting.clock.now(), self.acting.representations.words(self.acting.keys.get(own))
        return tuple(
            ActsFor(
                id=held.authority.id,
                capacity=CAPACITIES[held.authority.capacity],
                areas=_areas(held),
                until=ends(held.authority),
                recorded_by=self._organisation(held),
                since=held.authority.from_,
                word=words.get(held.authority.id, ""),
                can=True,
            )
            # One that is over says nothing: that a child now decides alone is for nobody else to read.
            for held in self.acting.representations.of_representative(index)
            if held.stands(now)
        )

    def _may_act(self, person: str) -> tuple[MayAct, ...]:
        key = self._key(person)
        now = self.acting.clock.now()
        found = () if key is None else self.acting.representations.of_person(key)
        return tuple(
            MayAct(
                id=held.authority.id,
                capacity=CAPACITIES[held.authority.capacity],
                areas=_areas(held),
                since=held.authority.from_,
                until=ends(held.authority),
                recorded_by=self._organisation(held),
                seen=_seen(held.authority.recorded.seen),
                can=held.stands(now),
            )
            for held in found
        )

    def _key(self, person: str) -> SubjectKey | None:
        try:
            return self.acting.keys.get(person)
        except MissingKeyError:
            return None

    def _organisation(self, held: Held) -> str:
        return Wording(self.policy.registers).organisation(held.authority.recorded.organisation)


def _seen(code: str) -> str:
    return SEEN.get(code) or code.replace("-", " ").capitalize()


def _areas(held: Held) -> tuple[str, ...]:
    return tuple(AREAS[one] for one in sorted(held.authority.areas))
