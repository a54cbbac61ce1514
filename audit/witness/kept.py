"""What witnesses said of our checkpoints, kept beside them in the log's own database. No decisions here.

Every line was verified before it came in. Which witness may be believed is for whoever reads them to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, column, func, select, table, text

from core.storage import Database, Prepared

_COSIGNATURE = table("log_cosignature", column("size"), column("witness"), column("line"))
_BATCH = table("log_batch", column("size"), column("checkpoint"))

_NEWEST = Prepared(
    select(_COSIGNATURE.c.size, _COSIGNATURE.c.witness, _COSIGNATURE.c.line, _BATCH.c.checkpoint)
    .join(_BATCH, _BATCH.c.size == _COSIGNATURE.c.size)
    .where(
        _COSIGNATURE.c.size
        == select(func.max(_COSIGNATURE.c.size))
        .where(_COSIGNATURE.c.size > bindparam("beyond"))
        .scalar_subquery()
    )
    .order_by(_COSIGNATURE.c.witness)
)
_LAST = Prepared(select(func.max(_COSIGNATURE.c.size)).where(_COSIGNATURE.c.witness == bindparam("witness")))
_HAS = Prepared(
    select(_COSIGNATURE.c.size).where(
        _COSIGNATURE.c.size == bindparam("size"), _COSIGNATURE.c.witness == bindparam("witness")
    )
)
_KEEP = text(
    "INSERT INTO log_cosignature (size, witness, line) VALUES (:size, :witness, :line) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that witnesses have seen.

    checkpoint: the signed note with the witnesses' lines at its end. witnesses: who they are, as `<name>+<key ID>`.
    """

    size: int
    checkpoint: str
    witnesses: tuple[str, ...]


class Cosignatures:
    """Reads and writes of the witnesses' lines."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, beyond: int = 0) -> Cosigned | None:
        """The newest checkpoint that any witness has seen, of a log of more than `beyond` entries."""
        with self._database.read() as tx:
            rows = _NEWEST.rows(tx, beyond=beyond)
        if not rows:
            return None
        size, _, _, checkpoint = rows[0]
        lines = "".join(line for _, _, line, _ in rows)
        return Cosigned(size, checkpoint + lines, tuple(witness for _, witness, _, _ in rows))

    def last_size(self, witness: str) -> int:
        """The size of the newest checkpoint that a witness (`<name>+<key ID>`) cosigned here; 0 for none."""
        with self._database.read() as tx:
            return _LAST.rows(tx, witness=witness)[0][0] or 0

    def has(self, size: int, witness: str) -> bool:
        """Whether a witness cosigned the checkpoint of a size."""
        with self._database.read() as tx:
            return bool(_HAS.rows(tx, size=size, witness=witness))

    def keep(self, size: int, witness: str, line: str) -> None:
        """Keep a witness's line; of two, the first one stays: both say the same of the tree."""
        with self._database.write() as tx:
            tx.execute(_KEEP, {"size": size, "witness": witness, "line": line})
