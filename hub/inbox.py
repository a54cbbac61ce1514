"""Referrals that arrive: read, kept in one transaction under the referral's own id, and only then acknowledged.

1. `GET /v1/referrals?box=in&status=sent` lists what waits at the gateway.
2. One that is not kept here yet is read, and kept: the row of `arrived` and the team's own record are one transaction.
3. `POST .../collection` tells the gateway, which then forgets what the referral says.

Killed after 1 or 2, or cut off in 3, the next round lists the referral again: kept already, it is only acknowledged.

What becomes of referrals afterwards stands in the same lists, and is asked for apart from it (`follow`), more seldom
(hub/rhythm.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlmodel import Session, col, select

from hub import outgoing
from hub.clock import Clock
from hub.database import Database
from hub.gateway import Gateway, GatewayRefusedError, UnreadableError
from hub.gateway_answers import Referral
from hub.outbox import Outbox
from hub.outgoing import Sought
from hub.partners import Organisation, Partners
from hub.received import Received
from hub.tables import ENDED, Arrived
from hub.tokens import Token

Receive = Callable[[Session, Received, datetime], None]

PAGES_MAXIMUM: Final = 100

log = structlog.get_logger("hub.inbox")


@dataclass(frozen=True, slots=True)
class Inbox:
    """Looks for referrals. receivers: feature -> how it makes a referral its own. tokens: an organisation's own token.

    Both ways to look raise `GatewayError` and `ProviderAwayError`; whatever was written down by then is written down.
    """

    database: Database
    gateway: Gateway
    clock: Clock
    partners: Partners
    receivers: Mapping[str, Receive]
    outbox: Outbox
    tokens: Callable[[Organisation], Awaitable[Token]]

    async def look(self, organisation: Organisation) -> int:
        """Take in what waits for the organisation; gives how many were new."""
        listed = [one async for page in self._pages(organisation, "in", "sent") for one in page]
        return sum([await self._take(organisation, one) for one in listed])

    async def follow(self, organisation: Organisation) -> None:
        """Write down what became of the referrals that the organisation has, or sent; nothing is asked where all ended."""
        have = await self.database.read(partial(_sought, organisation=organisation.id))
        async for page in self._until_found(organisation, "in", have):
            await self.database.write(partial(_note, page=page))
        now = self.clock.now()
        gave = await self.database.read(partial(outgoing.sought, organisation=organisation.id, now=now))
        async for page in self._until_found(organisation, "out", gave):
            await self.outbox.note_status(page)

    async def _take(self, organisation: Organisation, listed: Referral) -> bool:
        """Whether it was new. One that cannot be read or kept now is tried in the next round, and holds up no other."""
        feature = self.partners.receiver(organisation.id, listed.purpose, self.receivers)
        if feature is None:
            # Nobody here takes such referrals; it stays at the gateway, and its sender sees that.
            log.warning("referral-for-nobody", organisation=organisation.id, purpose=listed.purpose)
            return False
        try:
            known = await self.database.read(partial(_known, name=listed.id))
            new = False if known else await self._read(organisation, feature, listed)
            if known or new:
                await self._acknowledge(organisation, listed)
        except (GatewayRefusedError, UnreadableError) as error:
            log.warning("referral-not-taken", organisation=organisation.id, error=type(error).__name__)
            return False
        return new

    async def _read(self, organisation: Organisation, feature: str, listed: Referral) -> bool:
        referral = await self.gateway.referral(await self.tokens(organisation), listed.id)
        if referral.content is None or referral.person is None:
            return False  # collected or stopped since it was listed
        return await self._keep(organisation, feature, Received(referral, referral.content, referral.person))

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

    async def _acknowledge(self, organisation: Organisation, listed: Referral) -> None:
        try:
            await self.gateway.collect(await self.tokens(organisation), listed.id)
        except GatewayRefusedError as error:
            log.warning("collection-refused", problem=error.kind)
        else:
            await self.database.write(partial(_collected, name=listed.id, now=self.clock.now()))
        # Taken, or moved on meanwhile: either way the lists of both sides have changed.
        self.outbox.told()

    async def _until_found(
        self, organisation: Organisation, box: str, sought: Sought
    ) -> AsyncIterator[tuple[Referral, ...]]:
        seen: frozenset[str] = frozenset()
        if sought.is_nothing:
            return
        async for page in self._pages(organisation, box, None):
            yield page
            seen |= {one.id for one in page}
            if page and sought.is_found(seen, page[-1].sent_at):
                return

    async def _pages(
        self, organisation: Organisation, box: str, status: str | None
    ) -> AsyncIterator[tuple[Referral, ...]]:
        """A list, newest first."""
        after: str | None = None
        for _ in range(PAGES_MAXIMUM):
            page = await self.gateway.referrals(await self.tokens(organisation), box, status, after)
            yield page.referrals
            if page.next is None:
                return
            after = page.next


def forget(session: Session, referral: str | None) -> None:
    """Delete that a referral arrived, with the record that it became."""
    row = None if referral is None else session.get(Arrived, referral)
    if row is not None:
        session.delete(row)


def _known(session: Session, name: str) -> bool:
    return session.get(Arrived, name) is not None


def _collected(session: Session, name: str, now: datetime) -> None:
    session.get_one(Arrived, name).collected_at = now


def _sought(session: Session, organisation: str) -> Sought:
    mine = select(Arrived.referral).where(
        Arrived.organisation == organisation, col(Arrived.status).not_in(ENDED)
    )
    return Sought(frozenset(session.exec(mine)))


def _note(session: Session, page: tuple[Referral, ...]) -> None:
    for referral in page:
        row = session.get(Arrived, referral.id)
        if row is None:
            continue
        if referral.status in ENDED:
            row.status = referral.status
        if row.collected_at is None and referral.status != "sent":
            # The answer to our acknowledgement was lost, or nobody waits for one any more.
            row.collected_at = referral.changed_at
