"""Why a receipt is refused: one code a reason, and nothing of what was pasted."""

from __future__ import annotations

from typing import Literal

from core.errors import OnceToldError

Fault = Literal[
    "too-long", "not-a-receipt", "header", "algorithm", "unknown-key", "key-ended", "signature", "content", "issuer"
]  # fmt: skip

_WORDS: dict[Fault, str] = {
    "too-long": "this is longer than any receipt",
    "not-a-receipt": "this is not a consent receipt, or part of it is missing",
    "header": "its header is not that of a consent receipt",
    "algorithm": "it names another way to sign than EdDSA",
    "unknown-key": "it names a key that is not among the keys given",
    "key-ended": "it is dated after the end of the key that signed it",
    "signature": "its signature does not fit: it was changed, or somebody else made it",
    "content": "it is signed but its content is not that of a consent receipt",
    "issuer": "it was given out by another service",
}


class ReceiptError(OnceToldError):
    """A receipt does not hold. fault: why, as a code."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(_WORDS[fault])
        self.fault: Fault = fault


class ReceiptKeyError(OnceToldError):
    """A key or a key set cannot be used; the message holds no key."""
