"""What witnesses signed beside our checkpoints.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "log_cosignature",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("witness", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness"),
    )
    with op.batch_alter_table("log_cosignature", schema=None) as batch_op:
        batch_op.create_index("ix_log_cosignature_witness", ["witness", "size"], unique=False)
