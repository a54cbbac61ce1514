"""The tree as tiles (c2sp.org/tlog-tiles): where each stands, what it holds, and the bundles of entries beside them.

A tile holds up to 256 hashes of 32 bytes: at tile level L the complete subtrees of tree level 8 * L. Only the rightmost tile
of a level is partial, and it only ever grows at its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from audit.errors import VerificationError
from audit.merkle import HASH_BYTES, Node, NodeLookup, root_of
from audit.text import MAX_INTEGER

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
LEVEL_MAXIMUM = 63
ENTRY_MAXIMUM = 2**16 - 1

TileLookup: TypeAlias = Callable[[int, int], bytes]
"""The hashes that are stored of the tile (level, n): as many as there are, none for a tile not reached yet."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<n>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?\Z"
)


class TileError(VerificationError):
    """A tile, a bundle or a path is malformed, or a tile does not hold what the tree needs of it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A tile, or with level None the bundle of entries beside the tile of level 0. Raises `TileError` out of range.

    n: its number within the level. width: hashes or entries it holds, 1 to 256; below 256 it is partial.
    """

    level: int | None
    n: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not 0 <= (self.level or 0) <= LEVEL_MAXIMUM or not 1 <= self.width <= TILE_WIDTH:
            raise TileError("a tile's level or width is out of range")
        if not 0 <= self.n <= MAX_INTEGER:
            raise TileError("a tile's number is out of range")

    def path(self) -> str:
        """Below the log's address: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`, N as `x001/x234/067`."""
        kind = "entries" if self.level is None else str(self.level)
        digits = str(self.n)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{kind}/{number}" + ("" if self.width == TILE_WIDTH else f".p/{self.width}")


def parse_path(path: str) -> Resource:
    """The reverse of `Resource.path`, which accepts nothing that it would not give; raises `TileError`."""
    match = _PATH.match(path)
    # The number of digits is bounded first: a path from outside must not make us read a huge integer.
    if match is None or len(match["n"]) > 40:
        raise TileError("this is no tile's path")
    level = None if match["level"] == "entries" else int(match["level"])
    n = int(match["n"].replace("x", "").replace("/", ""))
    resource = Resource(level, n, TILE_WIDTH if match["width"] is None else int(match["width"]))
    if resource.path() != path:
        raise TileError("this is no tile's path")
    return resource


def tiles_of(size: int) -> Iterator[Resource]:
    """Every tile of the tree with that many leaves, level by level from the left; the last of a level may be partial."""
    level, hashes = 0, size
    while hashes > 0:
        full, rest = divmod(hashes, TILE_WIDTH)
        for n in range(full):
            yield Resource(level, n)
        if rest:
            yield Resource(level, full, rest)
        level, hashes = level + 1, full


def node_from_tiles(lookup: TileLookup) -> NodeLookup:
    """The hash of any complete subtree, from tiles. Each tile is looked up once: use it for one snapshot of the log.

    What it gives raises `TileError` where a tile does not hold the subtree.
    """
    seen: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        n, first = divmod(index << height, TILE_WIDTH)
        tile = seen.get((tile_level, n))
        if tile is None:
            tile = seen[tile_level, n] = lookup(tile_level, n)
        hashes = split_hashes(tile)[first : first + (1 << height)]
        if len(hashes) != 1 << height:
            raise TileError("a tile does not hold what the tree needs of it")
        return root_of(hashes)

    return node


def updated_tiles(lookup: TileLookup, completed: Iterable[Node]) -> dict[tuple[int, int], bytes]:
    """The new content of every tile that a batch touches, by (level, n).

    lookup: the tiles before the batch; asked only for tiles that already hold something.
    completed: what `merkle.extend` gave, in its order. Raises `TileError` where they do not continue the tiles.
    """
    grown: dict[tuple[int, int], bytearray] = {}
    for level, index, digest in completed:
        if level % TILE_HEIGHT:
            continue
        n, position = divmod(index, TILE_WIDTH)
        place = (level // TILE_HEIGHT, n)
        if place not in grown:
            grown[place] = bytearray(lookup(*place)) if position else bytearray()
        if len(grown[place]) != position * HASH_BYTES:
            raise TileError("the batch does not continue the tiles")
        grown[place] += digest
    return {place: bytes(hashes) for place, hashes in grown.items()}


def split_hashes(tile: bytes) -> tuple[bytes, ...]:
    """The hashes of a tile, none for an empty one; raises `TileError` for anything but up to 256 whole hashes."""
    if len(tile) % HASH_BYTES or len(tile) > TILE_WIDTH * HASH_BYTES:
        raise TileError("a tile is malformed")
    return tuple(tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """1 to 256 entries, each after its length as two bytes, big-endian; raises `TileError`."""
    if not 1 <= len(entries) <= TILE_WIDTH or any(len(entry) > ENTRY_MAXIMUM for entry in entries):
        raise TileError("a bundle holds 1 to 256 entries of up to 65535 bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> tuple[bytes, ...]:
    """The reverse of `encode_bundle`; raises `TileError`."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:at])
    if at != len(data) or not 1 <= len(entries) <= TILE_WIDTH:
        raise TileError("a bundle is malformed")
    return tuple(entries)
