"""The line of those who have pressed start, what background calls are left of the budget, and the known balance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_WAITING = "closed_at IS NULL AND provider_id IS NULL AND problem IS NULL AND left_at IS NULL"


def upgrade() -> None:
    """Apply."""
    op.add_column("shoots", sa.Column("ticket", sa.BigInteger(), sa.Identity(always=False), nullable=False))
    op.add_column("shoots", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shoots", sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shoots", sa.Column("failures", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("shoots", sa.Column("ruled_out", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(
        "ix_shoots_waiting", "shoots", ["requested_at", "ticket"], unique=False, postgresql_where=sa.text(_WAITING)
    )
    op.create_index(
        "ix_shoots_without_credit",
        "shoots",
        ["requested_at", "ticket"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND problem = 'no_credits'"),
    )
    op.add_column("provider_budget", sa.Column("reserve", sa.Double(), server_default="0", nullable=False))
    op.add_column("provider_budget", sa.Column("line_rests_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("provider_budget", sa.Column("line_failures", sa.BigInteger(), server_default="0", nullable=False))
    op.create_table(
        "credit_balance",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.Numeric(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_balance")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("credit_balance")
    for column in ("line_failures", "line_rests_until", "reserve"):
        op.drop_column("provider_budget", column)
    op.drop_index("ix_shoots_without_credit", table_name="shoots")
    op.drop_index("ix_shoots_waiting", table_name="shoots")
    for column in ("ruled_out", "failures", "rests_until", "left_at", "ticket"):
        op.drop_column("shoots", column)
