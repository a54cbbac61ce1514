"""Judges an export again, from the file and the log's public keys alone. Whatever it holds, nothing else is believed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit import leaf as leaves_format
from audit.errors import VerificationError
from audit.export.lines import CheckpointLine, EndLine, EntryLine, ExportError, Header, Line, TileLine
from audit.harm import Harm, Seen, TamperedError
from audit.merkle import HASH_BYTES
from audit.note import VerifierKey, parse_signature, split_note
from audit.tampering import Examiner
from audit.tiles import TILE_WIDTH
from audit.tlog_proof import parse_proof
from audit.verify import verify_receipt

TILES_REMEMBERED = 4


class MissingKeyError(ExportError):
    """A key of the log signed what was not given to check by."""

    def __init__(self, key: VerifierKey) -> None:
        super().__init__(
            "the log signed with another key at times: compare it with what the log's keeper published, and give it too: "
            f"--key {key}"
        )
        self.key = key


Reread = Callable[[], Iterable[Line]]
"""Begins the export again from its first line: entries, checkpoints and hashes are read side by side, none held in full."""


@dataclass(frozen=True, slots=True)
class CheckedExport:
    """An export that holds. size: of the log that it proves. entries: those in it; opened: those with their detail."""

    whole: bool
    origin: str
    size: int
    entries: int
    opened: int


def check_export(reread: Reread, keys: Sequence[VerifierKey], kept: Sequence[str] = ()) -> CheckedExport:
    """Check a whole export, or a choice of entries.

    kept: checkpoints that others hold, for a whole export. Raises `TamperedError` for harm, `ExportError` for a file that is
    none or was cut, `VerificationError` for the rest.
    """
    first = next(iter(reread()), None)
    if not isinstance(first, Header):
        raise ExportError("the export does not begin with its header")
    if not first.whole:
        if kept:
            raise ExportError("only a whole export can be held against kept checkpoints")
        return _chosen(first, reread(), keys)
    counts = _Counts()
    examiner = Examiner(keys, _Hashes(reread), kept)
    checkpoints = (_with_a_key(text, first, keys) for text in _checkpoints(reread()))
    verified = examiner.run(_seen(reread(), counts), checkpoints)
    if not counts.ended or verified.size != first.size:
        raise TamperedError(
            Harm.TRUNCATED, counts.entries, counts.entries, "the export is shorter than it says: it was cut"
        )
    if counts.broken is not None:
        # The leaf is what was signed; the detail beside it is not.
        raise TamperedError(Harm.EDITED, counts.broken, counts.broken, "its detail does not fit its leaf")
    if verified.origin != first.origin:
        raise ExportError("the header names another log")
    return CheckedExport(True, verified.origin, verified.size, counts.entries, counts.opened)


@dataclass(slots=True)
class _Counts:
    entries: int = 0
    opened: int = 0
    ended: bool = False
    broken: int | None = None


def _seen(lines: Iterable[Line], counts: _Counts) -> Iterator[Seen]:
    for line in lines:
        if isinstance(line, EndLine):
            counts.ended = line.entries == counts.entries
        elif isinstance(line, EntryLine):
            opens = _opens(line)
            counts.opened += opens is True
            if opens is False and counts.broken is None:
                counts.broken = counts.entries
            counts.entries += 1
            yield Seen(line.index, line.leaf, opens)


def _opens(line: EntryLine) -> bool | None:
    if line.broken:
        return False
    if line.opening is None:
        return None
    try:
        leaves_format.opens(line.leaf, line.opening.salt, line.opening.detail)
    except VerificationError:
        return False
    return True


def _checkpoints(lines: Iterable[Line]) -> Iterator[str]:
    return (line.text for line in lines if isinstance(line, CheckpointLine))


def _with_a_key(text: str, header: Header, keys: Sequence[VerifierKey]) -> str:
    """The note as it is. Raises `MissingKeyError` where only a key signed it that the header names and nobody gave.

    Nothing is believed because the header says so: it only tells what to ask the log's keeper for.
    """
    signed = {parse_signature(line)[:2] for line in split_note(text)[1]}
    if not signed.isdisjoint((key.name, key.key_id) for key in keys):
        return text
    for other in map(VerifierKey.parse, (header.key, *header.others)):
        if (other.name, other.key_id) in signed:
            raise MissingKeyError(other)
    return text


class _Hashes:
    """The leaf hash of a place, from the export's tiles. Asked for places that rise, and only where something is wrong."""

    def __init__(self, reread: Reread) -> None:
        self._reread = reread
        self._tiles: Iterator[TileLine] | None = None
        self._held: OrderedDict[int, bytes] = OrderedDict()

    def __call__(self, place: int) -> bytes | None:
        """The hash, or None where the export holds none."""
        n, at = divmod(place, TILE_WIDTH)
        if self._tiles is None:
            self._tiles = (line for line in self._reread() if isinstance(line, TileLine))
        while n not in self._held:
            line = next(self._tiles, None)
            if line is None:
                return None
            self._held[line.n] = line.hashes
            if len(self._held) > TILES_REMEMBERED:
                self._held.popitem(last=False)
        found = self._held[n][at * HASH_BYTES : (at + 1) * HASH_BYTES]
        return found or None


def _chosen(header: Header, lines: Iterable[Line], keys: Sequence[VerifierKey]) -> CheckedExport:
    entries = opened = size = 0
    ended = False
    for line in lines:
        if isinstance(line, EndLine):
            ended = line.entries == entries
        elif isinstance(line, EntryLine):
            if line.receipt is not None:
                _with_a_key(parse_proof(line.receipt).checkpoint, header, keys)
            size = max(size, check_entry(line, keys))
            entries += 1
            opened += line.opening is not None
    if not ended:
        raise ExportError(f"the export was cut after {entries} of its entries")
    return CheckedExport(False, header.origin, size, entries, opened)


def check_entry(line: EntryLine, keys: Sequence[VerifierKey]) -> int:
    """Check an entry by the receipt it carries; gives the size of the log that proves it. Raises `TamperedError`."""
    if line.receipt is None:
        raise TamperedError(Harm.DELETED, line.index, line.index, "its receipt is missing")
    known = None if line.opening is None else (line.opening.salt, line.opening.detail)
    try:
        verified = verify_receipt(line.receipt, line.leaf, keys, known)
    except VerificationError as error:
        raise TamperedError(Harm.EDITED, line.index, line.index, str(error)) from error
    if line.broken:
        raise TamperedError(Harm.EDITED, line.index, line.index, "its detail does not fit its leaf")
    if verified.index != line.index:
        raise TamperedError(Harm.REORDERED, line.index, line.index, "its receipt is of another place")
    return verified.size
