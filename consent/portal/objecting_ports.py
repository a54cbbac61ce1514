"""What the pages of "I do not agree" are handed by the gateway: what can be stopped, what cannot, what stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from consent.portal.ports import Resident

WHY_MAXIMUM: Final = 500
"""How many characters a resident may write down about why; more would rest without need."""


@dataclass(frozen=True, slots=True)
class LawLook:
    """One organisation's looks for one reason that need no yes. Both codes are used in addresses only.

    stops: kinds of information (titles) that it can no longer see once the resident says no; stays: those that it may see
    even so. said_no: the id of the no that stands already; None for none. allowed: whether the resident also said yes to
    it, which a no ends.
    """

    organisation: str
    organisation_name: str
    purpose: str
    purpose_title: str
    purpose_words: str
    why_law: str
    stops: tuple[str, ...]
    stays: tuple[str, ...]
    said_no: str | None = None
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class SaidNo:
    """One no, or one other preference, that stands. Empty names and titles mean any.

    what: `no`, or `processing`: a yes under data protection law alone, which lets nobody look by itself.
    stays: kinds that the law lets them see even so. why: the resident's own words.
    """

    id: str
    what: Literal["no", "processing"]
    organisation_names: tuple[str, ...]
    purpose_titles: tuple[str, ...]
    kinds: tuple[str, ...]
    since: datetime
    until: datetime | None
    stays: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoDone:
    """That it was done. reference: for the resident to quote, safe in an address. receipt: text to keep."""

    reference: str
    at: datetime
    receipt: str
    what: Literal["said-no", "took-back"]
    about: SaidNo


class ObjectingServices(Protocol):
    """What the pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    def serving(self, resident: Resident) -> ObjectingServices:
        """These services as far as they are this resident's: for a representative, those within their scope."""
        ...

    async def law_looks(self, person: str) -> tuple[LawLook, ...]:
        """What the law allows now without a yes, by organisation and reason."""
        ...

    async def said(self, person: str) -> tuple[SaidNo, ...]:
        """What the resident said no to, and preferences that open nothing; as far as they stand now."""
        ...

    async def object(self, person: str, organisation: str, purpose: str, why: str) -> NoDone:
        """Say no; in force when this returns. Raises `NotPossible` where nothing of it could be stopped."""
        ...

    async def take_back(self, person: str, said_id: str) -> NoDone:
        """Take a no (or another preference) back; raises `NotPossible`."""
        ...

    async def done(self, person: str, reference: str) -> NoDone | None:
        """What `object` or `take_back` gave the person under that reference; None when it is not theirs or unknown."""
        ...
