"""The resident's settings, served: what they chose rests under their key, and every change stands in the log."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from starlette.requests import Request

from consent.permissions import Given
from consent.portal.ports import NotPossible
from consent.portal.settings_ports import Channel, Contact, Preferences
from core.keys import KeyStore, MissingKeyError
from core.pages.languages import LANGUAGES
from core.pages.telling import to_tell
from gateway.reach.choosing import Change, Choosing, TooSoonError
from gateway.reach.wishes import NOTHING_CHOSEN, Hours, Wishes, WishStore, address_of
from gateway.signin.service import SignIn

ANEW: Final = timedelta(minutes=10)
"""How long a sign-in counts as one just now. Our sign-ins always ask for the secret anew (`prompt=login`)."""


@dataclass(frozen=True, slots=True)
class SettingsPages:
    """Implements `consent.portal.settings_ports.SettingsServices`."""

    wishes: WishStore
    keys: KeyStore
    choosing: Choosing
    signin: SignIn

    async def preferences(self, person: str) -> Preferences:
        """See `SettingsServices.preferences`."""
        found = await asyncio.to_thread(self._wishes, person)
        hours = None if found.hours is None else (found.hours.first, found.hours.before)
        contact = Contact(found.channel, found.address, found.others_read, hours)
        return Preferences(contact, found.language, found.hidden)

    def address(self, channel: Channel, typed: str) -> str | None:
        """See `SettingsServices.address`."""
        return address_of(channel, typed)

    async def reach(self, person: str, contact: Contact) -> None:
        """See `SettingsServices.reach`."""
        sent = contact.channel in {"email", "text"}
        address = address_of(contact.channel, contact.address) if sent else ""
        if address is None:
            raise NotPossible(to_tell("We cannot send a message to that address."))
        try:
            hours = None if contact.hours is None or not sent else Hours(*contact.hours)
        except ValueError:
            raise NotPossible(to_tell("The second time must be later than the first.")) from None

        def change(before: Wishes) -> Wishes:
            return replace(
                before,
                channel=contact.channel,
                address=address,
                others_read=contact.others_read or not sent,
                hours=hours,
            )

        await self._change(person, change)

    async def check(self, person: str) -> None:
        """See `SettingsServices.check`."""
        try:
            await self.choosing.check(await asyncio.to_thread(self.keys.get, person))
        except TooSoonError as error:
            raise NotPossible(
                to_tell("We sent one a short while ago. Wait ten minutes, then try again.")
            ) from error
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error

    async def speak(self, person: str, language: str) -> None:
        """See `SettingsServices.speak`."""
        if language not in LANGUAGES:
            raise NotPossible(to_tell("We cannot write in that language yet."))
        await self._change(person, lambda before: replace(before, language=language))

    async def hide(self, person: str, index: int) -> None:
        """See `SettingsServices.hide`."""
        await self._change(person, lambda before: before.hiding(index), quietly=True)

    async def show_again(self, person: str) -> None:
        """See `SettingsServices.show_again`."""
        await self._change(person, lambda before: replace(before, hidden=frozenset()))

    async def signed_in_anew(self, request: Request) -> bool:
        """See `SettingsServices.signed_in_anew`."""
        return await self.signin.signed_in_within(request, "portal", ANEW)

    async def leave(self, request: Request) -> None:
        """See `SettingsServices.leave`."""
        await self.signin.leave(request)

    async def language_of(self, person: str) -> str | None:
        """The language that the person chose; None where they chose none."""
        return (await asyncio.to_thread(self._wishes, person)).language or None

    def _wishes(self, person: str) -> Wishes:
        try:
            return self.wishes.of(self.keys.get(person))
        except MissingKeyError:
            return NOTHING_CHOSEN

    async def _change(self, person: str, change: Change, *, quietly: bool = False) -> None:
        try:
            key = await asyncio.to_thread(self.keys.get, person)
            await self.choosing.change(key, change, Given("portal", person), quietly=quietly)
        except MissingKeyError as error:
            raise NotPossible(to_tell("There is nothing of yours here any more.")) from error
