"""Why a message is not taken: which element, and what to do about it; never a word of what stood there."""

from __future__ import annotations

from core.errors import OnceToldError


class NotTakenError(OnceToldError):
    """A message, or an element of it, that no referral can hold. element: its path. mend: what to do."""

    def __init__(self, element: str, mend: str) -> None:
        super().__init__(f"{element}: {mend}")
        self.element = element
        self.mend = mend
