"""Referrals to a team: by which its further organisations find one. Nothing of the person stands there.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "referral_team",
        sa.Column("referral", sa.String(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("referral", "organisation"),
    )
    op.create_index("ix_referral_team_organisation", "referral_team", ["organisation", "sent_ms", "referral"])
