"""Writes the log as NDJSON: whole, or as a choice of entries that each carry their receipt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from audit.entries import Opening
from audit.errors import VerificationError
from audit.export.lines import CheckpointLine, EndLine, EntryLine, Header, Line, TileLine
from audit.export.rows import ExportRows, Row, Selection
from audit.note import VerifierKey
from audit.store import Head
from audit.tiles import TILE_WIDTH

May = Callable[[Row, Opening], bool]
"""Whether whoever asked for the export may have what opens an entry."""


def everybody(_: Row, __: Opening) -> bool:
    """The operator's own export, who holds the keys anyhow."""
    return True


@dataclass(frozen=True, slots=True)
class Exporting:
    """Writes exports of one log. key: the log's; others: those that signed before, or sign beside it."""

    rows: ExportRows
    key: VerifierKey
    others: tuple[VerifierKey, ...] = ()

    def lines(self, selection: Selection, may_open: May | None, now: datetime) -> Iterator[Line]:
        """Every line, in order. may_open: None for an export without openings, which the whole public may have.

        Raises `VerificationError` where there is no log, or one without a proof for an entry.
        """
        head = self.rows.head()
        size = head.frontier.size
        made = now.isoformat(timespec="seconds")
        yield Header(selection.whole, self.key.name, str(self.key), size, made, tuple(map(str, self.others)))
        count = 0
        for line in (
            self._whole(head, may_open) if selection.whole else self._chosen(selection, head, may_open)
        ):
            count += isinstance(line, EntryLine)
            yield line
        yield EndLine(count)

    def _whole(self, head: Head, may_open: May | None) -> Iterator[Line]:
        size = head.frontier.size
        checkpoints = self.rows.checkpoints(size)
        due, last = next(checkpoints, None), -1
        for at, row in enumerate(self.rows.entries(Selection(), size)):
            while due is not None and due[0] <= at:
                yield CheckpointLine(due[1])
                last, due = due[0], next(checkpoints, None)
            if at % TILE_WIDTH == 0:
                yield TileLine(at // TILE_WIDTH, self.rows.hashes(at // TILE_WIDTH, size))
            yield self._entry(row, may_open)
        while due is not None:
            yield CheckpointLine(due[1])
            last, due = due[0], next(checkpoints, None)
        if last != size:
            # The empty log's, which no batch made; or the last batch's, whose row is missing.
            yield CheckpointLine(head.checkpoint)

    def _chosen(self, selection: Selection, head: Head, may_open: May | None) -> Iterator[Line]:
        for row in self.rows.entries(selection, head.frontier.size):
            yield self._entry(row, may_open, self.rows.receipt(row.index, head))

    def _entry(self, row: Row, may_open: May | None, receipt: str | None = None) -> EntryLine:
        if may_open is None:
            return EntryLine(row.index, row.leaf, receipt=receipt)
        try:
            opening = self.rows.opening(row)
        except VerificationError:
            # Written down rather than raised: an export of a log that was tampered with is what an inquiry needs.
            return EntryLine(row.index, row.leaf, broken=True, receipt=receipt)
        allowed = opening is not None and may_open(row, opening)
        return EntryLine(row.index, row.leaf, opening if allowed else None, receipt=receipt)
