"""What two versions of a text have in common, word by word. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Final

SHORTEST: Final = 3
"""Fewer words than so between two changes say nothing by having stayed: they are shown as changed with them."""
_PIECE: Final = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text. changed: the other version does not have it in this place."""

    text: str
    changed: bool


def compare(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces; put together, the pieces of each are the text unchanged."""
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    matched = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    # The last one is the empty block at both ends (see difflib).
    kept = [one for one in matched[:-1] if _stays(old[one.a : one.a + one.size], one, len(old), len(new))]
    left = _pieces(old, [(one.a, one.a + one.size) for one in kept])
    right = _pieces(new, [(one.b, one.b + one.size) for one in kept])
    return left, right


def _stays(words: list[str], at: Match, olds: int, news: int) -> bool:
    whole = (at.size, at.size) == (olds, news)
    return whole or sum(not word.isspace() for word in words) >= SHORTEST


def _pieces(words: list[str], kept: list[tuple[int, int]]) -> tuple[Piece, ...]:
    pieces, reached = [], 0
    for begin, end in [*kept, (len(words), len(words))]:
        for text, changed in (("".join(words[reached:begin]), True), ("".join(words[begin:end]), False)):
            if text:
                pieces.append(Piece(text, changed))
        reached = end
    return tuple(pieces)
