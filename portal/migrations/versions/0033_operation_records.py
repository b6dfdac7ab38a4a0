"""Counts of refused webhooks, the age of secrets, and warnings of health checks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code uses neither table; the column has a default."""
    op.create_table(
        "webhook_rejections",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", "reason", name=op.f("pk_webhook_rejections")),
    )
    op.create_table(
        "secret_ages",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "fingerprint", name=op.f("pk_secret_ages")),
    )
    op.add_column("health_checks", sa.Column("is_warning", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Revert."""
    op.drop_column("health_checks", "is_warning")
    op.drop_table("secret_ages")
    op.drop_table("webhook_rejections")
