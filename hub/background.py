"""What the hub does by itself, again and again: send what waits, take in what arrived, delete what is past its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlmodel import Session

from hub.clock import Clock
from hub.database import Database
from hub.gateway import GatewayError
from hub.inbox import Inbox
from hub.oidc import ProviderAwayError
from hub.outbox import Outbox
from hub.partners import Organisation, Partners
from hub.parts import Feature
from hub.rhythm import Rhythm

SWEEP_EVERY: Final = timedelta(hours=6)

log = structlog.get_logger("hub.background")


@dataclass(frozen=True, slots=True)
class Background:
    """The rounds. One round's mistake is written down by its kind and never ends the others."""

    outbox: Outbox
    inbox: Inbox
    rhythm: Rhythm
    partners: Partners
    features: Sequence[Feature]
    database: Database
    clock: Clock
    seconds: float

    async def send(self) -> None:
        """One round of the outbox."""
        await self.outbox.send_due()

    async def look(self) -> None:
        """One round of the inbox, organisation by organisation: one that fails leaves the others alone."""
        for organisation in self.partners.organisations:
            now = self.clock.now()
            if not self.rhythm.may_ask(organisation.id, now):
                continue
            try:
                await self._look(organisation, now)
            except (GatewayError, ProviderAwayError) as error:
                self.rhythm.away(organisation.id, self.clock.now())
                log.warning("inbox-away", organisation=organisation.id, error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - what one organisation's referral breaks is not the others' fault
                self.rhythm.away(organisation.id, self.clock.now())
                log.error("inbox-failed", organisation=organisation.id, error=type(error).__name__)
            else:
                self.rhythm.answered(organisation.id)

    async def _look(self, organisation: Organisation, now: datetime) -> None:
        if self.rhythm.is_followed_now(organisation.id, now):
            self.rhythm.followed(organisation.id, now)
            await self.inbox.follow(organisation)
        if organisation.id in self.partners.receiving:
            await self.inbox.look(organisation)

    async def sweep(self) -> None:
        """Delete what is past its end."""
        for feature in self.features:
            if feature.sweep is not None:
                await self._sweep(feature.name, feature.sweep)
        await asyncio.to_thread(self.database.settle)

    async def _sweep(self, name: str, sweep: Callable[[Session, datetime], int]) -> None:
        now = self.clock.now()
        gone = await self.database.write(lambda session: sweep(session, now))
        log.info("swept", feature=name, rows=gone)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The rounds go on meanwhile."""
        rounds = (
            (self.send, self.seconds),
            (self.look, self.seconds),
            (self.sweep, SWEEP_EVERY.total_seconds()),
        )
        tasks = [asyncio.create_task(repeat(work, seconds)) for work, seconds in rounds]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do it now and again after each pause, until cancelled."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the next round must come whatever this one met
            log.error("round-failed", error=type(error).__name__)
        await asyncio.sleep(seconds)
