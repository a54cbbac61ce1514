"""Checks the store itself: every leaf against tiles, frontier, checkpoints, index and details. Streams; changes nothing.

The tree comes first: one harm there and everything that hangs on places is in doubt. What stands beside the leaves is
checked all the same, so that what can be found in one run is found in one run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import column, func, select, table

from audit import leaf as leaves_format
from audit.checkpoint import open_checkpoint
from audit.entries import Opening, open_entry
from audit.errors import VerificationError
from audit.export.rows import ExportRows, Row, Selection
from audit.facets import code_of, facet_number
from audit.fsck_tiles import TilesBeside
from audit.harm import Harm, Seen, TamperedError
from audit.merkle import HASH_BYTES
from audit.note import VerifierKey
from audit.reader import StoredEntry
from audit.retired import cutoffs_told
from audit.store import Head
from audit.tampering import Examiner
from audit.tiles import TILE_WIDTH
from core.keys import KeyStore, MissingKeyError, SubjectKey
from core.sealing import SealError
from core.storage import Database

FINDINGS_MAXIMUM = 50
_COLUMNS = ("kind", "outcome", "recipient", "role", "purpose")
_BATCH = table("log_batch", column("first"), column("size"), column("checkpoint"))
_HEAD = table("log_head", column("id"), column("size"))
_END = select(_HEAD.c.size).where(_HEAD.c.id == 1).scalar_subquery()
_BEYOND = {
    "log_entry": "index",
    "log_entry_detail": "index",
    "log_entry_organisation": "index",
    "log_batch": "size",
}
_KEYS_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. part: leaf, checkpoint, head, tile, detail or index. first, last: entries."""

    part: str
    harm: Harm
    first: int
    last: int
    why: str


@dataclass(slots=True)
class Report:
    """What was found. size: entries of the log. opened, erased, retired: details that open, whose key or time is gone."""

    size: int = 0
    opened: int = 0
    erased: int = 0
    retired: int = 0
    findings: list[Finding] = field(default_factory=list)
    more: int = 0

    @property
    def clean(self) -> bool:
        """Whether all is as it should be."""
        return not self.findings

    def add(self, part: str, harm: Harm, first: int, why: str, last: int | None = None) -> None:
        """Note a finding; beyond the first fifty they are only counted."""
        if len(self.findings) < FINDINGS_MAXIMUM:
            self.findings.append(Finding(part, harm, first, first if last is None else last, why))
        else:
            self.more += 1


@dataclass(frozen=True, slots=True)
class Fsck:
    """Checks one log. verifier_keys: all keys that the log ever signed with."""

    database: Database
    keys: KeyStore
    verifier_keys: Sequence[VerifierKey]

    def run(self, kept: Sequence[str] = ()) -> Report:
        """Check everything. kept: checkpoints that others hold. Raises `VerificationError` where there is no log at all."""
        rows = ExportRows(self.database, self.keys)
        head = rows.head()
        report = Report(head.frontier.size)
        tiles = TilesBeside(rows.store, self.database, report.size)
        beside = _Beside(self.keys, cutoffs_told(self.database, self.keys), report)
        examiner = Examiner(self.verifier_keys, _Hashes(rows), kept, tiles.grown)
        try:
            verified = examiner.run(
                beside.through(rows.entries(Selection(), report.size)), _checkpoints(rows, head)
            )
        except TamperedError as error:
            report.findings.insert(0, Finding("leaf", error.harm, error.first, error.last, error.why))
            # The rest of what stands beside the leaves is looked at without the tree.
            for _ in beside.through(rows.entries(Selection(), report.size), beside.seen):
                pass
        else:
            if verified.size == report.size:
                # Only the hashes of a tree that is what was signed can judge tiles and head.
                self._tiles(tiles, report)
                self._head(head, tiles, report)
            else:
                why = "the head says that there are more"
                report.add("leaf", Harm.TRUNCATED, verified.size, why, report.size - 1)
        self._batches(report)
        self._strays(report)
        return report

    def _tiles(self, tiles: TilesBeside, report: Report) -> None:
        for level, n, why in tiles.wrong():
            first = min(n * TILE_WIDTH ** (level + 1), report.size)
            report.add("tile", Harm.EDITED, first, f"tile {level}/{n} {why}")

    def _head(self, head: Head, tiles: TilesBeside, report: Report) -> None:
        """The row that the next batch grows from."""
        try:
            signed = open_checkpoint(head.checkpoint, self.verifier_keys)
        except VerificationError as error:
            report.add("head", Harm.EDITED, report.size, str(error))
            return
        if signed.size != report.size or signed.root != head.frontier.root():
            report.add("head", Harm.EDITED, report.size, "its checkpoint is not of its frontier")
        if head.frontier.hashes != tiles.frontier():
            report.add("head", Harm.EDITED, report.size, "its frontier is not the leaves'")

    def _batches(self, report: Report) -> None:
        """Each batch begins where the one before ended, and its checkpoint is of the size where it ends."""
        at = 0
        wanted = select(_BATCH.c.first, _BATCH.c.size, _BATCH.c.checkpoint)
        wanted = wanted.where(_BATCH.c.size <= report.size).order_by(_BATCH.c.size)
        with self.database.read() as tx:
            for first, size, text in tx.execution_options(yield_per=1000).execute(wanted):
                if first != at:
                    harm = Harm.DELETED if first > at else Harm.INSERTED
                    report.add(
                        "checkpoint", harm, min(first, at), "a batch does not follow the one before", first
                    )
                if text.split("\n", 2)[1:2] != [str(size)]:
                    report.add(
                        "checkpoint", Harm.EDITED, first, "a batch's checkpoint is of another size", size - 1
                    )
                at = size
        if at != report.size:
            report.add(
                "checkpoint", Harm.TRUNCATED, at, "the batches end before the log does", report.size - 1
            )

    def _strays(self, report: Report) -> None:
        """Rows beyond the end. Each is one statement, so that a log which grows meanwhile has none."""
        for name, place in _BEYOND.items():
            stray = table(name, column(place))
            wanted = select(func.min(stray.c[place])).where(stray.c[place] >= _END)
            if name == "log_batch":
                wanted = select(func.min(stray.c[place])).where(stray.c[place] > _END)
            with self.database.read() as tx:
                first = tx.execute(wanted).scalar_one()
            if first is not None:
                part = {"log_entry": "leaf", "log_batch": "checkpoint"}.get(name, "index")
                report.add(part, Harm.INSERTED, report.size, f"{name} holds rows beyond the end of the log")


