"""Suspension at run time, numbered bundles, reviews, entries held back, replayable decision inputs.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    with op.batch_alter_table("authority", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("suspended", sa.String(), nullable=False, server_default="[]"))

    op.create_table(
        "decision_input",
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    with op.batch_alter_table("decision_input", schema=None) as batch_op:
        batch_op.create_index("ix_decision_input_until", ["until_ms"], unique=False)

    op.create_table(
        "held_entry",
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        sa.Column("look_again_ms", sa.BigInteger(), nullable=False),
        sa.Column("countersigned_ms", sa.BigInteger(), nullable=True),
        sa.Column("released_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("index"),
    )
    op.create_table(
        "review_task",
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("closed_entry", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("index", "kind", "organisation"),
    )
    with op.batch_alter_table("review_task", schema=None) as batch_op:
        batch_op.create_index("ix_review_task_open", ["organisation", "closed_ms", "due_ms"], unique=False)
