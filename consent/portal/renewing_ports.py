"""What the pages of keeping something allowed are handed: what ends soon, with how it was used, and keeping it longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from consent.portal.ports import Done, Offer, Resident


@dataclass(frozen=True, slots=True)
class Ending:
    """Something allowed that ends soon. id: as `Permitted.id`. used: how often they looked under it since `since`; None
    for a representative, who is not told.

    offer: what of it can be kept, and for how long at most; without a kind where nothing of it can. days: how long it was
    allowed for, as far as it can be kept.
    """

    id: str
    offer: Offer
    since: datetime
    until: datetime
    used: int | None
    last_used: datetime | None
    days: int


class RenewingServices(Protocol):
    """What ends soon. Every method may raise `core.errors.ClosedError` (the page says so)."""

    def serving(self, resident: Resident) -> RenewingServices:
        """These services as far as they are this resident's: for a representative, those within their scope."""
        ...

    async def endings(self, person: str) -> tuple[Ending, ...]:
        """What the person allows that ends soon, the soonest first."""
        ...

    async def keep(self, person: str, permission_id: str, days: int) -> Done:
        """Allow the same, or what of it can still be allowed, for so many days from now; raises `NotPossible`."""
        ...
