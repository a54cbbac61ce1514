"""Holds stored tiles against the tree as it grows from the leaves: one tile of each level in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import column, func, select, table

from audit.merkle import HASH_BYTES, Node
from audit.store import LogStore
from audit.tiles import TILE_HEIGHT, TILE_WIDTH, tiles_of
from core.storage import Database

_TILE = table("log_tile", column("level"), column("n"))
WRONG_MAXIMUM = 50


class TilesBeside:
    """Tiles of one log of a known size."""

    def __init__(self, store: LogStore, database: Database, size: int) -> None:
        self._store = store
        self._database = database
        self._size = size
        self._growing: dict[int, tuple[int, bytearray]] = {}
        self._last: dict[int, tuple[int, bytes]] = {}
        self._wrong: list[tuple[int, int, str]] = []

    def grown(self, completed: Sequence[Node]) -> None:
        """Take in complete subtrees, as `merkle.extend` gives them."""
        for level, index, digest in completed:
            self._last[level] = (index, digest)
            if level % TILE_HEIGHT:
                continue
            tile_level, (n, at) = level // TILE_HEIGHT, divmod(index, TILE_WIDTH)
            held = self._growing.setdefault(tile_level, (n, bytearray()))
            if held[0] != n:
                held = self._growing[tile_level] = (n, bytearray())
            held[1].extend(digest)
            if at == TILE_WIDTH - 1:
                self._compare(tile_level, n, bytes(held[1]))
                del self._growing[tile_level]

    def frontier(self) -> tuple[bytes, ...]:
        """The complete subtrees of the whole tree, from left to right."""
        levels = (level for level in range(self._size.bit_length() - 1, -1, -1) if self._size >> level & 1)
        return tuple(self._last[level][1] for level in levels)

    def wrong(self) -> Iterator[tuple[int, int, str]]:
        """Level, number and what is wrong of each tile that is not the tree's."""
        for level, (n, hashes) in sorted(self._growing.items()):
            self._compare(level, n, bytes(hashes))
        yield from self._wrong
        if self._grew():
            return
        expected: dict[int, int] = {}
        for tile in tiles_of(self._size):
            expected[tile.level or 0] = tile.n + 1
        with self._database.read() as tx:
            found = tx.execute(select(_TILE.c.level, func.max(_TILE.c.n)).group_by(_TILE.c.level)).all()
        for level, last in sorted((row[0], row[1]) for row in found):
            if last >= expected.get(level, 0):
                yield level, last, "lies beyond the tree"

    def _grew(self) -> bool:
        """Whether the log grew since: then tiles may hold more than was looked at."""
        head = self._store.head()
        return head is None or head.frontier.size != self._size

    def _compare(self, level: int, n: int, hashes: bytes) -> None:
        stored = self._store.tile(level, n)
        if stored is not None and stored != hashes and self._grew():
            stored = stored[: len(hashes)]
        if stored == hashes or len(self._wrong) >= WRONG_MAXIMUM:
            return
        if stored is None:
            self._wrong.append((level, n, "is missing"))
            return
        at = next(
            (
                i // HASH_BYTES
                for i in range(0, len(hashes), HASH_BYTES)
                if stored[i : i + HASH_BYTES] != hashes[i : i + HASH_BYTES]
            ),
            len(hashes) // HASH_BYTES,
        )
        self._wrong.append((level, n, f"differs from its hash {at} on"))