def _checkpoints(rows: ExportRows, head: Head) -> Iterator[str]:
    last = -1
    for size, text in rows.checkpoints(head.frontier.size):
        last = size
        yield text
    if last != head.frontier.size:
        # The empty log's, which no batch made; or that of a batch whose row is missing, which is told apart later.
        yield head.checkpoint


class _Hashes:
    """The leaf hash of a place, as the tiles hold it."""

    def __init__(self, rows: ExportRows) -> None:
        self._rows = rows
        self._held: tuple[int, bytes] = (-1, b"")

    def __call__(self, place: int) -> bytes | None:
        n, at = divmod(place, TILE_WIDTH)
        if self._held[0] != n:
            self._held = (n, self._rows.store.tile(0, n) or b"")
        return self._held[1][at * HASH_BYTES : (at + 1) * HASH_BYTES] or None


@dataclass(slots=True)
class _Beside:
    """Checks what stands beside each leaf while the leaves go by. seen: how many went by."""

    keys: KeyStore
    retired: Mapping[str, int]
    report: Report
    seen: int = 0
    _held: dict[bytes, SubjectKey | None] = field(default_factory=dict)

    def through(self, rows: Iterator[Row], skip: int = 0) -> Iterator[Seen]:
        """Pass the rows on as `audit.tampering` takes them; the first `skip` of them were checked before."""
        for n, row in enumerate(rows):
            if n >= skip:
                self.seen += 1
                yield Seen(row.index, row.leaf, self._opens(row))

    def _opens(self, row: Row) -> bool | None:
        stored, index = row.stored, row.index
        if stored is None:
            self.report.add("index", Harm.DELETED, index, "nothing stands beside the leaf any more")
            return None
        try:
            leaf = leaves_format.parse(row.leaf)
        except VerificationError:
            return False
        if leaf.time_ms != stored.at_ms:
            self.report.add("index", Harm.EDITED, index, "the time beside the leaf is another one")
        if not stored.sealed:
            if not _is_found_by(row, stored, None):
                self.report.add("index", Harm.EDITED, index, "it is found by what it is not")
            if leaf.time_ms >= self.retired.get(stored.kind, 0):
                self.report.add("detail", Harm.DELETED, index, "its detail was deleted before its time")
            else:
                self.report.retired += 1
            return None
        key = self._key(stored.tag)
        if key is None:
            if not _is_found_by(row, stored, None):
                self.report.add("index", Harm.EDITED, index, "it is found by what it is not")
            self.report.erased += 1
            return None
        try:
            opening = open_entry(stored.sealed, leaf.commitment, key)
            leaves_format.opens(row.leaf, opening.salt, opening.detail)
        except (SealError, VerificationError):
            self.report.add("detail", Harm.EDITED, index, "its detail does not fit its leaf")
            return False
        self.report.opened += 1
        self._columns(row, stored, opening)
        return True

    def _columns(self, row: Row, stored: StoredEntry, opening: Opening) -> None:
        """What officers search by says what the detail says, and the leaf commits to."""
        wrong = [name for name in _COLUMNS if opening.detail.get(name) != getattr(stored, name)]
        if list(row.organisations) != opening.detail.get("organisations"):
            wrong.append("organisations")
        inner = opening.detail.get("detail")
        if not _is_found_by(row, stored, inner.get("person") if isinstance(inner, Mapping) else None):
            wrong.append("what it is found by")
        if wrong:
            self.report.add("index", Harm.EDITED, row.index, f"{', '.join(wrong)}: not what the detail says")

    def _key(self, tag: bytes) -> SubjectKey | None:
        if tag not in self._held:
            if len(self._held) >= _KEYS_REMEMBERED:
                self._held.clear()
            try:
                self._held[tag] = self.keys.by_tag(tag)
            except MissingKeyError:
                self._held[tag] = None
        return self._held[tag]


def _is_found_by(row: Row, stored: StoredEntry, person: object) -> bool:
    """Whether it is found by what it is, and by its person only while they can be known."""
    number = facet_number(stored.kind, stored.outcome, stored.recipient, stored.role, stored.purpose)
    codes = {code for _, code in row.found_by if code is not None}
    return all(facet == number for facet, _ in row.found_by) and codes <= {code_of(person)}
