"""What officers search by, beside each entry: its facet, and the code of its person.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from audit.facets import facet_number

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_COLUMNS = ("kind", "outcome", "recipient", "role", "purpose")


def upgrade() -> None:
    """Forward only. Older entries get their facets here; their codes stand sealed, so by code only newer ones are found."""
    with op.batch_alter_table("log_entry_organisation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("facet", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("code", sa.String(), nullable=True))
    _name_facets()
    with op.batch_alter_table("log_entry_organisation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_log_entry_organisation_facet", ["organisation", "facet", "index"], unique=False
        )
        batch_op.create_index(
            "ix_log_entry_organisation_code", ["organisation", "code", "index"], unique=False
        )


def _name_facets() -> None:
    connection = op.get_bind()
    detail = sa.table("log_entry_detail", sa.column("index"), *(sa.column(name) for name in _COLUMNS))
    beside = sa.table("log_entry_organisation", sa.column("index"), sa.column("facet"))
    for row in connection.execute(sa.select(*(detail.c[name] for name in _COLUMNS)).distinct()).all():
        same = sa.and_(
            *(
                detail.c[name].is_(None) if value is None else detail.c[name] == value
                for name, value in zip(_COLUMNS, row, strict=True)
            )
        )
        which = sa.select(detail.c.index).where(same)
        connection.execute(
            sa.update(beside).where(beside.c.index.in_(which)).values(facet=facet_number(*row))
        )
