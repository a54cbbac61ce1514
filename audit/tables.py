"""The log's tables. What stands in `entry` and `tile` may be public; the index beside it is erasable and stays inside.

Times are milliseconds since 1970 (BIGINT). Nothing here is ever updated but the one-row head and the rightmost tiles.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel


class LogHead(SQLModel, table=True):
    """The one row that orders all replicas' batches: whoever holds its lock extends the tree."""

    __tablename__ = "log_head"

    id: int = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    frontier: bytes
    checkpoint: str
    at_ms: int = Field(sa_type=BigInteger)


class LogBatch(SQLModel, table=True):
    """One committed batch: its id settles whether an unclear commit was stored; its checkpoint is part of the log."""

    __tablename__ = "log_batch"

    id: str = Field(primary_key=True)
    first: int = Field(sa_type=BigInteger)
    size: int = Field(sa_type=BigInteger, index=True)
    checkpoint: str


class LogEntry(SQLModel, table=True):
    """One leaf, as it is hashed into the tree (audit/leaf.py)."""

    __tablename__ = "log_entry"

    index: int = Field(primary_key=True, sa_type=BigInteger)
    leaf: bytes


class LogTile(SQLModel, table=True):
    """Hashes of one tile (C2SP tlog-tiles): up to 256 of 32 bytes; only the rightmost of a level is partial."""

    __tablename__ = "log_tile"

    level: int = Field(primary_key=True)
    n: int = Field(primary_key=True, sa_type=BigInteger)
    hashes: bytes


class LogCosignature(SQLModel, table=True):
    """A witness's signature line beside the checkpoint of one size (C2SP tlog-cosignature); `witness` is name+key ID."""

    __tablename__ = "log_cosignature"
    __table_args__ = (Index("ix_log_cosignature_witness", "witness", "size"),)

    size: int = Field(primary_key=True, sa_type=BigInteger)
    witness: str = Field(primary_key=True)
    line: str


class EntryDetail(SQLModel, table=True):
    """The searchable side of an entry, for officers. `sealed` opens with the key whose tag is `tag`."""

    __tablename__ = "log_entry_detail"
    __table_args__ = (
        Index("ix_log_entry_detail_recipient", "recipient", "index"),
        Index("ix_log_entry_detail_tag", "tag", "index"),
    )

    index: int = Field(primary_key=True, sa_type=BigInteger)
    at_ms: int = Field(sa_type=BigInteger)
    kind: str
    outcome: str
    recipient: str | None
    role: str | None
    purpose: str | None
    tag: bytes
    sealed: bytes


class EntryOrganisation(SQLModel, table=True):
    """Which organisations an entry concerns: an officer sees only entries of their own (design, issue 5).

    facet: what a search filters by (`audit.facets`). code: how officers name the person of the entry; None where there is
    none, and once the person's key was erased.
    """

    __tablename__ = "log_entry_organisation"
    __table_args__ = (
        Index("ix_log_entry_organisation_facet", "organisation", "facet", "index"),
        Index("ix_log_entry_organisation_code", "organisation", "code", "index"),
    )

    organisation: str = Field(primary_key=True)
    index: int = Field(primary_key=True, sa_type=BigInteger)
    facet: int | None = Field(default=None, sa_type=BigInteger)
    code: str | None = None
