"""Totals of the calls to the provider by UTC day and endpoint, which the account page reads instead of all calls.

The index in which it counted them goes: no page needs it, and each call wrote to it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

_COUNT = """
    INSERT INTO provider_call_totals (day, method, path_template, calls, failed, rate_limited, slow, duration_ms)
    SELECT date(at AT TIME ZONE 'UTC'), method, path_template, count(*),
           count(*) FILTER (WHERE COALESCE(status, 599) >= 400), count(*) FILTER (WHERE status = 429),
           count(*) FILTER (WHERE duration_ms >= 1000), sum(duration_ms)
    FROM provider_calls GROUP BY 1, 2, 3
"""


def upgrade() -> None:
    """Apply. Calls that old code records after this, as while a deploy runs or after a rollback, are in no total."""
    op.create_table(
        "provider_call_totals",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("path_template", sa.Text(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("rate_limited", sa.BigInteger(), nullable=False),
        sa.Column("slow", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("day", "method", "path_template", name=op.f("pk_provider_call_totals")),
    )
    op.execute(_COUNT)
    op.drop_index("ix_provider_calls_endpoint", table_name="provider_calls")


def downgrade() -> None:
    """Revert."""
    op.create_index(
        "ix_provider_calls_endpoint",
        "provider_calls",
        ["method", "path_template", "duration_ms"],
        postgresql_include=["at", "status"],
    )
    op.drop_table("provider_call_totals")
