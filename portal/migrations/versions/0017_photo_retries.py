"""Photos that could not be copied yet: why, since when, and who removed a photo; when a shoot's list was compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the columns."""
    op.add_column("photos", sa.Column("failure", sa.Text(), nullable=True))
    op.add_column("photos", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("photos", sa.Column("removed_by", sa.Text(), nullable=True))
    op.add_column("shoots", sa.Column("photos_awaited_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("shoots", sa.Column("photos_checked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_photos_missing",
        "photos",
        ["shoot_id"],
        postgresql_where=sa.text("copied_at IS NULL AND removed_at IS NULL"),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_index("ix_photos_missing", "photos")
    op.drop_column("shoots", "photos_checked_at")
    op.drop_column("shoots", "photos_awaited_since")
    for name in ("removed_by", "failing_since", "failure"):
        op.drop_column("photos", name)
