"""Add the table of rate limits, which all processes share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Unlogged: a crash empties it, which does no harm, and updates do not wait for the disk. Half of each page stays
    # free, so that updates are heap-only.
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Double(), nullable=False),
        sa.Column("granted", sa.BigInteger(), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "caller", name=op.f("pk_rate_limits")),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "50"},
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("rate_limits")
