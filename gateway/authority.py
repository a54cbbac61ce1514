"""The authority row: which policy and registers decide, for every replica.

A decision carries the revision it was made under; the guarded append holds the row (FOR SHARE) and lets a disclosure through
only if that revision still stands. So a suspension or a new bundle takes effect on the next append of every replica.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, bindparam, column, insert, select, table, update
from sqlmodel import Field, SQLModel

from core.storage import Database, Prepared


class AuthorityRow(SQLModel, table=True):
    """The one row: a number that rises with every change, and the digest of policy and registers in force."""

    __tablename__ = "authority"

    id: int = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    bundle: str


_AUTHORITY = table("authority", column("id"), column("revision"), column("bundle"))
_READ = Prepared(select(_AUTHORITY.c.bundle).where(_AUTHORITY.c.id == bindparam("id")))
_LOCK = Prepared(
    select(_AUTHORITY.c.bundle).where(_AUTHORITY.c.id == bindparam("id")).with_for_update(read=True)
)


class Authority:
    """Reads, holds and changes the authority row."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def bundle(self) -> str | None:
        """The digest in force; None before the first gateway started."""
        rows = self._database.hot(_READ, id=1)
        return rows[0][0] if rows else None

    def stands(self, tx: Connection, bundle: str) -> bool:
        """Whether this bundle still decides; holds it so until the transaction ends."""
        rows = _LOCK.rows(tx, id=1)
        return bool(rows) and rows[0][0] == bundle

    def put(self, tx: Connection, bundle: str) -> bool:
        """Put a bundle in force; False if it already is."""
        row = tx.execute(
            select(_AUTHORITY.c.revision, _AUTHORITY.c.bundle).where(_AUTHORITY.c.id == 1).with_for_update()
        ).one_or_none()
        if row is None:
            tx.execute(insert(_AUTHORITY).values(id=1, revision=1, bundle=bundle))
            return True
        if row.bundle == bundle:
            return False
        tx.execute(
            update(_AUTHORITY).where(_AUTHORITY.c.id == 1).values(revision=row.revision + 1, bundle=bundle)
        )
        return True
