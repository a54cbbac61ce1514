"""Watches the policy bundle: a good newer one takes over at once; a bad one is refused and the last good one stays.

Each replica looks at its own file every few seconds, at once on SIGHUP, and at once when a request finds that another
replica has put a policy in force that is not here yet. Until that has been caught up with, this replica is closed: it never
decides by the older one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import structlog

from core.errors import ClosedError, OnceToldError
from gateway.authority import OlderPolicyError, SameNumberError
from gateway.policy.live import LivePolicy, Policy
from gateway.policy.opening import PolicyFileError, read_packed, why_refused

logger = structlog.get_logger(__name__)
PAUSE = 0.1
"""Seconds between two looks at least, however many requests ask for one."""
Stamp: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watcher uses.

    path: the bundle's file. open: its bytes, verified and made into a policy; runs on a thread. put_in_force: makes a policy
    the one that decides on every replica. poll: seconds between two looks.
    """

    path: Path
    open: Callable[[bytes], Policy]
    put_in_force: Callable[[Policy], Awaitable[None]]
    poll: float


class PolicyWatcher:
    """Keeps a `LivePolicy` up with the bundle's file. `run` it as a task of the event loop that serves."""

    def __init__(self, live: LivePolicy, watched: Watched) -> None:
        self._live = live
        self._watched = watched
        self._seen: Stamp | None = None
        self._gone: Policy | None = None
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        live.when_behind = self.wake

    def wake(self) -> None:
        """Look at once; may be called on any thread."""
        if self._loop is not None:
            # A loop that is gone has nobody left who waits.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)

    def look_anew(self) -> None:
        """Look at once, and at a file that seems the same too (SIGHUP); on the event loop's thread."""
        self._seen = None
        self._woken.set()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._watched.poll):
                    await self._woken.wait()
            self._woken.clear()
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001 - the watch goes on, and a message might hold what it must not
                logger.error("policy.watch-failed", error=type(error).__name__)
            await asyncio.sleep(PAUSE)

    async def look(self) -> None:
        """Take the bundle over if its file changed since the last look; whatever is wrong with it becomes the alert."""
        stamp = await asyncio.to_thread(_stamp, self._watched.path)
        if stamp is not None and stamp == self._seen:
            return
        try:
            policy = await self._opened()
            if policy is not None:
                await self._take_over(policy)
        except _WaitsError as waits:
            # The database or the log did not let it: the file is good, and is tried again at the next look.
            logger.warning("policy.bundle-waits", part=waits.closed.part)
            return
        except OnceToldError as error:
            self._refuse(why(error))
        else:
            self._live.alert = None
        self._seen = stamp

    async def close(self) -> None:
        """Give back what the policy before the current one held."""
        gone, self._gone = self._gone, None
        if gone is not None:
            await gone.release()

    async def _opened(self) -> Policy | None:
        """The file's policy, or None where it is the current one."""
        packed = await asyncio.to_thread(read_packed, self._watched.path)
        if sha256(packed).hexdigest() == self._live.current.digest:
            return None
        policy = await asyncio.to_thread(self._watched.open, packed)
        try:
            fits_the_running(policy, self._live.current)
        except OnceToldError:
            await policy.release()
            raise
        return policy

    async def _take_over(self, policy: Policy) -> None:
        """From the commit of its entry on, requests decide by it; those under way keep to the old one and fail its guard."""
        self._live.make_ready(policy)
        try:
            await self._watched.put_in_force(policy)
        except (OnceToldError, asyncio.CancelledError) as error:
            self._live.give_up()
            await policy.release()
            if isinstance(error, ClosedError):
                raise _WaitsError(error) from error
            raise
        # A request that is under way may still ask the engine that goes, so it is released with the next change.
        await self.close()
        self._gone = self._live.swap()
        logger.info("policy.bundle-in-force", number=policy.number, revision=policy.revision)

    def _refuse(self, code: str) -> None:
        if self._live.alert != code:
            logger.error("policy.bundle-refused", code=code, kept=self._live.current.number)
        self._live.alert = code


class _WaitsError(OnceToldError):
    """A good bundle could not be put in force yet."""

    def __init__(self, closed: ClosedError) -> None:
        super().__init__(str(closed))
        self.closed = closed


def fits_the_running(policy: Policy, current: Policy) -> None:
    """Raise PolicyFileError where a bundle cannot take over from the current policy without a restart, or at all."""
    if policy.number == current.number:
        raise PolicyFileError("same-number", "it is another one with the number of the one that decides")
    if policy.sections != current.sections:
        raise PolicyFileError(
            "sections-differ", "its section schemas are others: restart this gateway to take it"
        )


def why(error: OnceToldError) -> str:
    """The code of a refusal."""
    match error:
        case OlderPolicyError():
            return "older"
        case SameNumberError():
            return "same-number"
        case _:
            return why_refused(error)


def _stamp(path: Path) -> Stamp | None:
    """What changes whenever a file is replaced or written to; None where it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
