"""What the console's downloads are handed by the gateway: evidence packs, and what a search found as a file."""

from __future__ import annotations

from typing import Literal, Protocol

from audit.console.ports import Filters, Officer
from core.errors import OnceToldError

PACK_MOST = 2_000
"""How many entries a pack of the console holds at most; the log's keeper makes larger ones at the command line."""

ROWS_MOST = 5_000
"""How many lines a search gives as a file at most."""

RowsAs = Literal["csv", "ndjson"]


class NotPacked(OnceToldError):  # noqa: N818 - an answer to the officer, not a fault
    """It cannot be made so; `words` say why and what to change, to be shown as they are. field: of the form, if one is."""

    def __init__(self, words: str, field: str = "from") -> None:
        super().__init__("not packed")
        self.words = words
        self.field = field


class PackServices(Protocol):
    """What these pages ask of the gateway. Every method may raise `core.errors.ClosedError` (the page says so)."""

    async def pack(self, officer: Officer, filters: Filters, index: int | None) -> bytes:
        """A signed evidence pack (ZIP) of the organisation's own entries, or of one of them. Raises `NotPacked`.

        Written into the log before the first byte. `oncetold audit verify` checks it offline.
        """
        ...

    async def rows(self, officer: Officer, filters: Filters, form: RowsAs) -> str:
        """What a search finds, its filters on the first line. Raises `NotPacked`. Written into the log before it."""
        ...
