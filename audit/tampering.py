"""Goes through a whole log and names the first harm done to it, with the index of the first entry that is bad. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from audit import leaf as leaves_format
from audit.checkpoint import Checkpoint, open_checkpoint
from audit.diagnosis import Batch
from audit.errors import VerificationError
from audit.harm import Harm, Seen, TamperedError
from audit.merkle import Frontier, Node, extend, leaf_hash
from audit.note import VerifierKey
from audit.verify import VerifiedLog

LOOK_AHEAD = 256
"""Entries read beyond a bad batch, to tell what is missing from what stands elsewhere: what moved further is edited."""

SPAN = 1024
"""Entries held at a time, where checkpoints lie far apart: an export of any length needs little memory."""


def no_hash(_: int) -> bytes | None:
    """For logs of which nothing but leaves and checkpoints is at hand."""
    return None


@dataclass(slots=True)
class _Taken:
    """The entries of one batch: those held, the place of the first held, the tree with all of them, roots on the way."""

    seen: list[Seen]
    held_from: int
    frontier: Frontier
    roots: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class Examiner:
    """Goes through one log from its beginning, once.

    keys: the log's. expected: the leaf hash that was kept elsewhere for a place; None where there is none.
    kept: checkpoints of the same log that others hold. grown: told of every complete subtree, as `merkle.extend` gives them.
    """

    keys: Sequence[VerifierKey]
    expected: Callable[[int], bytes | None] = no_hash
    kept: Sequence[str] = ()
    grown: Callable[[Sequence[Node]], None] | None = None
    _others: list[Checkpoint] = field(default_factory=list, init=False)
    _agreed: int = field(default=0, init=False)
    _time_ms: int = field(default=0, init=False)
    _misplaced: bool = field(default=False, init=False)
    _late: int | None = field(default=None, init=False)

    def run(self, entries: Iterable[Seen], checkpoints: Iterable[str]) -> VerifiedLog:
        """Read both once, checkpoints in the order of their sizes; neither is ever held in full.

        Raises `TamperedError` for the first harm; `VerificationError` where a kept checkpoint is none of this log's keys.
        """
        opened = sorted((open_checkpoint(text, self.keys) for text in self.kept), key=_by_size)
        # An empty log is continued by every log, so a checkpoint of one says nothing.
        self._others = [one for one in opened if one.size]
        left, signed = iter(entries), iter(checkpoints)
        last: Checkpoint | None = None
        frontier, count = Frontier.empty(), 0
        for text in signed:
            now = self._opened(text, last, frontier.size)
            taken = self._take(left, frontier, now.size)
            if taken.frontier.size != now.size or taken.frontier.root() != now.root or self._misplaced:
                raise self._diagnosed(frontier, now, taken, left, signed)
            self._compare(taken, now)
            frontier, last, count = taken.frontier, now, count + 1
        if last is None:
            raise TamperedError(Harm.TRUNCATED, 0, 0, "there is no checkpoint")
        if next(left, None) is not None:
            raise TamperedError(Harm.INSERTED, last.size, last.size, "no checkpoint covers it")
        if self._others:
            longest = self._others[-1].size
            raise TamperedError(
                Harm.ROLLED_BACK, last.size, longest - 1, "a checkpoint that was kept is of a longer log"
            )
        return VerifiedLog(last.origin, last.size, last.root, count)

    def _opened(self, text: str, last: Checkpoint | None, at: int) -> Checkpoint:
        try:
            checkpoint = open_checkpoint(text, self.keys)
        except VerificationError as error:
            raise TamperedError(Harm.EDITED, at, at, f"its checkpoint is not the log's: {error}") from error
        if last is not None and checkpoint.origin != last.origin:
            raise TamperedError(Harm.FORKED, at, at, "its checkpoint names another log")
        if checkpoint.size < at:
            raise TamperedError(Harm.REORDERED, checkpoint.size, at, "the checkpoints stand out of order")
        return checkpoint

    def _take(self, left: Iterator[Seen], frontier: Frontier, size: int) -> _Taken:
        """Hash the entries up to a size, with the roots at the sizes of kept checkpoints on the way."""
        taken = _Taken([], frontier.size, frontier)
        while taken.frontier.size < size:
            at = taken.frontier.size
            stops = (one.size for one in self._others if at < one.size < size)
            seen = list(islice(left, min(size - at, SPAN, next(stops, size) - at)))
            if not seen:
                break
            self._look(at, seen)
            if len(taken.seen) + len(seen) > SPAN:
                taken.seen, taken.held_from = [], at
            taken.seen += seen
            grown = extend(taken.frontier, [leaf_hash(one.leaf) for one in seen])
            if self.grown is not None:
                self.grown(grown.completed)
            taken.frontier = grown.frontier
            taken.roots[grown.frontier.size] = grown.root
        return taken

    def _look(self, first: int, seen: Sequence[Seen]) -> None:
        for place, one in enumerate(seen, first):
            try:
                time_ms = leaves_format.parse(one.leaf).time_ms
            except VerificationError as error:
                raise TamperedError(Harm.EDITED, place, place, str(error)) from error
            if one.index != place:
                self._misplaced = True
            if time_ms < self._time_ms and self._late is None:
                self._late = place
            self._time_ms = time_ms

    def _compare(self, taken: _Taken, now: Checkpoint) -> None:
        """Hold what others kept of sizes up to this one against a batch that is what was signed."""
        if self._late is not None:
            raise TamperedError(
                Harm.INSERTED, self._late, self._late, "it is signed, but dated before the one it follows"
            )
        while self._others and self._others[0].size <= now.size:
            other = self._others.pop(0)
            if taken.roots.get(other.size) != other.root or other.origin != now.origin:
                why = "a checkpoint that was kept is of another log"
                raise TamperedError(Harm.FORKED, self._agreed, other.size - 1, why)
            self._agreed = other.size

    def _diagnosed(
        self, before: Frontier, now: Checkpoint, taken: _Taken, left: Iterator[Seen], signed: Iterator[str]
    ) -> TamperedError:
        beyond = list(islice(left, LOOK_AHEAD))
        batch = Batch(before, now.size, now.root, taken.seen, taken.held_from, beyond)
        found = batch.exact(self.expected)
        if found is not None:
            return found
        total = taken.held_from + len(taken.seen) + len(beyond) + sum(1 for _ in left)
        return batch.by_count(total, max(chain([now.size], map(_stated_size, signed))))


def _by_size(checkpoint: Checkpoint) -> int:
    return checkpoint.size


def _stated_size(text: str) -> int:
    """The size that a checkpoint states, unverified: only to tell too few entries from too many."""
    lines = text.split("\n", 2)
    return int(lines[1]) if len(lines) == 3 and lines[1].isdecimal() else 0
