"""Who may act for somebody, decisions that were spoken, and codes on papers.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "representation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("representative", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_representation_person", "representation", ["person"])
    op.create_index("ix_representation_representative", "representation", ["representative"])
    op.create_table(
        "decides_alone",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "acting_word",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("representation", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person", "representation"),
    )
    op.create_table(
        "spoken_decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_spoken_decision_person", "spoken_decision", ["person"])
    op.create_index("ix_spoken_decision_ends_ms", "spoken_decision", ["ends_ms"])
    op.create_table(
        "stop_code",
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("ends_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_index("ix_stop_code_person", "stop_code", ["person"])
    op.create_index("ix_stop_code_ends_ms", "stop_code", ["ends_ms"])
