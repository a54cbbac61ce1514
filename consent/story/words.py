"""The questions of a story, and what an answer may hold (pure).

All but one of the answers are shown to whoever the person allows, also where their whereabouts are secret. So these must not
say where the person is or how to call them: what looks like it is asked to be taken out. The one that may say it,
`how_to_reach_me`, is a location field of the published schema and is held back with every other one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

SECTION: Final = "my-story"
QUESTIONS: Final = ("what_matters", "how_to_reach_me", "told_already", "adjustments")
"""Fields of the section, in the order in which they are asked."""
MAY_LOCATE: Final = frozenset({"how_to_reach_me"})
LONGEST: Final = 2000
"""Characters of one answer, as the published schema has it."""

Fault = Literal["empty", "too-long", "tells-where"]

_STREET: Final = "street|road|avenue|terrace|crescent|gardens"
_ALSO: Final = "close|court|drive|lane|row|square|st|rd|way|place|hill|green"
_TELLS: Final = tuple(
    re.compile(one)
    for one in (
        r"(?i:\b[a-z]{1,2}[0-9][0-9a-z]?\s*[0-9][abd-hjlnp-uw-z]{2}\b)",  # a postcode (BS 7666)
        r"(?<![0-9])(?:\+|00)?(?:[0-9][\s().-]{0,2}){10,14}(?![0-9])",  # a telephone number: at least ten digits
        r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}",  # an e-mail address
        rf"\b[0-9]{{1,4}}[A-Za-z]?,?\s+(?:[^\W\d]\S*\s+){{1,2}}(?i:{_STREET})\b",  # a house number and a street
        # Words that mean other things too ("2 close friends") count after a name only.
        rf"\b[0-9]{{1,4}}[A-Za-z]?,?\s+(?:[A-Z]\S*\s+){{1,2}}(?i:{_ALSO})\b",
        r"(?i:\b(?:flat|apartment|room)\s+[0-9]{1,4}[a-z]?\b)",
        r"///\s*[a-z]+\.[a-z]+\.[a-z]+",  # a place in three words
    )
)


@dataclass(frozen=True, slots=True)
class Story:
    """What a person told. answers: question -> their words and since when these stand; only questions that were answered."""

    answers: Mapping[str, tuple[str, datetime]] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return bool(self.answers)

    def with_answer(self, question: str, words: str, at: datetime) -> Story:
        """The story with these words in place of the ones before; empty words take the answer out."""
        kept = {name: answer for name, answer in self.answers.items() if name != question}
        return Story(kept | {question: (words, at)} if words else kept)


NO_STORY: Final = Story()


def tidy(text: str) -> str:
    """What was typed, with line ends as one character and without characters that nobody can see or type."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = "".join(one for one in lines if one == "\n" or unicodedata.category(one) not in {"Cc", "Cs", "Co"})
    return unicodedata.normalize("NFC", seen).strip()


def fault_of(question: str, words: str) -> Fault | None:
    """What is wrong with an answer, tidied before; None where it can be kept."""
    if not words:
        return "empty"
    if len(words) > LONGEST:
        return "too-long"
    if question not in MAY_LOCATE and any(tells.search(words) for tells in _TELLS):
        return "tells-where"
    return None
