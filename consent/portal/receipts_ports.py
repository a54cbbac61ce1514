"""What the pages of receipts are handed by the gateway; all of it frozen, and in the words that residents read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

RECEIPTS_PAGE = 25
"""How many lines `ReceiptServices.receipts` gives at most; exactly as many mean that there may be older ones."""

Decided = Literal["allowed", "stopped", "refused", "unrefused"]
"""What was decided: a yes, its end; a no, its end."""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One receipt of the list. index: its place in the log. organisation_name: empty for everybody's."""

    reference: str
    index: int
    at: datetime
    what: Decided
    organisation_name: str
    purpose_title: str


@dataclass(frozen=True, slots=True)
class Paper:
    """A receipt as people read it. purposes, kinds, organisations, sources: names. words: what was said of the purposes.

    how: the ledger's word for how it was said (`portal`, ...); capacity: as whom. until: None where it has no end.
    """

    reference: str
    what: Decided
    at: datetime
    purposes: tuple[str, ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    organisations: tuple[str, ...]
    sources: tuple[str, ...]
    since: datetime
    until: datetime | None
    how: str
    capacity: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt to keep. token: the signed receipt itself. armoured: the same, broken into lines that fit on paper."""

    paper: Paper
    token: str
    armoured: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What anybody may know of what they pasted. words: what holds, or what does not, in a sentence.

    at: when the log took it in. paper: what a consent receipt says; None for any other, and where it is not true.
    """

    holds: bool
    words: str
    at: datetime | None
    paper: Paper | None = None


class ReceiptServices(Protocol):
    """Receipts of decisions. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def receipts(self, person: str, before: int | None) -> tuple[ReceiptLine, ...]:
        """The person's receipts, newest first, at most `RECEIPTS_PAGE`, only those with an index below `before`."""
        ...

    async def receipt(self, person: str, reference: str) -> Issued | None:
        """The receipt of a decision of the person; None for any other."""
        ...

    async def check(self, text: str, leaf: str) -> Checked:
        """Check a receipt of either kind for anybody; never raises for what was pasted, and keeps none of it.

        leaf: the line that belongs to a receipt of a look; a consent receipt needs none.
        """
        ...
