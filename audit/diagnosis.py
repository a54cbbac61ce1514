"""Which harm made a batch's root wrong, from what else survived. Pure.

A signed checkpoint says only that a batch is not what it was. Which entry it was follows from the places that the entries
state, from hashes kept elsewhere (tiles), from details that no longer fit their leaves, and from what makes the root right
again. Where nothing of that is left, the harm is named with the batch in which it lies: more cannot be proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit.harm import Harm, Seen, TamperedError
from audit.merkle import Frontier, extend, leaf_hash

REMOVALS_MAXIMUM = 512
MOVES_MAXIMUM = 48
"""Entries in a batch up to which the root is tried without each one, and with each one in every other place."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that is not what was signed.

    before: the tree before it. size, root: what was signed. seen: its entries as found, or the last of them where
    `held_from` is beyond its start. beyond: some that were found after it.
    """

    before: Frontier
    size: int
    root: bytes
    seen: Sequence[Seen]
    held_from: int
    beyond: Sequence[Seen]

    @property
    def start(self) -> int:
        """The place of its first entry."""
        return self.before.size

    def exact(self, kept: Callable[[int], bytes | None]) -> TamperedError | None:
        """The harm, with the one entry where it begins; None where that cannot be told.

        kept: the leaf hash that was kept elsewhere for a place.
        """
        found = self._by_places()
        if found is not None or self.held_from != self.start:
            return found
        hashes = [kept(index) for index in range(self.start, self.size + len(self.beyond))]
        return self._by_hashes(hashes) or self._by_details() or self._by_trying() or self._by_end(hashes)

    def by_count(self, total: int, size: int) -> TamperedError:
        """The harm, as far as the number of entries tells it: of all found, and of all signed."""
        last = self.size - 1
        if total < size:
            cut = self.held_from + len(self.seen) < self.size
            harm = Harm.TRUNCATED if cut else Harm.DELETED
            return TamperedError(harm, self.start, size - 1 if cut else last, "entries are missing")
        if total > size:
            return TamperedError(Harm.INSERTED, self.start, last, "there are more entries than were signed")
        return TamperedError(Harm.EDITED, self.start, last, "the signed root is another")

    def _by_places(self) -> TamperedError | None:
        stated = [one.index for one in (*self.seen, *self.beyond)]
        wrong = next((at for at, index in enumerate(stated) if index != self.held_from + at), None)
        if wrong is None:
            return None
        place = self.held_from + wrong
        if stated[wrong] in stated[:wrong]:
            # Of two that state one place either may be the new one; the root knows which.
            return self._by_trying() or TamperedError(
                Harm.INSERTED, stated[wrong], place, "two entries state one place"
            )
        if place in stated:
            return TamperedError(Harm.REORDERED, place, place, "the entries state another order")
        if place < self.size:
            return TamperedError(Harm.DELETED, place, place, "no entry states that place")
        return None

    def _by_hashes(self, kept: Sequence[bytes | None]) -> TamperedError | None:
        """By hashes that were kept, if they make the signed root."""
        count = self.size - self.start
        expected = [one for one in kept if one is not None]
        if len(expected) < count or not self._is(expected[:count]):
            return None
        found = self._hashes()
        at = next((n for n, one in enumerate(found[:count]) if one != expected[n]), None)
        if at is None:
            return TamperedError(
                Harm.TRUNCATED, self.start + len(found), self.size - 1, "the entries end before it"
            )
        place = self.start + at
        return TamperedError(_harm(found[at:], expected[at:]), place, place, "a hash kept of it is another")

    def _by_details(self) -> TamperedError | None:
        for place, one in enumerate(self.seen, self.start):
            if one.opens is False:
                return TamperedError(Harm.EDITED, place, place, "its detail does not fit its leaf")
        return None

    def _by_trying(self) -> TamperedError | None:
        """By what makes the root right again: one entry fewer, or one moved."""
        count, found = self.size - self.start, self._hashes()
        if len(found) > count and count <= REMOVALS_MAXIMUM:
            for at in range(count):
                if self._is([*found[:at], *found[at + 1 : count + 1]]):
                    place = self.start + at
                    return TamperedError(Harm.INSERTED, place, place, "without it the root is right")
        if len(found) >= count and count <= MOVES_MAXIMUM:
            for at, order in _moves(found[:count]):
                if self._is(order):
                    place = self.start + at
                    return TamperedError(Harm.REORDERED, place, place, "in another order the root is right")
        return None

    def _by_end(self, kept: Sequence[bytes | None]) -> TamperedError | None:
        """Where the entries end within it, if those that are there are what was kept of them."""
        found = self._hashes()
        if self.start + len(found) >= self.size or found != list(kept[: len(found)]):
            return None
        return TamperedError(
            Harm.TRUNCATED, self.start + len(found), self.size - 1, "the entries end before it"
        )

    def _hashes(self) -> list[bytes]:
        return [leaf_hash(one.leaf) for one in (*self.seen, *self.beyond)]

    def _is(self, hashes: Sequence[bytes]) -> bool:
        return extend(self.before, hashes).frontier.root() == self.root


def _harm(found: Sequence[bytes], expected: Sequence[bytes]) -> Harm:
    """What happened where what was found first differs from what was expected."""
    extra = found.count(found[0]) > expected.count(found[0])
    if found[1:2] == [expected[0]] and extra:
        return Harm.INSERTED
    if expected[1:2] == [found[0]] and expected[0] not in found:
        return Harm.DELETED
    return Harm.EDITED if extra or expected[0] not in found else Harm.REORDERED


def _moves(hashes: Sequence[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Every order in which one entry moved or two changed places, with the first place that it concerns."""
    for at in range(len(hashes)):
        for to in range(len(hashes)):
            if at != to:
                rest = [*hashes[:at], *hashes[at + 1 :]]
                yield min(at, to), [*rest[:to], hashes[at], *rest[to:]]
            if at < to:
                swapped = list(hashes)
                swapped[at], swapped[to] = swapped[to], swapped[at]
                yield at, swapped
