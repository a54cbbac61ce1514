"""Referrals that arrive: read, kept in one transaction under the referral's own id, and only then acknowledged.

1. `GET /v1/referrals?box=in&status=sent` lists what waits at the gateway.
2. One that is not kept here yet is read, and kept: the row of `arrived` and the team's own record are one transaction.
3. `POST .../collection` tells the gateway, which then forgets what the referral says.

Killed after 1 or 2, or cut off in 3, the next round lists the referral again: kept already, it is only acknowledged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlmodel import Session

from hub.clock import Clock
from hub.database import Database
from hub.gateway import Gateway, GatewayRefusedError
from hub.gateway_answers import Referral
from hub.outbox import Outbox
from hub.partners import Organisation, Partners
from hub.received import Received
from hub.tables import Arrived
from hub.tokens import Token

Receive = Callable[[Session, Received, datetime], None]

ENDED: Final = ("withdrawn", "expired", "closed", "refused")
PAGES_MAXIMUM: Final = 100

log = structlog.get_logger("hub.inbox")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Looks for referrals. receivers: feature -> how it makes a referral its own. tokens: an organisation's own token."""

    database: Database
    gateway: Gateway
    clock: Clock
    partners: Partners
    receivers: Mapping[str, Receive]
    outbox: Outbox
    tokens: Callable[[Organisation], Awaitable[Token]]

    async def look(self, organisation: Organisation) -> int:
        """Take in what waits for the organisation, and what became of the rest; gives how many were new.

        Raises `GatewayError` and `ProviderAwayError`; whatever was taken in by then is taken in.
        """
        new = 0
        for listed in await self._all(organisation, "in", "sent"):
            new += await self._take(organisation, listed)
        for status in ENDED:
            for listed in await self._all(organisation, "in", status):
                await self.database.write(lambda session, one=listed: _note(session, one))  # type: ignore[misc] # mypy cannot infer a lambda's default
        for listed in await self._all(organisation, "out", None):
            await self.outbox.note_status(listed)
        return new

    async def _take(self, organisation: Organisation, listed: Referral) -> bool:
        feature = self._feature(organisation, listed.purpose)
        if feature is None:
            # Nobody here takes such referrals; it stays at the gateway, and its sender sees that.
            log.warning("referral-for-nobody", organisation=organisation.id, purpose=listed.purpose)
            return False
        new = False
        known = await self.database.read(lambda session: session.get(Arrived, listed.id))
        if known is None:
            token = await self.tokens(organisation)
            referral = await self.gateway.referral(token, listed.id)
            if referral.content is None or referral.person is None:
                return False  # collected or stopped since it was listed
            received = Received(referral, referral.content, referral.person)
            new = await self._keep(organisation, feature, received)
        try:
            await self.gateway.collect(await self.tokens(organisation), listed.id)
        except GatewayRefusedError as error:
            log.warning("collection-refused", problem=error.kind)
            return new
        now = self.clock.now()
        await self.database.write(lambda session: _collected(session, listed.id, now))
        return new

    async def _keep(self, organisation: Organisation, feature: str, received: Received) -> bool:
        now = self.clock.now()

        def work(session: Session) -> bool:
            if session.get(Arrived, received.referral.id) is not None:
                return False
            session.add(
                Arrived(
                    referral=received.referral.id,
                    organisation=organisation.id,
                    sender=received.referral.sender,
                    purpose=received.referral.purpose,
                    feature=feature,
                    status="collected",
                    arrived_at=now,
                )
            )
            self.receivers[feature](session, received, now)
            return True

        return await self.database.write(work)

    def _feature(self, organisation: Organisation, purpose: str) -> str | None:
        found = (
            name
            for name, team in self.partners.teams.items()
            if name in self.receivers and organisation.id in team.receives.get(purpose, ())
        )
        return next(found, None)

    async def _all(self, organisation: Organisation, box: str, status: str | None) -> list[Referral]:
        found: list[Referral] = []
        after: str | None = None
        for _ in range(PAGES_MAXIMUM):
            page = await self.gateway.referrals(await self.tokens(organisation), box, status, after)
            found += page.referrals
            if page.next is None:
                break
            after = page.next
        return found


def forget(session: Session, referral: str | None) -> None:
    """Delete that a referral arrived, with the record that it became."""
    row = None if referral is None else session.get(Arrived, referral)
    if row is not None:
        session.delete(row)


def _collected(session: Session, name: str, now: datetime) -> None:
    session.get_one(Arrived, name).collected_at = now


def _note(session: Session, referral: Referral) -> None:
    row = session.get(Arrived, referral.id)
    if row is not None:
        row.status = referral.status
