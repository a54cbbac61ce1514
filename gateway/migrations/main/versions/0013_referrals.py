"""Referrals: what the two organisations know of one, and apart from it what rests about the person.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "referral",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("held_until_ms", sa.BigInteger(), nullable=False),
        sa.Column("gone_ms", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_referral_sender", "referral", ["sender", "sent_ms", "id"])
    op.create_index("ix_referral_receiver", "referral", ["receiver", "sent_ms", "id"])
    op.create_index("ix_referral_due", "referral", ["status", "held_until_ms"])
    op.create_index("ix_referral_gone_ms", "referral", ["gone_ms"])
    op.create_table(
        "referral_person",
        sa.Column("referral", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("referral"),
    )
    op.create_index("ix_referral_person_person", "referral_person", ["person"])
