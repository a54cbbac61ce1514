"""Details that were deleted after their time: what the log itself says of it.

Whoever deletes them first appends an entry with the outcome below, whose detail names for each kind the time before which
details go. So an entry without its detail is either older than that, or was tampered with; the log tells which.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import column, select, table

from audit import leaf
from audit.entries import Kind, open_entry
from audit.errors import VerificationError
from core.keys import KeyStore, MissingKeyError
from core.sealing import SealError
from core.storage import Database
from core.vocabulary import Json, JsonObject

OUTCOME = "details-deleted"
KEEPER = "org:operator"
"""Whose key the entries that tell of it are sealed under: it outlives every person."""

_DETAIL = table("log_entry_detail", *(column(name) for name in ("index", "kind", "outcome", "tag", "sealed")))
_ENTRY = table("log_entry", column("index"), column("leaf"))


def detail_of(cutoffs: Mapping[str, int]) -> JsonObject:
    """The detail of the entry that tells of it. cutoffs: kind -> milliseconds since 1970."""
    return {"before": dict(cutoffs)}


def cutoffs_told(database: Database, keys: KeyStore) -> dict[str, int]:
    """Kind -> the latest time before which the log says that details were deleted; empty where it says nothing."""
    try:
        key = keys.get(KEEPER)
    except MissingKeyError:
        return {}
    wanted = (
        select(_DETAIL.c.sealed, _ENTRY.c.leaf)
        .join(_ENTRY, _ENTRY.c.index == _DETAIL.c.index)
        .where(
            _DETAIL.c.tag == key.tag,
            _DETAIL.c.kind == Kind.ADMINISTRATION.value,
            _DETAIL.c.outcome == OUTCOME,
        )
        .order_by(_DETAIL.c.index)
    )
    told: dict[str, int] = {}
    with database.read() as tx:
        rows = tx.execute(wanted).all()
    for sealed, one in rows:
        try:
            opening = open_entry(bytes(sealed), leaf.parse(bytes(one)).commitment, key)
            leaf.opens(bytes(one), opening.salt, opening.detail)
        except (SealError, VerificationError):
            # It says nothing any more; whatever it allowed counts as deleted without leave, which is the safe side.
            continue
        for kind, before in _before(opening.detail).items():
            if isinstance(before, int):
                told[kind] = max(before, told.get(kind, 0))
    return told


def _before(detail: JsonObject) -> Mapping[str, Json]:
    inner = detail.get("detail")
    before = inner.get("before") if isinstance(inner, Mapping) else None
    return before if isinstance(before, Mapping) else {}
