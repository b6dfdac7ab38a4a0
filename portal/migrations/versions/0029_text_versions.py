"""Versions of the company's own texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code does not use the table."""
    op.create_table(
        "text_versions",
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("restored_from", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["people.id"], name=op.f("fk_text_versions_created_by_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("section", "number", name=op.f("pk_text_versions")),
    )
    op.create_index(op.f("ix_text_versions_created_by"), "text_versions", ["created_by"])


def downgrade() -> None:
    """Revert."""
    op.drop_table("text_versions")
