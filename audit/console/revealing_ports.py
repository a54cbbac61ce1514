"""What the console's reveal of a person's code is handed by the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

from audit.console.ports import Officer

Because = Literal["check", "question", "incident", "court"]
"""Why an officer has to know whose record it was: to check the look, to answer the person, for an incident, for a court."""
BECAUSE: tuple[Because, ...] = get_args(Because)

REASON_LENGTH = 500
"""How many characters an officer's own reason may have."""


@dataclass(frozen=True, slots=True)
class Revealing:
    """A look whose person could be revealed. code: the person's. barred: why not to this officer, in words."""

    index: int
    code: str
    barred: str


@dataclass(frozen=True, slots=True)
class Revealed:
    """Who the person is as far as the officer's organisation knows them: the number of its own record, or None.

    index: of the entry that tells of it. held: whether the person is not told of it yet.
    """

    reference: str | None
    at: datetime
    index: int
    held: bool


class RevealServices(Protocol):
    """What these pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def revealing(self, officer: Officer, index: int) -> Revealing | None:
        """What could be revealed; None where the entry is no look. Only for entries that `ConsoleServices.item` gave."""
        ...

    async def reveal(self, officer: Officer, index: int, because: Because, words: str) -> Revealed:
        """Reveal it, once, after the log has taken it in. Raises `audit.console.ports.NotDecided`.

        Checks again that the entry concerns the officer's organisation.
        """
        ...
