"""What keeps a speaker out of what everybody reads: our wording may not be theirs, nor look as if it held somebody. Pure.

A help for whoever checks, never instead of them: no pattern knows a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

COPIED_RUN: Final = 6
"""So many words in a row as they were said are a quotation. Shorter runs ("the letters are too long") are common speech."""

_LOOKS_LIKE: Final = (
    (re.compile(r"[^\s@]+@[^\s@]+\.\w+"), "an email address"),
    (re.compile(r"(?:\d[\s().-]{0,2}){7,}"), "a phone number or another long number"),
    (re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}\b", re.IGNORECASE), "a postcode"),
    (re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr)\b\.?\s+[A-Z]"), "somebody's name"),
    (re.compile(r"\b\d+[a-z]?\s+\w+\s+(?:Street|Road|Lane|Close|Avenue|Drive|Court)\b", re.IGNORECASE), "an address"),
)  # fmt: skip
_WORD: Final = re.compile(r"\w+", re.UNICODE)


def looks_personal(text: str) -> str | None:
    """What in the text looks as if it showed who somebody is ("a postcode"); None where nothing does."""
    return next((what for pattern, what in _LOOKS_LIKE if pattern.search(text)), None)


def quotes(ours: str, said: Iterable[str]) -> bool:
    """Whether our wording has six words in a row as somebody said them, or is all that they said."""
    words = _words(ours)
    runs = {words[at : at + COPIED_RUN] for at in range(len(words) - COPIED_RUN + 1)}
    for one in said:
        theirs = _words(one)
        if theirs and words == theirs:
            return True
        if any(theirs[at : at + COPIED_RUN] in runs for at in range(len(theirs) - COPIED_RUN + 1)):
            return True
    return False


def fault_of(ours: str, said: Iterable[str]) -> str | None:
    """What to do about a text that everybody is to read; None where nothing speaks against it."""
    found = looks_personal(ours)
    if found is not None:
        return f"This looks like {found}. Take it out"
    if quotes(ours, said):
        return "Say it in your own words, not as it was said"
    return None


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
