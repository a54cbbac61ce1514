"""What a rule covers, as a box: purposes x recipients x sources x fields x time. `*` is any. Pure.

Boxes can be cut with one another and taken from one another; where what is left is not a sum of boxes that the ledger can
hold ("anybody but X"), `Leftover` is raised: rounding it up would permit more, and rounding it down would say less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from core.errors import OnceToldError

Names = frozenset[tuple[str, ...]]
"""Each name has one part (an id) or two (section, field); any part may be `*`."""


Side: TypeAlias = Literal["purposes", "recipients", "sources", "pairs"]
SIDES: tuple[Side, ...] = ("purposes", "recipients", "sources", "pairs")


class Leftover(OnceToldError):  # noqa: N818 - the answer of a subtraction, not a fault
    """What is left of a set is "any but some", which names cannot say. side: which of the box's sides."""

    def __init__(self, side: Side) -> None:
        super().__init__("any but some")
        self.side = side


@dataclass(frozen=True, slots=True)
class Box:
    """What a rule covers. pairs: (section, field). from_ inclusive, until exclusive; None is open."""

    purposes: Names
    recipients: Names
    sources: Names
    pairs: Names
    from_: datetime | None = None
    until: datetime | None = None

    @property
    def empty(self) -> bool:
        """Whether it covers nothing."""
        nothing = not (self.purposes and self.recipients and self.sources and self.pairs)
        return nothing or (self.from_ is not None and self.until is not None and self.until <= self.from_)

    def side(self, side: Side) -> Names:
        """What it names on one side."""
        names: Names = getattr(self, side)
        return names

    def with_side(self, side: Side, names: Names) -> Box:
        """The same with other names on one side."""
        sides = {one: names if one == side else self.side(one) for one in SIDES}
        return Box(**sides, from_=self.from_, until=self.until)


ANYBODY: Names = frozenset({("*",)})
ANYTHING: Names = frozenset({("*", "*")})


def both(one: Names, other: Names) -> Names:
    """What both name."""
    met = (_meet(a, b) for a in one for b in other)
    return frozenset(name for name in met if name is not None)


def less(one: Names, other: Names, side: Side) -> Names:
    """What the one names and the other does not. Raises `Leftover`."""
    left = set()
    for name in one:
        if any(_covers(taken, name) for taken in other):
            continue
        if any(_meet(taken, name) is not None for taken in other):
            raise Leftover(side)
        left.add(name)
    return frozenset(left)


def cut(one: Box, other: Box) -> Box:
    """What both cover; perhaps nothing."""
    begins = max((t for t in (one.from_, other.from_) if t is not None), default=None)
    ends = min((t for t in (one.until, other.until) if t is not None), default=None)
    sides = {side: both(one.side(side), other.side(side)) for side in SIDES}
    return Box(**sides, from_=begins, until=ends)


def take(one: Box, other: Box) -> Iterator[Box]:
    """What the one covers and the other does not, as boxes that do not overlap. Raises `Leftover`."""
    common = cut(one, other)
    if common.empty:
        yield one
        return
    if common.from_ is not None and (one.from_ is None or one.from_ < common.from_):
        yield replace(one, until=common.from_)
    if common.until is not None and (one.until is None or common.until < one.until):
        yield replace(one, from_=common.until)
    rest = replace(one, from_=common.from_, until=common.until)
    for side in SIDES:
        left = less(rest.side(side), common.side(side), side)
        if left:
            yield rest.with_side(side, left)
        rest = rest.with_side(side, common.side(side))


def take_all(boxes: Iterator[Box] | tuple[Box, ...], others: tuple[Box, ...]) -> tuple[Box, ...]:
    """What the boxes cover and none of the others does. Raises `Leftover`."""
    found = tuple(box for box in boxes if not box.empty)
    for other in others:
        found = tuple(left for box in found for left in take(box, other) if not left.empty)
    return found


def inside(one: Box, other: Box) -> bool:
    """Whether the one covers nothing but what the other covers."""
    within_time = (other.from_ is None or (one.from_ is not None and other.from_ <= one.from_)) and (
        other.until is None or (one.until is not None and one.until <= other.until)
    )
    return within_time and all(
        any(_covers(wide, name) for wide in other.side(side)) for side in SIDES for name in one.side(side)
    )


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    parts = []
    for a, b in zip(one, other, strict=True):
        if a != b and "*" not in (a, b):
            return None
        parts.append(b if a == "*" else a)
    return tuple(parts)


def _covers(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    return all(a in ("*", b) for a, b in zip(wide, narrow, strict=True))
