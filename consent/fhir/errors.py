"""What an import or export refuses, by element and with no word of what stood there: it may be about somebody."""

from __future__ import annotations

from consent.permissions import LedgerError


class UnrepresentableError(LedgerError):
    """An element that the ledger cannot hold without changing what it means. element: its path in the resource."""

    def __init__(self, element: str, why: str) -> None:
        super().__init__(f"{element}: {why}")
        self.element = element
        self.why = why
