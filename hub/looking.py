"""Looking at what other organisations let be seen, for the page that is being written: asked live, shown, never kept.

A practitioner looks with their own token. By the handle that came with a referral where it arrived at their own employer;
else they trace the person by what the referral said, since each organisation knows a person by a handle of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Literal

from hub.clock import Clock
from hub.gateway import Gateway, GatewayAwayError, GatewayRefusedError, TokenNotGoodError
from hub.gateway_answers import Demographics
from hub.partners import Partners
from hub.sessions import Session
from hub.showing import Schemas, Shown, shown

REMEMBERED: Final = timedelta(hours=1)
_NUMBER: Final = re.compile(r"[0-9]{10}", re.ASCII)
_POSTCODE: Final = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """What a record of the hub's knows of a person, to look by. organisation: whose handle `handle` is."""

    organisation: str
    handle: str | None = field(default=None, repr=False)
    nhs_number: str | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """How a look went.

    away: no answer. sign-in: the token is over. unknown: too little to ask by. refused: `told` says why.
    """

    state: Literal["shown", "away", "sign-in", "unknown", "refused"]
    shown: Shown | None = field(default=None, repr=False)
    told: str = ""


class Looking:
    """Looks; remembers nothing but the published schemas, which are about nobody."""

    def __init__(self, gateway: Gateway, partners: Partners, clock: Clock) -> None:
        self._gateway = gateway
        self._partners = partners
        self._clock = clock
        self._schemas: tuple[datetime, Schemas] | None = None

    async def look(self, session: Session, person: Person, purpose: str, reason: str) -> Look:
        """What may be seen of the person now. reason: the person can read it in their history."""
        token = session.token
        if not token.good_at(self._clock.now()):
            return Look("sign-in")
        try:
            handle = await self._handle(session, person)
            if handle is None:
                return Look("unknown")
            schemas = await self._published()
            view = await self._gateway.view(token, handle, purpose, reason)
        except GatewayAwayError:
            return Look("away")
        except TokenNotGoodError:
            return Look("sign-in")
        except GatewayRefusedError as error:
            # The same whoever the person is: it is about the practitioner's role, or the agreement.
            return Look("refused", told=error.detail)
        return Look("shown", shown(view, schemas, self._partners.title))

    async def _handle(self, session: Session, person: Person) -> str | None:
        if person.handle is not None and person.organisation == session.practitioner.organisation:
            return person.handle
        by = identified(person)
        return None if by is None else await self._gateway.trace(session.token, by)

    async def _published(self) -> Schemas:
        now = self._clock.now()
        if self._schemas is None or now - self._schemas[0] >= REMEMBERED:
            found = await self._gateway.sections()
            self._schemas = (now, {one.section: one.document for one in found})
        return self._schemas[1]


def identified(person: Person) -> str | Demographics | None:
    """What the person can be traced by: NHS number, else name, birth date and postcode; None where neither is whole."""
    number = "".join((person.nhs_number or "").split())
    if _NUMBER.fullmatch(number):
        return number
    postcode = _POSTCODE.search((person.address or "").upper())
    given, _, family = person.name.strip().rpartition(" ")
    if person.birth_date is None or postcode is None or not given:
        return None
    return Demographics(family, given, person.birth_date, f"{postcode[1]} {postcode[2]}")
