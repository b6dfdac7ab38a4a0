"""Indexes of few rows among many: removed photos, and deliveries that are unknown or came too late."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_deliveries_ignored", "deliveries", ["model_id"], postgresql_where=sa.text("state = 'ignored'"))
    op.create_index("ix_deliveries_stale", "deliveries", ["id"], postgresql_where=sa.text("stale"))
    op.create_index("ix_photos_removed", "photos", ["id"], postgresql_where=sa.text("removed_at IS NOT NULL"))


def downgrade() -> None:
    """Revert."""
    op.drop_index("ix_photos_removed", "photos")
    op.drop_index("ix_deliveries_stale", "deliveries")
    op.drop_index("ix_deliveries_ignored", "deliveries")
