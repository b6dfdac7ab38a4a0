"""Add the requested maximum age of a sign-in, and a table of the logout tokens that were applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("sign_in_attempts", sa.Column("max_age", sa.BigInteger(), nullable=True))
    op.create_table(
        "logout_orders",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logout_orders")),
    )
    op.create_index(op.f("ix_logout_orders_seen_at"), "logout_orders", ["seen_at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_logout_orders_seen_at"), table_name="logout_orders")
    op.drop_table("logout_orders")
    op.drop_column("sign_in_attempts", "max_age")
