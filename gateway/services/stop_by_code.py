"""Stopping by the code of a paper: for whoever holds the paper, without signing in, and telling nothing.

Right and wrong codes are alike in words, status, time and in how much the public log grows: one entry each.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from audit.entries import Draft, Kind, SealedEntry, seal_entry
from audit.log import Append
from consent.assisted import store
from consent.permissions import Given, NoRowError, NotStandingError
from core.clock import Clock
from core.keys import KeyStore
from core.storage import Database
from core.times import until_release
from core.unit_of_work import only
from gateway.codes import mac_of, read_code
from gateway.consenting import Consenting
from gateway.people.handles import Handles

ANSWERED_EVERY: Final = 0.5
"""Seconds. A right code writes more than a wrong one."""
A_MINUTE: Final = 60.0
EACH: Final = 10
ALL: Final = 120
KNOWN: Final = 10_000


@dataclass(slots=True)
class Tries:
    """How often codes may be tried a minute, on this replica: by each address, and by all together."""

    clock: Clock
    each: int = EACH
    all: int = ALL
    _begun: float = field(default=float("-inf"), init=False)
    _counts: OrderedDict[str, int] = field(default_factory=OrderedDict, init=False, repr=False)
    _total: int = field(default=0, init=False)

    def may(self, address: str) -> bool:
        """Whether one more may be tried from this address now; counts it."""
        now = self.clock.monotonic()
        if now - self._begun >= A_MINUTE:
            self._begun, self._total = now, 0
            self._counts.clear()
        count = self._counts.pop(address, 0)
        if count >= self.each or self._total >= self.all:
            self._counts[address] = count
            return False
        self._counts[address] = count + 1
        self._total += 1
        return True


@dataclass(frozen=True, slots=True)
class StopByCode:
    """Implements `consent.portal.stop_by_code_ports.StopByCodeServices`."""

    database: Database
    keys: KeyStore
    handles: Handles
    consenting: Consenting
    clock: Clock
    tries: Tries

    def can_be(self, text: str) -> bool:
        """See `StopByCodeServices.can_be`."""
        return read_code(text) is not None

    def may_try(self, address: str) -> bool:
        """See `StopByCodeServices.may_try`."""
        return self.tries.may(address)

    async def stop(self, text: str) -> None:
        """See `StopByCodeServices.stop`."""
        started = self.clock.monotonic()
        code = read_code(text)
        if code is not None:
            await self._stop(mac_of(self.handles, code))
        await asyncio.sleep(until_release(self.clock.monotonic() - started, ANSWERED_EVERY))

    async def _stop(self, mac: bytes) -> None:
        found = await asyncio.to_thread(store.find_code, self.database, self.keys, mac)
        if found is not None:
            try:
                await self.consenting.withdraw(found.key, found.permission, Given("code", "paper"))
            except (NotStandingError, NoRowError):
                # Stopped already, or replaced by what the person decided since.
                pass
            else:
                await asyncio.to_thread(store.forget_code, self.database, mac)
                return
        await self.consenting.committer.append(Append(only(None, await asyncio.to_thread(self._nothing))))

    def _nothing(self) -> SealedEntry:
        draft = Draft(Kind.ADMINISTRATION, "code-tried", frozenset(), {})
        return seal_entry(draft, self.keys.get_or_create("org:operator"))
