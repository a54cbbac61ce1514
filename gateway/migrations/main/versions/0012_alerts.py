"""Alerts about looks, how far they were gone through, and what a practitioner did in the weeks before.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "alert",
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("closed_entry", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("index", "rule"),
    )
    op.create_index("ix_alert_open", "alert", ["organisation", "closed_ms", "due_ms"])
    op.create_index("ix_alert_about", "alert", ["about"])
    op.create_table(
        "alert_scan",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("next_day", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation"),
    )
    op.create_table(
        "practitioner_day",
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("practitioner", sa.LargeBinary(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("unshown", sa.Integer(), nullable=False),
        sa.Column("unsocial", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "day", "practitioner"),
    )
