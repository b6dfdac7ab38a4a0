"""When an admin allowed a request to use an older session that the provider has for the person's address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Old code neither reads nor writes the column."""
    op.add_column("shoots", sa.Column("adoption_allowed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Revert."""
    op.drop_column("shoots", "adoption_allowed_at")
