"""What the page for a paper's code asks of the gateway."""

from __future__ import annotations

from typing import Protocol


class StopByCodeServices(Protocol):
    """Stops what a paper's code stands for. May raise `core.errors.ClosedError` (the page says so)."""

    def can_be(self, text: str) -> bool:
        """Whether this could be a code of ours at all: only the writing is looked at, so it tells nothing."""
        ...

    def may_try(self, address: str) -> bool:
        """Whether one more code may be tried now from this network address; counts it."""
        ...

    async def stop(self, text: str) -> None:
        """Stop it, if the code was good. Nothing tells whether it was."""
        ...
