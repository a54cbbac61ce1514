"""What acting for somebody builds on: the portal's services with the giver named, and where to read what stands."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from audit.reader import LogReader
from consent.ledger import Ledger
from consent.permissions import Given
from consent.portal.ports import Choice, Done, PortalServices
from core.keys import KeyStore
from gateway.policy.register_values import Registers


class OwnServices(PortalServices, Protocol):
    """`gateway.services.portal.ResidentServices`, as `gateway.services.acting_within` needs it."""

    @property
    def ledger(self) -> Ledger:
        """What stands for the people."""
        ...

    @property
    def keys(self) -> KeyStore:
        """Of the people."""
        ...

    @property
    def reader(self) -> LogReader:
        """Of the log."""
        ...

    @property
    def registers(self) -> Registers:
        """In force now."""
        ...

    async def allow_as(self, person: str, choice: Choice, by: Given, latest: datetime | None) -> Done:
        """`allow`, given by somebody, and ending no later than that."""
        ...

    async def stop_as(self, person: str, permission_id: str, by: Given) -> Done:
        """`stop`, done by somebody."""
        ...

    async def done_by(self, person: str, reference: str, by: str | None) -> Done | None:
        """`done`; with `by`, only what that one did."""
        ...
