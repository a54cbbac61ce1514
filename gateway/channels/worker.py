"""Sends what stands in the outbox, beside all requests: no answer waits for it, and it fails alone.

At most once is what nobody can promise over a network; what is promised: a message whose sending was confirmed is never sent
again, and one of which nobody knows goes again under the same reference, by which GOV.UK Notify and mail programs can tell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from core.clock import Clock
from gateway.channels.messages import text_of
from gateway.channels.outbox import Due, Outbox
from gateway.channels.ports import About, Channel, Message, NotSentError, Reach, Reachable

logger = structlog.get_logger(__name__)

EVERY_SECONDS = 2.0
TRIES_MAXIMUM = 12
"""After some two days the message is given up; what it tells of still stands in the portal."""

Wanted: TypeAlias = Callable[[str, About], Awaitable[bool]]
"""Whether there still is something to tell a person of."""
Translating: TypeAlias = Callable[[str], Callable[[str], str]]
"""Language -> its catalogue."""


def untranslated(_language: str) -> Callable[[str], str]:
    """English for everybody."""
    return lambda text: text


@dataclass(frozen=True)
class Messenger:
    """Sends, again and again. sign_in_at: the portal's address, as it stands in every message."""

    outbox: Outbox
    reach: Reach
    channels: Sequence[Channel]
    wanted: Wanted
    clock: Clock
    sign_in_at: str
    translating: Translating = untranslated
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        """Begin, on the event loop that runs."""
        self._tasks.append(asyncio.create_task(self.run(), name="messenger"))

    async def stop(self) -> None:
        """End; what was not sent is sent after the next start."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()

    async def run(self, every: float = EVERY_SECONDS) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the rounds go on, and a message might hold what it must not
                logger.warning("messages.failed", error=type(error).__name__)
            await asyncio.sleep(every)

    async def look(self) -> int:
        """One round: send what is due; gives how many were sent."""
        sent = 0
        for due in await asyncio.to_thread(self.outbox.take, self.clock.now()):
            try:
                sent += await self._tell(due)
            except Exception as error:  # noqa: BLE001 - one message's failure must not hold up the others
                logger.warning(
                    "messages.failed", about=due.about, tries=due.tries, error=type(error).__name__
                )
        return sent

    async def _tell(self, due: Due) -> bool:
        if not await self.wanted(due.person, due.about):
            return await self._done(due)
        # The settings as they are now, not as they were when it was written: somebody may have to be safe from it by now.
        found = await self.reach.of(due.person)
        if found is None:
            return await self._done(due)
        if found.not_before is not None and found.not_before > self.clock.now():
            await asyncio.to_thread(self.outbox.put_off, due, found.not_before)
            return False
        channel = next((one for one in self.channels if found.by in one.carries), None)
        if channel is None:
            logger.warning("messages.no-channel", about=due.about, by=found.by)
            return await self._done(due)
        try:
            await channel.send(self._message(due, found))
        except NotSentError as error:
            logger.warning("messages.not-sent", about=due.about, tries=due.tries, code=error.code)
            return False if error.again and due.tries < TRIES_MAXIMUM else await self._done(due)
        await self._done(due)
        return True

    async def _done(self, due: Due) -> bool:
        await asyncio.to_thread(self.outbox.done, due, self.clock.now())
        return False

    def _message(self, due: Due, reachable: Reachable) -> Message:
        text = text_of(due.about, self.sign_in_at, self.translating(reachable.language))
        return Message(reachable.by, reachable.address, text.subject, text.body, due.about, due.id)
