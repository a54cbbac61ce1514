"""How often, and when last, an organisation looked at somebody for a purpose: from the log's own index, on cold paths."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import column, func, select, table

from audit.entries import Kind
from audit.reader import Which, every
from core.storage import Database

_DETAIL = table(
    "log_entry_detail",
    *(column(name) for name in ("index", "at_ms", "kind", "recipient", "purpose", "tag")),
)


@dataclass(frozen=True, slots=True)
class Uses:
    """How often, and when last (milliseconds since 1970); None where never."""

    many: int
    last_ms: int | None


def uses(
    database: Database, tag: bytes, recipient: str, purpose: str, since_ms: int, which: Which = every
) -> Uses:
    """Disclosures about the subject with this tag since a time, of those entries that may be told of."""
    wanted = select(func.count(), func.max(_DETAIL.c.at_ms)).where(
        _DETAIL.c.tag == tag,
        _DETAIL.c.kind == Kind.DISCLOSURE.value,
        _DETAIL.c.recipient == recipient,
        _DETAIL.c.purpose == purpose,
        _DETAIL.c.at_ms >= since_ms,
        which(_DETAIL),
    )
    with database.read() as tx:
        many, last = tx.execute(wanted).one()
    return Uses(many, last)
