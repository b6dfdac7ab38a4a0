"""The headers of webhooks, for the page of one delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code stores none."""
    op.add_column("deliveries", sa.Column("headers", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("deliveries", "headers")
