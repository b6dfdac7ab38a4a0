"""The balances of credits read in the past, and since when the balance is low."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code uses neither; the balance known now is the first reading."""
    op.create_table(
        "credit_readings",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_credit_readings")),
    )
    op.add_column("credit_balance", sa.Column("low_since", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "INSERT INTO credit_readings (at, balance) "
        "SELECT read_at, balance FROM credit_balance WHERE balance IS NOT NULL"
    )


def downgrade() -> None:
    """Revert."""
    op.drop_column("credit_balance", "low_since")
    op.drop_table("credit_readings")
