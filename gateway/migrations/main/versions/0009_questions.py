"""Questions of residents about a look, with their clock and their answers.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only: a log is never migrated back."""
    op.create_table(
        "resident_question",
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.BigInteger(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("index"),
    )
    with op.batch_alter_table("resident_question", schema=None) as batch_op:
        batch_op.create_index("ix_resident_question_tag", ["tag", "about"], unique=False)
        batch_op.create_index(
            "ix_resident_question_open", ["organisation", "closed_ms", "due_ms"], unique=False
        )
        batch_op.create_index("ix_resident_question_until", ["until_ms"], unique=False)
