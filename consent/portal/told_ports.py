"""Lines of a history that tell what others wrote down for the resident, or did in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Wrote = Literal[
    "said-yes",
    "said-no",
    "representative-recorded",
    "representative-ended",
    "ended-by-you",
    "decides-alone",
    "acting-refused",
    "by-representative",
    "by-code",
    "referred",
]


@dataclass(frozen=True, slots=True)
class Told:
    """What was written down, or by whom it was done. role: of the practitioner. capacity: of a representative, in words.

    overtaken: that something said later counts. again: that it was sent before. referral: what became of one, by the log's
    outcome. other: name of the organisation that sent it.
    """

    what: Wrote
    role: str = ""
    capacity: str = ""
    overtaken: bool = False
    again: bool = False
    referral: str = ""
    other: str = ""
