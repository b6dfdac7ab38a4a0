"""The sentence and values of a health check's result, so that pages can translate it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code writes the text without it, and pages then show that text."""
    op.add_column("health_checks", sa.Column("message", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("health_checks", "message")
