"""What the console's pages about representatives are handed: what was written down, writing down, and ending."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, Protocol, get_args

from audit.console.ports import Officer
from core.errors import OnceToldError

Capacity = Literal["attorney", "deputy", "parental-responsibility"]
Area = Literal["health-and-welfare", "property-and-affairs"]
Because = Literal["lacks-capacity", "agreed", "under-16"]
Seen = Literal["lpa-access-code", "court-order", "birth-certificate"]
CAPACITIES: Final[tuple[Capacity, ...]] = get_args(Capacity)
AREAS: Final[tuple[Area, ...]] = get_args(Area)
BECAUSE: Final[tuple[Because, ...]] = get_args(Because)
SEEN: Final[tuple[Seen, ...]] = get_args(Seen)

REFERENCE_LENGTH: Final = 120
"""How many characters the reference of the evidence may have."""
PAGE: Final = 25
"""How many stand on one page."""


@dataclass(frozen=True, slots=True)
class Stating:
    """An authority as an officer writes it down. person, representative: NHS numbers; nothing keeps them.

    until: the last day on which it counts; born: a child's day of birth. seen, reference: which evidence, and where it is.
    """

    person: str = field(repr=False)
    representative: str = field(repr=False)
    capacity: Capacity
    areas: frozenset[Area]
    because: Because
    until: date | None
    born: date | None
    seen: Seen
    reference: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authority:
    """One that the officer's organisation wrote down. index: of the entry that tells of it. code: the person's.

    until: when it ends, None where no end was stated or it depends on a birthday. own: whether this officer wrote it down.
    end: when the organisation wrote down that it ended. Whether it stands besides is the person's to know: they may have
    ended it, and nobody may be there at all.
    """

    index: int
    at: datetime
    code: str
    capacity: str
    areas: tuple[str, ...]
    because: str
    seen: str
    until: datetime | None
    own: bool
    end: datetime | None


class NotRecorded(OnceToldError):  # noqa: N818 - an answer to the officer, not a fault
    """It cannot be written down so; `words` say why, to be shown at the form's `field` as they are."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__("not recorded")
        self.field = field
        self.words = words


class RepresentativeServices(Protocol):
    """What these pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def written(self, officer: Officer, before: int | None) -> tuple[Authority, ...]:
        """What the officer's organisation wrote down, newest first, at most `PAGE`. Written into the log itself."""
        ...

    async def one(self, officer: Officer, index: int) -> Authority | None:
        """One of them; None for anybody else's. Written into the log itself."""
        ...

    async def record(self, officer: Officer, stating: Stating) -> int:
        """Write it down, in force and in the log when this returns; gives the entry's place. Raises `NotRecorded`."""
        ...

    async def end(self, officer: Officer, index: int) -> None:
        """Write down that it ended: nobody acts by it from the next request on. Only for what `one` gave.

        Raises `NotRecorded`.
        """
        ...
