"""The lists of the provider's account, and people whose sessions are tests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code uses neither the table nor the column, which has a default."""
    op.create_table(
        "provider_records",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("team_id", sa.Text(), nullable=True),
        sa.Column("team_name", sa.Text(), nullable=True),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("is_development", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_provider_records")),
    )
    op.create_index("ix_provider_records_position", "provider_records", ["kind", "position", "key"])
    op.create_index("ix_provider_records_email", "provider_records", ["email"])
    op.create_index("ix_provider_records_model", "provider_records", ["model_id"])
    op.add_column("people", sa.Column("is_tester", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Revert."""
    op.drop_column("people", "is_tester")
    op.drop_table("provider_records")
