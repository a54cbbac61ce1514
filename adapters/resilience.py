"""One broken source breaks nothing else (promise 9): a bulkhead, a breaker and a timeout around each source, and what is
known of its health.

Whether a source is **known to be down** must say nothing about anybody (promise 4). A fetch fails for reasons that may
be the record's: so a failed fetch never marks a source. It causes one `probe()` for all who wait, and only the probe,
which knows no person, marks the source as down, for every person alike; only a probe marks it as up again.

The breaker opens after some failures in a row and stays open until the pending probe has spoken: a probe that succeeds
closes it (the source is well, the records were not), one that fails leaves the source known down.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from adapters.contract import FetchRequest, NotHeldError, Source, SourceAnswer, SourceError

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one source. concurrent: fetches at a time; failures: in a row, until the breaker opens; timeouts in seconds."""

    concurrent: int = 32
    failures: int = 5
    timeout: float = 5.0
    probe_timeout: float = 2.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When sources are probed unasked: every so many seconds while well, more and more seldom while down; each wait is
    longer or shorter by up to the jitter (a share of it), so that replicas do not knock together.
    """

    interval: float = 5.0
    interval_down: float = 1.0
    interval_maximum: float = 30.0
    jitter: float = 0.2

    def wait(self, failures: int, chance: float) -> float:
        """Seconds to the next probe after so many failures in a row. chance: 0 to 1."""
        base = (
            self.interval
            if failures == 0
            else min(self.interval_maximum, self.interval_down * 2.0 ** (failures - 1))
        )
        return base * (1 + self.jitter * (2 * chance - 1))


class Health:
    """What is known of the sources. One for all of them; `start` begins the probing unasked, `close` ends it."""

    def __init__(
        self,
        sources: Iterable[Source],
        probe_timeout: Callable[[str], float] = lambda _: Limits().probe_timeout,
        rhythm: Rhythm | None = None,
        sleep: Sleep = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._sources = {source.id: source for source in sources}
        self._probe_timeout = probe_timeout
        self._rhythm = rhythm or Rhythm()
        self._sleep = sleep
        self._chance = chance
        self._failures = dict.fromkeys(self._sources, 0)
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._rounds: list[asyncio.Task[None]] = []

    def known_down(self, source: str) -> bool:
        """Whether the last probe of the source failed. Depends on no person. One that nobody configured is not down."""
        return self._failures.get(source, 0) > 0

    def suspect(self, source: str) -> asyncio.Task[None]:
        """Something failed at the source: probe it, unless that is under way already."""
        pending = self._pending.get(source)
        if pending is None:
            pending = asyncio.get_running_loop().create_task(self._probe(source))
            self._pending[source] = pending
            pending.add_done_callback(lambda _: self._pending.pop(source, None))
        return pending

    async def settle(self, source: str) -> None:
        """Wait until a pending probe of the source has spoken; returns at once where none is pending."""
        pending = self._pending.get(source)
        if pending is not None:
            # Whoever waits may give up at their deadline; the probe goes on for the others.
            await asyncio.shield(pending)

    def start(self) -> None:
        """Begin to probe every source in its rhythm. Needs a running loop."""
        loop = asyncio.get_running_loop()
        self._rounds = [loop.create_task(self._round(source)) for source in self._sources]

    async def close(self) -> None:
        """End all probing."""
        tasks = [*self._rounds, *self._pending.values()]
        self._rounds = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _round(self, source: str) -> None:
        while True:
            await asyncio.wait([self.suspect(source)])
            await self._sleep(self._rhythm.wait(self._failures[source], self._chance()))

    async def _probe(self, source: str) -> None:
        try:
            async with asyncio.timeout(self._probe_timeout(source)):
                await self._sources[source].probe()
        except Exception:  # noqa: BLE001 - whatever went wrong, the source was not shown to be well
            self._failures[source] += 1
        else:
            self._failures[source] = 0


class Resilient:
    """A `Source` around a source: bounded in number and time, and quick to fail while the source is known down."""

    def __init__(self, source: Source, health: Health, limits: Limits | None = None) -> None:
        self._source = source
        self._health = health
        self._limits = limits or Limits()
        self._running = 0
        self._failed_in_a_row = 0

    @property
    def id(self) -> str:
        """See `Source.id`."""
        return self._source.id

    @property
    def sections(self) -> frozenset[str]:
        """See `Source.sections`."""
        return self._source.sections

    async def fetch(self, request: FetchRequest) -> SourceAnswer:
        """See `Source.fetch`. Raises `SourceError` with `open` or `busy` without asking the source."""
        if self._is_open():
            raise SourceError(self.id, "open")
        if self._running >= self._limits.concurrent:
            raise SourceError(self.id, "busy")
        self._running += 1
        try:
            async with asyncio.timeout(self._limits.timeout):
                answer = await self._source.fetch(request)
        except NotHeldError:
            self._failed_in_a_row = 0
            raise
        except SourceError as failure:
            if failure.code != "busy":
                self._note_failure()
            raise
        except TimeoutError:
            self._note_failure()
        except asyncio.CancelledError:
            # The caller's deadline passed, or the caller went away: the probe will tell which.
            self._note_failure()
            raise
        else:
            self._failed_in_a_row = 0
            return answer
        finally:
            self._running -= 1
        raise SourceError(self.id, "timeout")

    async def probe(self) -> None:
        """See `Source.probe`."""
        await self._source.probe()

    async def close(self) -> None:
        """See `Source.close`."""
        await self._source.close()

    def _note_failure(self) -> None:
        self._failed_in_a_row += 1
        probe = self._health.suspect(self.id)
        if self._failed_in_a_row == self._limits.failures:
            probe.add_done_callback(self._half_open)

    def _half_open(self, _: asyncio.Task[None]) -> None:
        """The probe has spoken: either the source is known down, which closes the way by itself, or it is well."""
        self._failed_in_a_row = 0

    def _is_open(self) -> bool:
        return self._health.known_down(self.id) or self._failed_in_a_row >= self._limits.failures
