"""Each issuer's keys, remembered for a while: fetched once for all who wait, never asked in a rush, never trusted for long.

Between the soft and the hard limit of their age the keys still hold while new ones are fetched in the background. Beyond
the hard limit they hold no more (promise 5): a key that the issuer withdrew must not live on because its server is down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from core.clock import Clock
from core.errors import ClosedError, OnceToldError
from gateway.identity.issuers import Issuer
from gateway.identity.keys import KeySetError, VerificationKey, parse_key_set

_log = structlog.get_logger(__name__)

PART: Final = "issuer keys"


class FetchError(OnceToldError):
    """An issuer's keys could not be fetched. The message names the kind of failure."""


class UnknownKeyError(OnceToldError):
    """The issuer answered, and does not publish a usable key of this id."""

    def __init__(self) -> None:
        super().__init__("the issuer publishes no such key")


Fetch = Callable[[str], Awaitable[bytes]]
"""Fetches the bytes of a key set from an address of the trust register, in bounded time and size, or raises `FetchError`."""


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """All in seconds.

    soft: the age from which new keys are fetched in the background.
    hard: the age from which keys are trusted no more.
    after_success: the shortest pause before an unknown key id makes us ask again.
    after_failure: the shortest pause before the next try when the issuer did not answer.
    """

    soft: float = 300.0
    hard: float = 3600.0
    after_success: float = 10.0
    after_failure: float = 1.0


class IssuerKeys:
    """The keys of one issuer. To be used from one event loop.

    `generation` changes whenever a key came, went or changed: what was remembered under an older one counts no more.
    """

    def __init__(self, issuer: Issuer, fetch: Fetch, clock: Clock, times: KeyTimes) -> None:
        self.issuer = issuer
        self.generation = 0
        self._fetch = fetch
        self._clock = clock
        self._times = times
        self._keys: Mapping[str, VerificationKey] | None = None
        self._fetched_at = 0.0
        self._asked_at: float | None = None
        self._failure: str | None = None
        self._asking: asyncio.Task[None] | None = None

    def holds(self, generation: int) -> bool:
        """Whether what was proven under a generation still counts. Starts a fetch when the keys have grown old."""
        age = self._clock.monotonic() - self._fetched_at
        if age >= self._times.soft:
            self._start()
        return generation == self.generation and self._keys is not None and age < self._times.hard

    async def find(self, kid: str) -> VerificationKey:
        """The key of this id.

        Raises `UnknownKeyError` when the issuer publishes none, and `ClosedError("issuer keys", ...)` when nobody can tell:
        the keys are too old or were never had, or the id is new and the issuer does not answer.
        """
        if not self.holds(self.generation):
            await self._refresh()
            if not self.holds(self.generation):
                raise ClosedError(PART, self._failure or "too old")
        key = self._known().get(kid)
        if key is None:
            await self._refresh()
            key = self._known().get(kid)
        if key is None:
            if self._failure is not None:
                raise ClosedError(PART, self._failure)
            raise UnknownKeyError
        return key

    async def warm(self) -> None:
        """Have the keys at hand, or raise `ClosedError("issuer keys", ...)`: for readiness."""
        if not self.holds(self.generation):
            await self._refresh()
        if not self.holds(self.generation):
            raise ClosedError(PART, self._failure or "too old")

    async def close(self) -> None:
        """End a fetch under way."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    def _known(self) -> Mapping[str, VerificationKey]:
        return self._keys if self._keys is not None else {}

    async def _refresh(self) -> None:
        task = self._start()
        if task is not None:
            # Shielded: one waiting request that is cancelled must not take the answer from the others.
            await asyncio.shield(task)

    def _start(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; None where it is too early to ask again."""
        if self._asking is not None:
            return self._asking
        now = self._clock.monotonic()
        pause = self._times.after_success if self._failure is None else self._times.after_failure
        if self._asked_at is not None and now - self._asked_at < pause:
            return None
        self._asked_at = now
        self._asking = asyncio.create_task(self._ask(now))
        self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, _task: asyncio.Task[None]) -> None:
        self._asking = None

    async def _ask(self, now: float) -> None:
        try:
            found = parse_key_set(await self._fetch(self.issuer.jwks_uri), self.issuer.algorithms)
        except (FetchError, KeySetError) as error:
            self._failure = str(error)
            _log.warning("issuer_keys_failed", issuer=self.issuer.id, reason=self._failure)
            return
        self._failure = None
        self._fetched_at = now
        if found.keys != self._keys:
            self._keys = found.keys
            self.generation += 1
            _log.info(
                "issuer_keys_changed", issuer=self.issuer.id, keys=len(found.keys), left_out=found.left_out
            )
