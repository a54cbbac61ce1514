"""That one checkpoint's log continues another's: proofs built from a folder of tiles, written as witnesses take them. Pure.

A proof stands in one file with the newer checkpoint, as in the request of c2sp.org/tlog-witness: `old <size>`, the hashes
in base64, an empty line, the checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.checkpoint import open_checkpoint
from audit.errors import VerificationError
from audit.merkle import HASH_BYTES, consistency_proof
from audit.note import VerifierKey
from audit.text import from_base64, from_decimal, to_base64
from audit.tiles import TileLookup, node_from_tiles
from audit.verify import verify_pair

HASHES_MAXIMUM = 63
_OLD = "old "


class GrowthError(VerificationError):
    """A text is no proof of growth."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What a file of growth holds, unverified. old_size: of the log that was seen before."""

    old_size: int
    hashes: tuple[bytes, ...]
    checkpoint: str


def prove_growth(older: str, newer: str, tiles: TileLookup, keys: tuple[VerifierKey, ...]) -> str:
    """The file that proves that the newer checkpoint's log continues the older one's.

    tiles: of the newer log. Raises `VerificationError` where they do not hold what is needed, or the proof does not hold:
    nothing is ever written that does not verify.
    """
    old, new = open_checkpoint(older, keys), open_checkpoint(newer, keys)
    hashes: tuple[bytes, ...] = ()
    if 0 < old.size < new.size:
        hashes = consistency_proof(old.size, new.size, node_from_tiles(tiles))
    verify_pair(older, newer, hashes, keys)
    return format_growth(Growth(old.size, hashes, newer))


def check_growth(older: str, growth: str, keys: tuple[VerifierKey, ...]) -> tuple[int, int]:
    """Check such a file against the older checkpoint; gives both sizes. Raises `VerificationError`."""
    parsed = parse_growth(growth)
    old, new = open_checkpoint(older, keys), open_checkpoint(parsed.checkpoint, keys)
    if old.size != parsed.old_size:
        raise GrowthError("the proof begins at another size than the older checkpoint")
    verify_pair(older, parsed.checkpoint, parsed.hashes, keys)
    return old.size, new.size


def format_growth(growth: Growth) -> str:
    """The text of the file."""
    lines = [f"{_OLD}{growth.old_size}", *map(to_base64, growth.hashes), "", growth.checkpoint]
    return "\n".join(lines)


def parse_growth(text: str) -> Growth:
    """The reverse of `format_growth`; raises `GrowthError`."""
    head, gap, checkpoint = text.partition("\n\n")
    first, *lines = head.split("\n")
    size = from_decimal(first.removeprefix(_OLD)) if first.startswith(_OLD) else None
    hashes = [from_base64(line) for line in lines]
    whole = tuple(one for one in hashes if one is not None and len(one) == HASH_BYTES)
    if not gap or size is None or len(whole) != len(lines) or len(lines) > HASHES_MAXIMUM:
        raise GrowthError("this is no proof of growth")
    return Growth(size, whole, checkpoint)
