"""Checks what strangers hold, offline, from files and public keys only: receipts, exports, evidence packs, proofs of growth.

What a file is follows from how it begins, so that there is one command to remember.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from audit.checkpoint import open_checkpoint
from audit.entries import Opening
from audit.errors import VerificationError
from audit.export.checking import check_export
from audit.export.growth import check_growth, prove_growth
from audit.export.lines import CheckpointLine, Line, read_lines
from audit.export.packing import check_pack
from audit.note import VerifierKey
from audit.text import from_base64
from audit.tiles import TILE_WIDTH, Resource, split_hashes
from audit.tlog_proof import HEADER, parse_proof
from audit.verify import verify_pair, verify_receipt

ZIP = b"PK\x03\x04"
_PEEK = 4096


@dataclass(frozen=True, slots=True)
class Given:
    """What a stranger has beside the file. keys: public keys of the log. older: an older checkpoint, for proofs of growth.

    kept: checkpoints, receipts or exports that others hold of the same log. tiles: a folder of the newer log's tiles.
    """

    keys: Sequence[str]
    leaf: str | None = None
    opening: Path | None = None
    kept: Sequence[Path] = ()
    older: Path | None = None
    tiles: Path | None = None


def verify_file(file: Path, given: Given) -> list[str]:
    """What was found, line by line. Raises `VerificationError` when anything does not hold."""
    keys = tuple(VerifierKey.parse(one) for one in given.keys)
    begin = _peek(file)
    if begin.startswith(ZIP):
        return _pack(file, keys)
    if begin.startswith(b'{"oncetold"'):
        return _export(file, keys, given)
    if begin.startswith(HEADER.encode()):
        if given.leaf is None:
            raise VerificationError("a receipt is of a leaf: give it with --leaf")
        return verify_files(file, given.leaf, keys, given.opening)
    if begin.startswith(b"old "):
        return _growth(file, keys, given)
    return _pair(file, keys, given)


def verify_files(receipt: Path, leaf: str, keys: Sequence[VerifierKey], opening: Path | None) -> list[str]:
    """Check a receipt. Raises `VerificationError` when anything does not hold."""
    raw = from_base64("".join(leaf.split()))
    if raw is None:
        raise VerificationError("the leaf is not base64")
    known = None if opening is None else _opening(opening)
    verified = verify_receipt(
        _read(receipt), raw, keys, None if known is None else (known.salt, known.detail)
    )
    lines = [
        f"entry {verified.index} stands in a log of {verified.size} entries, since {verified.time.isoformat()}"
    ]
    if known is not None:
        lines.append(f"it says: {json.dumps(known.detail, ensure_ascii=False, sort_keys=True)}")
    return lines


def prove(older: Path, newer: Path, tiles: Path, keys: Sequence[str]) -> str:
    """The file that proves to others that the newer checkpoint's log continues the older one's."""
    known = tuple(VerifierKey.parse(one) for one in keys)
    lookup = _Folder(tiles, open_checkpoint(_read(newer), known).size)
    return prove_growth(_read(older), _read(newer), lookup, known)


def kept_checkpoints(files: Iterable[Path]) -> list[str]:
    """The checkpoints in files that others kept: a checkpoint, a receipt, or all of an export."""
    found: list[str] = []
    for file in files:
        begin = _peek(file)
        if begin.startswith(b'{"oncetold"'):
            found += (line.text for line in _lines(file) if isinstance(line, CheckpointLine))
        elif begin.startswith(HEADER.encode()):
            found.append(parse_proof(_read(file)).checkpoint)
        else:
            found.append(_read(file))
    return found


def _export(file: Path, keys: Sequence[VerifierKey], given: Given) -> list[str]:
    checked = check_export(lambda: _lines(file), keys, kept_checkpoints(given.kept))
    if not checked.whole:
        return [
            f"{checked.entries} entries stand in a log of {checked.size} entries ({checked.origin})",
            f"{checked.opened} of them come with their detail, which is what was logged",
        ]
    lines = [
        f"the whole log {checked.origin}: {checked.size} entries, each as its signed checkpoints state",
        f"{checked.opened} of them come with their detail, which is what was logged",
    ]
    if given.kept:
        lines.append("it continues what was kept of it")
    return lines


def _pack(file: Path, keys: Sequence[VerifierKey]) -> list[str]:
    with _opened(file) as source:
        checked = check_pack(source, keys)
    return [
        *checked.about,
        "every file is the one that the log's key signed for",
        f"each entry stands in a log of {checked.size} entries; {checked.opened} come with their detail",
    ]


def _growth(file: Path, keys: tuple[VerifierKey, ...], given: Given) -> list[str]:
    if given.older is None:
        raise VerificationError("a proof of growth begins at an older checkpoint: give it with --older")
    old, new = check_growth(_read(given.older), _read(file), keys)
    return [f"the log of {new} entries is the log of {old} entries, grown"]


def _pair(file: Path, keys: tuple[VerifierKey, ...], given: Given) -> list[str]:
    newer = _read(file)
    checkpoint = open_checkpoint(newer, keys)
    signed = f"signed by its log: {checkpoint.origin}, {checkpoint.size} entries"
    if given.older is None:
        return [signed]
    older = _read(given.older)
    if given.tiles is None:
        # Without tiles only equal sizes and an empty beginning need no proof.
        verify_pair(older, newer, (), keys)
    else:
        prove_growth(older, newer, _Folder(given.tiles, checkpoint.size), keys)
    return [signed, f"it is the log of {open_checkpoint(older, keys).size} entries, grown"]


class _Folder:
    """Tiles in a folder, laid out as under `/log/` (c2sp.org/tlog-tiles)."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._size = size

    def __call__(self, level: int, n: int) -> bytes:
        hashes = self._size >> (8 * level)
        width = min(TILE_WIDTH, hashes - n * TILE_WIDTH)
        if width < 1:
            return b""
        # A tile that filled up later holds the same hashes at its beginning.
        for tile in dict.fromkeys((Resource(level, n, width), Resource(level, n))):
            path = self._folder / tile.path()
            if path.is_file():
                return b"".join(split_hashes(path.read_bytes())[:width])
        raise VerificationError(f"{Resource(level, n, width).path()} is missing in {self._folder}")


def _lines(file: Path) -> Iterator[Line]:
    with _opened(file) as source:
        yield from read_lines(source)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise VerificationError(f"{path} cannot be read") from error


def _opening(path: Path) -> Opening:
    try:
        return Opening.from_json(json.loads(_read(path)))
    except (ValueError, KeyError, TypeError) as error:
        raise VerificationError("the opening is not one of ours") from error


def _peek(path: Path) -> bytes:
    with _opened(path) as source:
        return source.read(_PEEK)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise VerificationError(f"{path} cannot be read") from error
