"""How long a receipt of an old entry and a consistency proof take in a tree of a given size.

The tree is grown from made-up leaf hashes, and of its entries only those are stored that are asked for: a proof reads
tiles, the head and one leaf, whatever else there is.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import text

from audit import checkpoint, leaf, merkle, tiles
from audit.reader import LogReader
from bench.figures import percentile
from tests.support.house import ORIGIN, House

CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds: of a whole receipt and of a consistency proof, the middle and the 99th of a hundred."""

    size: int
    receipt: tuple[float, float]
    consistency: tuple[float, float]


def proofs(home: House, size: int, count: int) -> Times:
    """Grow the empty log of a house to a size, and time so many proofs at random places."""
    chance = random.Random(size)
    places = sorted(chance.sample(range(size), min(count, size)))
    _grow(home, size, places)
    reader = LogReader(home.database, home.log.store, home.keys)
    receipts, consistencies = [], []
    for place in chance.sample(places, len(places)):
        began = time.perf_counter()
        reader.receipt(place)
        between = time.perf_counter()
        with home.database.read() as tx:
            merkle.consistency_proof(place + 1, size, home.log.store.node(tx))
        receipts.append((between - began) * 1e6)
        consistencies.append((time.perf_counter() - between) * 1e6)
    return Times(size, _said(receipts), _said(consistencies))


def _said(times: Sequence[float]) -> tuple[float, float]:
    ordered = [round(one) for one in sorted(times)]
    return percentile(ordered, 50), percentile(ordered, 99)


def _leaf(place: int) -> bytes:
    return leaf.make(1_700_000_000_000, sha256(place.to_bytes(8, "big")).digest())


def _grow(home: House, size: int, places: Sequence[int]) -> None:
    frontier = merkle.Frontier.empty()
    kept: dict[tuple[int, int], bytes] = {}

    def lookup(level: int, n: int) -> bytes:
        return kept[level, n]

    for first in range(0, size, CHUNK):
        hashes = [merkle.leaf_hash(_leaf(place)) for place in range(first, min(first + CHUNK, size))]
        extension = merkle.extend(frontier, hashes)
        frontier = extension.frontier
        kept |= tiles.updated_tiles(lookup, extension.completed)
    signed = checkpoint.sign_checkpoint(ORIGIN, size, frontier.root(), home.signer)
    with home.database.write() as tx:
        tx.execute(
            text("INSERT INTO log_tile (level, n, hashes) VALUES (:level, :n, :hashes)"),
            [{"level": level, "n": n, "hashes": hashes} for (level, n), hashes in kept.items()],
        )
        tx.execute(
            text('INSERT INTO log_entry ("index", leaf) VALUES (:place, :leaf)'),
            [{"place": place, "leaf": _leaf(place)} for place in places],
        )
        tx.execute(
            text("UPDATE log_head SET size = :size, frontier = :frontier, checkpoint = :signed WHERE id = 1"),
            {"size": size, "frontier": frontier.to_bytes(), "signed": signed},
        )
