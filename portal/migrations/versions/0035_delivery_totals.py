"""The number of stored webhooks up to a moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code that deletes webhooks does not subtract them; the next hourly count does."""
    op.create_table(
        "delivery_totals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("counted_before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_totals")),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_table("delivery_totals")
