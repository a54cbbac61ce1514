"""What residents tell of themselves, and how they want to be reached: a sealed row a person each.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    for name in ("person_story", "person_settings"):
        op.create_table(
            name,
            sa.Column("person", sa.String(), nullable=False),
            sa.Column("sealed", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("person"),
        )
